"""What a Python project says of its tests, its packages and where they are imported from."""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from codecompanion.domain.project import Finding, TestSuite
from codecompanion.workspace.project_files import ProjectFiles, table, texts

_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests?)\.py$")
_UNITTEST = re.compile(r"^\s*(import unittest|from unittest\b)|\bTestCase\b", re.MULTILINE)
_PYTEST = re.compile(
    r"^\s*(import pytest|from pytest\b)|^def test_|^class Test\w*(\(object\))?:|^async def test_", re.MULTILINE
)
_REQUIREMENT = re.compile(r"""^\s*["']?([A-Za-z0-9][A-Za-z0-9._-]*)""")
_SETUP_PACKAGE_DIR = re.compile(r"""package_dir\s*=\s*\{\s*["']["']\s*:\s*["']([^"']+)["']""")
_NO_PACKAGES = {"tests", "test", "testing", "docs", "doc", "examples", "example", "scripts", "benchmarks", "tools", "ci"}
_NO_MODULES = {"setup", "conftest", "noxfile", "tasks", "fabfile", "manage"}
_SHELL = re.compile(r"[|&;<>`$\n]|^\s*\w+=")
_RUN_PREFIXES = (("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run"), ("hatch", "run"), ("rye", "run"))
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_DEEPEST_PROJECT = 3


def suite_of_command(command: str, import_roots: tuple[str, ...]) -> TestSuite:
    """Return the suite that a command line runs; a shell runs it when it has more than words."""
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        words = ()
    if not words or _SHELL.search(command):
        return TestSuite(runner="command", args=("sh", "-c", command), import_roots=import_roots)
    match _without_prefix(words):
        case ["pytest" | "py.test", *args] | ["python" | "python3", "-m", "pytest", *args]:
            return TestSuite(runner="pytest", args=tuple(args), import_roots=import_roots)
        case ["python" | "python3", "-m", "unittest", *args]:
            return TestSuite(runner="unittest", args=tuple(args), import_roots=import_roots)
        case _:
            return TestSuite(runner="command", args=words, import_roots=import_roots)


def _without_prefix(words: tuple[str, ...]) -> tuple[str, ...]:
    # A project runner would look for its own environment, and the network, which the cage has not.
    return words[2:] if words[:2] in _RUN_PREFIXES else words


def test_files(files: ProjectFiles) -> list[str]:
    """Return the paths that are named like tests."""
    return [path for path in files.paths if _TEST_FILE.search(path)]


def pytest_reason(files: ProjectFiles) -> str:
    """Return what says that the project uses pytest, "" when nothing does."""
    if table(files.toml("pyproject.toml"), "tool", "pytest"):
        return "pyproject.toml has [tool.pytest]"
    if files.has("pytest.ini") or files.has(".pytest.ini"):
        return "pytest.ini"
    for path, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if section in files.ini(path):
            return f"{path} has [{section}]"
    conftest = next((path for path in files.paths if f"/{path}".endswith("/conftest.py")), None)
    if conftest:
        return conftest
    if "pytest" in dependencies(files):
        return "pytest is among the dependencies"
    return next((f"{path} is written for pytest" for path in test_files(files) if _PYTEST.search(files.text(path))), "")


def detect_suite(files: ProjectFiles, *, has_pytest: bool) -> tuple[TestSuite, Finding] | None:
    """Return how the project's tests are run, None when it has none."""
    tests, roots = test_files(files), import_roots(files)
    reason = pytest_reason(files)
    in_unittest_style = [path for path in tests if _UNITTEST.search(files.text(path))]
    if not tests and not reason:
        return None
    if not in_unittest_style or (reason and has_pytest):
        sure = 0.95 if reason else 0.7
        return TestSuite(runner="pytest", import_roots=roots), _command("python -m pytest", sure, reason or tests[0])
    if not reason and files.has("manage.py") and "django" in dependencies(files):
        args = ("python", "manage.py", "test", "--noinput")
        return TestSuite(runner="command", args=args, import_roots=roots), _command(shlex.join(args), 0.8, "manage.py")
    only_unittest = len(in_unittest_style) == len(tests) and not _written_for_pytest(files, tests)
    if reason and not only_unittest:
        return TestSuite(runner="pytest", import_roots=roots), _command("python -m pytest", 0.95, reason)
    args = _discovery(files, in_unittest_style)
    command = shlex.join(("python", "-m", "unittest", *args))
    suite = TestSuite(runner="unittest", args=args, import_roots=roots)
    return suite, _command(command, 0.9, f"{in_unittest_style[0]} uses unittest")


def _command(command: str, confidence: float, reason: str) -> Finding:
    return Finding(value=command, confidence=confidence, reason=reason)


def _written_for_pytest(files: ProjectFiles, tests: Iterable[str]) -> bool:
    return any(_PYTEST.search(files.text(path)) for path in tests)


def _discovery(files: ProjectFiles, tests: list[str]) -> tuple[str, ...]:
    """Return the arguments with which unittest finds tests: it looks into packages only, for `test*.py` only."""
    pattern = () if any(PurePosixPath(path).name.startswith("test") for path in tests) else ("-p", "*_test.py")
    folders = [PurePosixPath(path).parent for path in tests]
    if any(_reachable(files, folder) for folder in folders):
        return ("discover", *pattern) if pattern else ()
    start = folders[0]
    while start.parent != PurePosixPath() and files.has(f"{start}/__init__.py"):
        start = start.parent
    return ("discover", "-s", str(start), *pattern)


def _reachable(files: ProjectFiles, folder: PurePosixPath) -> bool:
    return all(files.has(f"{above}/__init__.py") for above in (folder, *folder.parents) if above != PurePosixPath())


def dependencies(files: ProjectFiles) -> frozenset[str]:
    """Return the names of all distributions the project asks for, in lower case."""
    return frozenset(match[1].lower().replace("_", "-") for line in _requirements(files) if (match := _REQUIREMENT.match(line)))


def _requirements(files: ProjectFiles) -> Iterator[str]:
    pyproject = files.toml("pyproject.toml")
    project, poetry = table(pyproject, "project"), table(pyproject, "tool", "poetry")
    yield from texts(project.get("dependencies"))
    for group in (*table(project, "optional-dependencies").values(), *table(pyproject, "dependency-groups").values()):
        yield from texts(group)
    yield from texts(table(pyproject, "tool", "uv").get("dev-dependencies"))
    for group in (poetry, *(table(poetry, "group", name) for name in table(poetry, "group"))):
        yield from table(group, "dependencies")
        yield from table(group, "dev-dependencies")
    for group in table(files.toml("Pipfile"), "packages"), table(files.toml("Pipfile"), "dev-packages"):
        yield from group
    for path in files.paths:
        if path.endswith((".txt", ".in")) and "requirements" in path:
            yield from files.text(path).splitlines()
    options, extras = files.ini("setup.cfg").get("options", {}), files.ini("setup.cfg").get("options.extras_require", {})
    for listed in (options.get("install_requires", ""), options.get("tests_require", ""), *extras.values()):
        yield from listed.splitlines()
    yield from re.findall(r"""["']([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:[<>=~!\[;][^"']*)?["']""", files.text("setup.py"))


def import_roots(files: ProjectFiles) -> tuple[str, ...]:
    """Return the folders the project's packages are imported from: "." first, then those of a src layout and of members."""
    found = ["."]
    for project in _projects(files):
        found += [_join(project, root) for root in (".", *_named_roots(files, project), "src", "lib")]
    return tuple(root for root in dict.fromkeys(found) if root == "." or _is_root(files, root))


def _projects(files: ProjectFiles) -> list[str]:
    manifests = [PurePosixPath(path) for path in files.paths if path.endswith(_PROJECT_FILES)]
    nested = {str(path.parent) for path in manifests if path.name in _PROJECT_FILES and len(path.parts) <= _DEEPEST_PROJECT}
    return [".", *sorted(nested - {"."})]


def _join(folder: str, name: str) -> str:
    return str(PurePosixPath(folder, name))


def _is_root(files: ProjectFiles, root: str) -> bool:
    inside = PurePosixPath(root).parts
    if ".." in inside or PurePosixPath(root).is_absolute() or files.has(f"{root}/__init__.py"):
        return False
    return any(_packages_in(files, root))


def _named_roots(files: ProjectFiles, project: str) -> Iterator[str]:
    pyproject = files.toml(_join(project, "pyproject.toml"))
    tool = table(pyproject, "tool")
    yield from texts(table(tool, "pytest", "ini_options").get("pythonpath"))
    yield from texts(table(tool, "setuptools", "package-dir").get(""))
    yield from texts(table(tool, "setuptools", "packages", "find").get("where"))
    yield from texts(table(tool, "maturin").get("python-source"))
    yield from texts(table(tool, "pdm", "build").get("package-dir"))
    yield from texts(table(tool, "hatch", "build").get("sources"))
    for package in texts(table(tool, "hatch", "build", "targets", "wheel").get("packages")):
        yield str(PurePosixPath(package).parent)
    poetry = table(tool, "poetry").get("packages")
    for package in poetry if isinstance(poetry, list) else []:  # pyright: ignore[reportUnknownVariableType] - TOML of any shape
        yield from texts(table({"package": package}, "package").get("from"))
    setup = files.ini(_join(project, "setup.cfg"))
    yield from setup.get("options.packages.find", {}).get("where", "").split()
    yield from (
        line.partition("=")[2].strip()
        for line in setup.get("options", {}).get("package_dir", "").splitlines()
        if line.strip().startswith("=")
    )
    yield from _SETUP_PACKAGE_DIR.findall(files.text(_join(project, "setup.py")))


def packages(files: ProjectFiles, roots: Iterable[str]) -> tuple[str, ...]:
    """Return the top-level names that can be imported from the roots, without tests and the like."""
    return tuple(sorted({name for root in roots for name in _packages_in(files, root)}))


def _packages_in(files: ProjectFiles, root: str) -> Iterator[str]:
    above = () if root == "." else PurePosixPath(root).parts
    # At a project's own level any folder may lie about; below a source folder each is a package.
    loose = root not in _projects(files)
    for parts in files.modules:
        if parts[: len(above)] == above and len(parts) > len(above):
            name = _package(parts[len(above) :], loose=loose)
            if name.isidentifier():
                yield name


def _package(parts: tuple[str, ...], *, loose: bool) -> str:
    """Return the top-level name that a file below an import root belongs to, "" when it is of no package."""
    name = parts[0].removesuffix(".py")
    if len(parts) == 1:
        return "" if name in _NO_MODULES or _TEST_FILE.search(parts[0]) else name
    is_package = loose or parts[1:] == ("__init__.py",)
    return name if is_package and name not in _NO_PACKAGES else ""
