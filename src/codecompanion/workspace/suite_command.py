"""The command line and the environment of one run of the tests."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.workspace.inside.report import REQUEST_VARIABLE

_INSIDE = Path(__file__).with_name("inside")
_PACKAGE = "codecompanion_inside"
_PLUGIN = f"{_PACKAGE}.pytest_plugin"
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Scratch:
    """Our files for one measurement: the cage reads `library` and writes to `output`."""

    library: Path
    output: Path

    @property
    def request(self) -> Path:
        """The file that tells the runner what is asked. It is in reach of the cage, so that who read it can remove it."""
        return self.output / "request.json"

    def results(self, attempt: int) -> Path:
        """Return where the given process reports."""
        return self.output / f"results-{attempt}.jsonl"


def make_scratch(folder: Path) -> Scratch:
    """Fill an empty folder with what runs inside."""
    real = folder.resolve()
    scratch = Scratch(real / "library", real / "output")
    shutil.copytree(_INSIDE, scratch.library / _PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    scratch.output.mkdir()
    return scratch


def write_request(
    scratch: Scratch,
    attempt: int,
    *,
    mark: str,
    once: bool,
    limit_s: float,
    packages: Sequence[str],
    only: Sequence[str] | None,
    done: Sequence[str],
) -> None:
    """Tell the next process which tests to run: `only` these (None for all), without those that are `done`.

    Only lines with `mark` are believed. With `once` the process takes the request away before it loads any of the project's
    code, which then finds the mark nowhere.
    """
    asked = {
        "results": str(scratch.results(attempt)),
        "mark": mark,
        "once": once,
        "limit_s": limit_s,
        "packages": list(packages),
        "only": None if only is None else list(only),
        "done": list(done),
    }
    scratch.request.write_text(json.dumps(asked))


def plain_argv(suite: TestSuite, interpreter: Interpreter, targets: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the command as a person would type it."""
    if suite.runner == "command":
        return suite.args
    # unittest takes names or the arguments of its discovery, not both.
    args = () if suite.runner == "unittest" and targets else suite.args
    return (interpreter.executable, "-m", suite.runner, *args, *targets)


def caged_argv(
    suite: TestSuite, interpreter: Interpreter, root: Path, scratch: Scratch, targets: Sequence[str]
) -> tuple[str, ...]:
    """Return the command that runs the same tests and reports them."""
    match suite.runner:
        case "pytest":
            steady = ("-p", _PLUGIN, "-o", f"cache_dir={scratch.output / 'cache'}", "--continue-on-collection-errors")
            rootdir = () if any(arg.startswith("--rootdir") for arg in suite.args) else (f"--rootdir={root}",)
            return (interpreter.executable, "-m", "pytest", *steady, *rootdir, "--tb=short", *suite.args, *targets)
        case "unittest":
            return (interpreter.executable, "-m", f"{_PACKAGE}.unittest_runner", *suite.args)
        case "command":
            return suite.args


def environment(suite: TestSuite, interpreter: Interpreter, root: Path, scratch: Scratch) -> Mapping[str, str]:
    """Return the whole environment of the tests. The worktree comes first on the import path, before any installed copy."""
    roots = [str(root) if name == "." else str(root / name) for name in suite.import_roots]
    nested = {"PYTEST_ADDOPTS": f"-p {_PLUGIN}"} if suite.runner == "command" else {}
    return {
        "PATH": f"{Path(interpreter.executable).parent}:{_SYSTEM_PATH}",
        "PYTHONPATH": os.pathsep.join([*roots, str(scratch.library)]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "PY_COLORS": "0",
        "COVERAGE_FILE": str(scratch.output / "coverage"),
        REQUEST_VARIABLE: str(scratch.request),
        **user_site(interpreter),
        **nested,
    }


def user_site(interpreter: Interpreter) -> dict[str, str]:
    """Return the variables with which a caged interpreter finds the user's own packages, if it has such."""
    # The home folder inside the cage is another one, so the user's own packages are named.
    base = Path("~/.local").expanduser()
    library = base / "lib" / f"python{'.'.join(interpreter.version.split('.')[:2])}"
    return {"PYTHONUSERBASE": str(base)} if str(library) in interpreter.prefixes else {"PYTHONNOUSERSITE": "1"}
