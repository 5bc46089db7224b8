"""Choose the Python that runs the project, without running anything that the project brings along."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.project import Interpreter
from codecompanion.domain.secret_shapes import without_secrets

_OWN_FOLDERS = (".venv", "venv", "env")
_SYSTEM = Path("/usr")
_ASK_S = 20.0
# Isolated and without `site`, so that no .pth file, sitecustomize or variable has a say.
_QUESTION = "import json,sys;print(json.dumps([sys.executable,'.'.join(map(str,sys.version_info[:3])),sys.base_prefix]))"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An interpreter that could be used. `venv` is None for one that stands alone; `base` is its installation's folder."""

    executable: Path
    version: str
    base: Path
    venv: Path | None
    source: str

    @property
    def _library(self) -> str:
        return "lib/python" + ".".join(self.version.split(".")[:2])

    def has_module(self, name: str) -> bool:
        """Whether a module lies in a folder for installed packages; nothing is imported."""
        return any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for folder in self._site_folders())

    def _site_folders(self) -> Iterator[Path]:
        if self.venv is not None:
            yield self.venv / self._library / "site-packages"
        if self.venv is None or _settings(self.venv).get("include-system-site-packages", "").lower() == "true":
            yield self.base / self._library / "site-packages"
            yield self._user_library / "site-packages"
            if self.base.is_relative_to(_SYSTEM):  # Debian has places of its own
                yield from (_SYSTEM / "lib/python3/dist-packages", _SYSTEM / "local" / self._library / "dist-packages")

    @property
    def _user_library(self) -> Path:
        return Path("~/.local").expanduser() / self._library

    def interpreter(self, remark: str = "") -> Interpreter:
        """Return what the project is told of it."""
        return Interpreter(
            executable=str(self.executable),
            prefixes=tuple(dict.fromkeys(map(str, self._prefixes()))),
            version=self.version,
            source=self.source + remark,
        )

    def _prefixes(self) -> Iterator[Path]:
        if self.venv is not None:
            yield from (self.venv, self.venv.resolve())
        elif (self._user_library / "site-packages").is_dir():
            yield self._user_library
        # Every folder on the way of links must be there inside the cage as well.
        steps = [step.parent.parent for step in _links(self.executable)]
        for prefix in (*steps, self.base, self.base.resolve()):
            if (prefix / self._library / "os.py").is_file() and not prefix.is_relative_to(_SYSTEM):
                yield prefix


def _links(path: Path) -> Iterator[Path]:
    for _ in range(40):
        yield path
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
    yield path.resolve()


def _settings(venv: Path) -> dict[str, str]:
    try:
        lines = (venv / "pyvenv.cfg").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def virtual_environment(folder: Path, source: str) -> Candidate | None:
    """Return the interpreter of a virtual environment by its files alone, None when it is none or broken.

    It is not run: a hostile repository could bring one along.
    """
    executable = folder / "bin" / "python"
    if not (folder / "pyvenv.cfg").is_file() or not os.access(executable, os.X_OK):
        return None
    settings = _settings(folder)
    home = Path(settings.get("home", executable.resolve().parent))
    version = settings.get("version_info") or settings.get("version") or _version_by_folder(folder)
    if not version:
        return None
    short = ".".join(version.split(".")[:3])
    return Candidate(executable.absolute(), short, home.parent, folder.absolute(), source)


def _version_by_folder(folder: Path) -> str:
    return next((path.name.removeprefix("python") for path in sorted(folder.glob("lib/python3.*"))), "")


def this_interpreter() -> Candidate:
    """Return the interpreter that we run on."""
    venv = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
    version = ".".join(map(str, sys.version_info[:3]))
    return Candidate(Path(sys.executable), version, Path(sys.base_prefix), venv, "current")


async def ask_interpreter(python: str, source: str, cwd: Path) -> Candidate:
    """Return an interpreter that the user named, after running it once; a folder means a virtual environment.

    Raises:
        EnvironmentBroken: It cannot be run or is no Python.
    """
    found = _executable(python)
    try:
        with anyio.fail_after(_ASK_S):
            # A version manager's shim looks at the folder it is called in.
            asked = await anyio.run_process([found, "-I", "-S", "-c", _QUESTION], cwd=cwd, env=without_secrets(os.environ))
        executable, version, base = json.loads(asked.stdout)
    except (OSError, TimeoutError, ValueError, subprocess.CalledProcessError) as error:
        raise EnvironmentBroken(
            f"the interpreter {python!r} cannot be run", cause=str(error), fix="name another one with --python"
        ) from error
    folder = Path(executable).parent.parent
    return virtual_environment(folder, source) or Candidate(Path(executable), version, Path(base), None, source)


def _executable(python: str) -> str:
    named = Path(python).expanduser()
    found = shutil.which(named / "bin" / "python" if named.is_dir() else named)
    if found is None:
        raise EnvironmentBroken(f"the interpreter {python!r} is not there", fix="name another one with --python")
    return str(Path(found).absolute())


async def choose_interpreter(
    root: Path, *, home: Path | None = None, python: str | None = None, runner: str | None = None
) -> Candidate:
    """Return the interpreter for a project: the one named, or the first likely one that has the test runner.

    Args:
        root: The project's files, all of them from a commit.
        home: The user's own folder of the project, which may hold an environment that git ignores.
        python: A path, a command or a virtual environment's folder that the user named.
        runner: The module that runs the tests, None when it does not matter.

    Raises:
        EnvironmentBroken: `python` cannot be run.
    """
    if python is not None:
        return await ask_interpreter(python, "--python", home or root)
    found = [virtual_environment(folder, name) for folder, name in _environments(root, home)]
    candidates = [*filter(None, found), this_interpreter()]
    if runner is None:
        return candidates[0]
    suited = next((candidate for candidate in candidates if candidate.has_module(runner)), None)
    suited = suited or await _on_path(runner, home or root)
    if suited is None or suited == candidates[0]:
        return candidates[0]
    return replace(suited, source=f"{suited.source} ({candidates[0].source} lacks {runner})")


async def _on_path(runner: str, cwd: Path) -> Candidate | None:
    try:
        candidate = await ask_interpreter("python3", "python3 on PATH", cwd)
    except EnvironmentBroken:
        return None  # the others will do
    return candidate if candidate.has_module(runner) else None


def _environments(root: Path, home: Path | None) -> Iterator[tuple[Path, str]]:
    for name in _OWN_FOLDERS:
        # One that is in the commit came with the repository and is not the user's.
        if home is not None and (home == root or not (root / name).exists()):
            yield home / name, name
    if os.environ.get("VIRTUAL_ENV"):
        yield Path(os.environ["VIRTUAL_ENV"]), "$VIRTUAL_ENV"
