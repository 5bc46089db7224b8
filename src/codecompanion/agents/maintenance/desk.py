"""What an agent works with: the project's folder, its files, a copy of it, and the cage in which its code runs."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio.to_thread

from codecompanion.agents.maintenance.copying import copy_project
from codecompanion.agents.maintenance.report import Ran
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.project import Interpreter, ProjectProfile
from codecompanion.ports import Cage, CommandLine, CommandResult, Sandbox
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.folder_trees import remove_tree
from codecompanion.workspace.git import Git
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.suite_command import user_site

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_LONGEST_ANSWER = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for beyond the agent's name.

    `yes` lets the installer install. `impacted` limits the tests to those that reach what changed since `base` (None: the last
    commit). `junit` is where the tests' results go, None for nowhere. `timeout_s` bounds one agent.
    """

    yes: bool = False
    impacted: bool = False
    base: str | None = None
    junit: Path | None = None
    timeout_s: float = 600.0
    test_command: str | None = None
    python: str | None = None


@dataclass(slots=True)
class Desk:
    """One project on the desk, for one or several agents.

    Attributes:
        root: The project's folder, absolute and without links.
        scratch: An empty folder of ours.
        state_dir: Where what outlives the call is kept: the index, the logs of installations.
        environ: The user's environment.
        open_sandbox: Opens the strongest sandbox that holds here.
        say: Hears sentences for the user.
        wishes: What was asked for.
        git: Runs in `root`; None where there is no repository.
        ran: The commands so far.
    """

    root: Path
    scratch: Path
    state_dir: Path
    environ: Mapping[str, str]
    open_sandbox: Callable[[], Awaitable[Sandbox]]
    say: Callable[[str], None]
    wishes: Wishes
    git: Git | None
    ran: list[Ran] = field(default_factory=list[Ran])
    notes: list[str] = field(default_factory=list[str])
    _files: ProjectFiles | None = None
    _sandbox: Sandbox | None = None
    _profile: ProjectProfile | None = None
    _copy: Path | None = None

    @property
    def files(self) -> ProjectFiles:
        """The project's files as they are."""
        self._files = self._files or ProjectFiles(self.root)
        return self._files

    async def sandbox(self) -> Sandbox:
        """Return the sandbox, opened when it is first needed."""
        self._sandbox = self._sandbox or await self.open_sandbox()
        return self._sandbox

    async def profile(self) -> ProjectProfile:
        """Return what detection says of the project."""
        if self._profile is None:
            self._profile = await ProjectDetector().profile(
                self.root, home=self.root, python=self.wishes.python, test_command=self.wishes.test_command
            )
        return self._profile

    async def interpreter(self) -> Interpreter | None:
        """Return the project's interpreter, None when the project has no Python."""
        manifests = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile")
        if not (self.files.modules or any(map(self.files.has, manifests))):
            return None
        profile = await self.profile()
        if profile.interpreter is not None:
            return profile.interpreter
        detected = await ProjectDetector().profile(self.root, home=self.root, python=self.wishes.python, test_command="pytest")
        return detected.interpreter

    async def copy(self) -> Path:
        """Return a copy of the project that commands may write to; it is made once."""
        if self._copy is None:
            self._copy, left_out = await copy_project(self.root, self.git, self.scratch / "copy")
            self.notes += left_out
        return self._copy

    async def clear(self) -> None:
        """Make room for the next agent: what the last one ran, noted and left in the copy is gone."""
        self.ran.clear()
        self.notes.clear()
        if self._copy is not None:
            await anyio.to_thread.run_sync(remove_tree, self._copy)
            self._copy = None

    async def renew_copy(self) -> None:
        """Make the copy anew, as the project is: whatever commands left in it is gone."""
        if self._copy is not None:
            await anyio.to_thread.run_sync(remove_tree, self._copy)
            await copy_project(self.root, self.git, self._copy)

    async def ask(self, program: Path, interpreter: Interpreter, *args: str, limit_s: float = 60.0) -> Any:
        """Run one of our own programs under the project's interpreter in the cage and return its JSON answer.

        Raises:
            EnvironmentBroken: It gave none.
        """
        inside = await anyio.to_thread.run_sync(self._inside, program)
        argv = (interpreter.executable, str(inside / program.name), *args)
        result = await self.caged(argv, cwd=inside, readable=(inside,), interpreter=interpreter, limit_s=limit_s)
        try:
            return json.loads(result.stdout)
        except ValueError as error:
            told = result.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it was silent"]
            raise EnvironmentBroken(
                f"the interpreter {interpreter.executable} does not answer", cause=told[0], fix="name another with --python"
            ) from error

    def _inside(self, program: Path) -> Path:
        """Return a folder of ours that holds a program: the cage does not see the package."""
        folder = self.scratch / "inside"
        folder.mkdir(exist_ok=True)
        (folder / program.name).write_bytes(program.read_bytes())
        return folder

    async def caged(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        readable: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        interpreter: Interpreter | None = None,
        env: Mapping[str, str] | None = None,
        limit_s: float = 60.0,
    ) -> CommandResult:
        """Run a command in the cage, keep it among those that ran, and return how it ended."""
        beside = f"{Path(interpreter.executable).parent}:" if interpreter else ""
        command = CommandLine(
            argv=tuple(argv),
            cwd=cwd,
            timeout_s=limit_s,
            env={
                "PATH": beside + _SYSTEM_PATH,
                "PYTHONDONTWRITEBYTECODE": "1",
                "NO_COLOR": "1",
                **(user_site(interpreter) if interpreter else {}),
                **(env or {}),
            },
            output_bytes=_LONGEST_ANSWER,
        )
        prefixes = tuple(map(Path, interpreter.prefixes)) if interpreter else ()
        sandbox = await self.sandbox()
        result = await sandbox.run(Cage(writable=tuple(writable), readable=(*readable, *prefixes)), command)
        self.ran.append(Ran(argv=command.argv, exit_code=result.exit_code, seconds=round(result.duration_s, 3)))
        return result

    def stopwatch(self) -> Callable[[], float]:
        """Return a function that tells the seconds since now."""
        started = time.monotonic()
        return lambda: time.monotonic() - started
