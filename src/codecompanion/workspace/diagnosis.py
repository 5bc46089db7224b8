"""Tell a broken environment from a broken project."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from codecompanion.domain.checks import TestOutcome
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import CommandResult

_MISSING = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")
_MISSING_PLUGIN = re.compile(r"""Error importing plugin "([^"]+)": No module named '([^']+)'""")
_CONFTEST = re.compile(r"ImportError while loading conftest '([^']+)'|while loading conftest '([^']+)'")
_RUNNER_MISSING = re.compile(r"No module named '?(pytest|unittest)'?\s*$", re.MULTILINE)
_OUTPUT_KEPT = 4000


def project_modules(root: Path, suite: TestSuite, packages: Sequence[str]) -> frozenset[str]:
    """Return the top-level names that the project itself provides."""
    found = {path.stem for name in suite.import_roots for path in (root / name).glob("*.py")}
    found |= {path.name for name in suite.import_roots for path in (root / name).glob("*/") if path.name.isidentifier()}
    return frozenset(found | set(packages))


def require_modules(
    failed: Iterable[TestOutcome], root: Path, suite: TestSuite, interpreter: Interpreter, packages: Sequence[str]
) -> None:
    """Check that no test file failed to load for want of a module that is not the project's.

    Raises:
        EnvironmentBroken: One did; it names the module and how to get it.
    """
    own = project_modules(root, suite, packages)
    for outcome in failed:
        require_module(outcome.message, outcome.test_id, root, own, interpreter)


def require_module(text: str, where: str, root: Path, own: frozenset[str], interpreter: Interpreter) -> None:
    """Check that the text of a failure does not say that a module is missing which is neither Python's nor the project's.

    Raises:
        EnvironmentBroken: It does.
    """
    named = _MISSING.findall(text) + [module for _, module in _MISSING_PLUGIN.findall(text)]
    beside = (root / where).parent
    for module in named[-1:]:
        name = module.partition(".")[0]
        local = (beside / f"{name}.py").exists() or (beside / name).is_dir()
        if name not in own and name not in sys.stdlib_module_names and not local:
            raise EnvironmentBroken(
                f"module {name!r} is missing in {interpreter.executable}",
                cause=f"{where} cannot be loaded without it",
                fix=interpreter.fix_for_missing(name),
            )


def require_own_files(imported: Mapping[str, str], root: Path, suite: TestSuite, interpreter: Interpreter) -> None:
    """Check that the project's modules came from the worktree and not from an installed copy.

    Raises:
        EnvironmentBroken: One did not; it names the module and its file.
    """
    real = root.resolve()
    for module, file in imported.items():
        if not Path(file).is_relative_to(real) and _is_ours(module, root, suite):
            name = module.partition(".")[0]
            raise EnvironmentBroken(
                f"the tests loaded {module!r} from {file}, not from the worktree",
                cause="an installed copy of the project stands in front of it",
                fix=f"{interpreter.executable} -m pip uninstall {name}, or name an interpreter without it with --python",
            )


def _is_ours(module: str, root: Path, suite: TestSuite) -> bool:
    # Below a namespace package other distributions may have modules of their own.
    parts = module.split(".")
    places = [root.joinpath(name, *parts) for name in suite.import_roots]
    return len(parts) == 1 or any(place.with_suffix(".py").exists() or place.is_dir() for place in places)


def explain_no_tests(
    result: CommandResult, root: Path, suite: TestSuite, interpreter: Interpreter, packages: Sequence[str]
) -> TestOutcome:
    """Say why a runner ended without having run anything: the project's fault as an outcome, others' as an error.

    Raises:
        EnvironmentBroken: The runner, a module or a plugin is missing, or it does not know an option.
    """
    text = (result.stdout + b"\n" + result.stderr).decode(errors="replace").strip()
    if _RUNNER_MISSING.search(text) and len(text) < _OUTPUT_KEPT:
        raise EnvironmentBroken(
            f"{suite.runner} is missing in {interpreter.executable}",
            fix=interpreter.fix_for_missing(suite.runner),
        )
    conftest = _CONFTEST.search(text)
    where = _relative(next(filter(None, conftest.groups()), "."), root) if conftest else "."
    require_module(text, where, root, project_modules(root, suite, packages), interpreter)
    if conftest is None:
        raise EnvironmentBroken(f"{suite.runner} could not run the tests", cause=text[-_OUTPUT_KEPT:])
    return TestOutcome(test_id=where, outcome="error", message=text[-_OUTPUT_KEPT:])


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
