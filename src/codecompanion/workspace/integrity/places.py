"""What a file is to the tests, told by its path and by what the runner reported."""

import re
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.scope import is_test_path

SCRIPT_ENDINGS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue")
_SCRIPT_TEST = re.compile(r"(^|/)__tests__/|[._-](test|spec|cy)\.\w+$|(^|/)(tests?|spec|e2e)/")
_COLLECTED = ("test_*.py", "*_test.py", "*_tests.py", "test.py", "tests.py")
_STARTUP = ("sitecustomize.py", "usercustomize.py", "pytest.py", "unittest.py", "_pytest.py", "pluggy.py")
_STANDS_IN_FOR = (sys.stdlib_module_names | {"iniconfig", "packaging", "pygments", "py", "exceptiongroup", "colorama"}) - {
    "test"
}
_IMPORT_ROOTS = ("src", "lib", "python")
_COMPILED = (".pyc", ".pyo", ".pyd", ".so")
_EXPECTED_DATA = re.compile(
    r"\.(snap|ambr|golden|approved(\.\w+)?|expected|out)$|(^|/)(__)?(snapshots?|golden\w*|expected)(__)?/"
)


def is_python(path: str) -> bool:
    """Whether a path is a Python source."""
    return path.endswith(".py")


def is_conftest(path: str) -> bool:
    """Whether pytest loads a file before the tests of its folder."""
    return path.rpartition("/")[2] == "conftest.py"


def supports_tests(path: str) -> bool:
    """Whether a Python file holds tests or helps them: by its name, or by the folder it is in."""
    return is_python(path) and is_test_path(path)


def is_collected(path: str) -> bool:
    """Whether runners look for tests in a Python file that is called so."""
    return any(fnmatchcase(path.rpartition("/")[2], one) for one in _COLLECTED)


def is_script_test(path: str) -> bool:
    """Whether a JavaScript or TypeScript file holds tests."""
    return path.endswith(SCRIPT_ENDINGS) and _SCRIPT_TEST.search(path) is not None


def is_expected_data(path: str) -> bool:
    """Whether a file holds what tests compare with: snapshots and golden files."""
    return not is_python(path) and not path.endswith(SCRIPT_ENDINGS) and _EXPECTED_DATA.search(path) is not None


def starts_before_tests(path: str) -> bool:
    """Whether a file runs when the interpreter starts, or is imported in the place of the test runner."""
    *folders, name = path.split("/")
    inside = folders[1:] if folders and folders[0] in _IMPORT_ROOTS else folders
    return (
        name in _STARTUP
        or name.endswith(".pth")
        or any(one in ("pytest", "_pytest", "unittest", "pluggy") for one in inside[:1])
        or _stands_in(inside, name)
    )


def _stands_in(folders: Sequence[str], name: str) -> bool:
    """Whether a file is found in the place of a module that Python or the runner brings along."""
    module = folders[0] if len(folders) == 1 and name == "__init__.py" else name.removesuffix(".py")
    return module in _STANDS_IN_FOR and (name == "__init__.py" or not folders)


def is_compiled(path: str) -> bool:
    """Whether Python can import a file that nobody can read."""
    return path.endswith(_COMPILED) and "__pycache__" not in path.split("/")


def reported_names(report: SuiteReport, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the tests of each file that the runner reported, as "Class::name" without parameters.

    A file is matched by a pytest node id, or by the dotted name of unittest when it ends in it.
    """
    found: dict[str, set[str]] = {}
    modules = {path.removesuffix(".py").replace("/", "."): path for path in paths if is_python(path)}
    for outcome in report.outcomes:
        file, _, inside = outcome.test_id.partition("[")[0].partition("::")
        if inside:
            found.setdefault(file, set()).add(inside)
        elif not file.endswith(".py"):
            owner, _, name = file.rpartition(".")
            module, _, case = owner.rpartition(".")
            for dots, path in modules.items():
                if dots == module or dots.endswith(f".{module}"):
                    found.setdefault(path, set()).add(f"{case}::{name}")
    return {path: frozenset(names) for path, names in found.items()}
