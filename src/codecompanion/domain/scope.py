"""What a run may touch. A repair: source files, but no test and nothing that configures tests."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from codecompanion.domain.artifacts import ScopeContract
from codecompanion.domain.tidying import WorkKind

OWN_FOLDER, MCP_FILE = ".codecompanion", ".mcp.json"
"""Where a project configures CodeCompanion and what it may reach: an agent must not loosen its own rules."""

CONFIGURATION = (
    "conftest.py",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "noxfile.py",
    ".coveragerc",
)
"""Files that can change what the tests do without being tests."""

TEST_NAMES = ("test_*.py", "*_test.py", "*_tests.py", "test.py", "tests.py")
TEST_FOLDERS = ("test", "tests")


MANIFESTS = ("pyproject.toml", "setup.cfg", "requirements.txt", "requirements/*.txt", "requirements/*.in", "requirements.in")
"""Files in which a project names the distributions it needs."""


def tidy_scope(kind: WorkKind) -> ScopeContract:
    """Return the contract of a tidying: the manifests for missing dependencies, else all Python files, tests too."""
    return ScopeContract(allowed=MANIFESTS if kind is WorkKind.DEPENDENCIES else ("*.py", "*.pyi"))


def repair_scope(test_ids: Iterable[str]) -> ScopeContract:
    """Return the contract of a repair: the files that hold the given tests are forbidden, however they are called."""
    names = (*CONFIGURATION, *TEST_NAMES)
    forbidden = {
        *(pattern for name in names for pattern in (name, f"*/{name}")),
        *(pattern for folder in TEST_FOLDERS for pattern in (f"{folder}/*", f"*/{folder}/*")),
        *(file for test_id in test_ids for file in _files_of(test_id)),
    }
    return ScopeContract(allowed=("*.py",), forbidden=tuple(sorted(forbidden)))


def _files_of(test_id: str) -> Iterator[str]:
    path, _, inside = test_id.partition("::")
    if path.endswith(".py"):
        # The id of a doctest ends in a dotted name. It stands beside the code it tests, in the same file.
        if "." not in inside.partition("[")[0]:
            yield path
        return
    parts = test_id.partition("[")[0].split(".")  # a unittest's dotted name: some beginning of it is a module
    for end in range(1, len(parts)):
        module = "/".join(parts[:end]) + ".py"
        yield from (module, f"*/{module}")


def needs_a_person(path: str) -> str | None:
    """Return why a path may be changed by nobody but a person, whatever a contract says; None when it may."""
    if path.casefold() == MCP_FILE:
        return "it names the programs that agents may use"
    return "it configures CodeCompanion itself" if path.partition("/")[0].casefold() == OWN_FOLDER else None


def allows(scope: ScopeContract, path: str) -> bool:
    """Whether a contract lets a path (relative, POSIX) be changed. `*` in its patterns also matches "/"."""
    forbidden = any(fnmatchcase(path, pattern) for pattern in scope.forbidden)
    return not forbidden and any(fnmatchcase(path, pattern) for pattern in scope.allowed)


def is_test_path(path: str) -> bool:
    """Whether a Python file is a test or stands beside tests, by its name and folders."""
    *folders, name = path.split("/")
    return (
        name == "conftest.py"
        or any(fnmatchcase(name, one) for one in TEST_NAMES)
        or any(one in TEST_FOLDERS for one in folders)
    )
