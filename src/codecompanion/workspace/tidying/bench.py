"""The bench a tidier works at: the worktree, its Python files, and the cage its tools run in."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codecompanion.domain.errors import EnvironmentBroken, LimitReached
from codecompanion.domain.project import Interpreter
from codecompanion.domain.tidying import TidyTask
from codecompanion.ports import Cage, CommandLine, CommandResult, Sandbox, ToolRun
from codecompanion.safe_open import read_file, write_file
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.python_project import import_roots
from codecompanion.workspace.suite_command import user_site

PYTHON = (".py", ".pyi")
OUTPUT_SHOWN = 2000
OUTPUT_BYTES = 64 * 1024**2
"""A linter's findings are read whole: a cut JSON would be no JSON."""
_INSIDE = Path(__file__).with_name("inside")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(slots=True)
class Bench:
    """One task at work: `runs` are the commands so far."""

    task: TidyTask
    sandbox: Sandbox
    scratch: Path
    ends_at: float
    runs: list[ToolRun] = field(default_factory=list[ToolRun])

    @property
    def root(self) -> Path:
        """The worktree."""
        return Path(self.task.root)

    def project(self) -> ProjectFiles:
        """Return the project's files as they are now."""
        return ProjectFiles(self.root)

    @property
    def interpreter(self) -> Interpreter:
        """The project's interpreter.

        Raises:
            EnvironmentBroken: There is none.
        """
        if self.task.interpreter is None:
            raise EnvironmentBroken("no Python interpreter was found for the project", fix="name one with --python")
        return self.task.interpreter

    @property
    def import_roots(self) -> tuple[str, ...]:
        """The folders that the project's packages are imported from, relative to the worktree."""
        return import_roots(self.project())

    def script(self, name: str) -> Path | None:
        """Return the program of this name that is installed beside the project's interpreter, None when there is none."""
        if self.task.interpreter is None:
            return None
        beside = Path(self.task.interpreter.executable).with_name(name)
        return beside if beside.is_file() else None

    def sources(self) -> dict[str, bytes]:
        """Return the Python files of the worktree by relative POSIX path, without links and names that are no text."""
        return {path: read_file(self.root, path) for path in self._python_files()}

    def _python_files(self) -> Iterator[str]:
        for path in sorted(self.root.rglob("*")):
            if path.suffix in PYTHON and path.is_file() and not path.is_symlink() and _is_text(path.name):
                yield path.relative_to(self.root).as_posix()

    def put_back(self, sources: Mapping[str, bytes]) -> None:
        """Give Python files the contents they had."""
        for path, content in self.sources().items():
            if path in sources and content != sources[path]:
                write_file(self.root, path, sources[path])

    async def ask(
        self, name: str, *args: str, env: Mapping[str, str] | None = None, limit_s: float | None = None
    ) -> CommandResult:
        """Run one of our own programs, `inside/NAME.py`, under the project's interpreter."""
        program = self.scratch / f"{name}.py"
        program.write_bytes((_INSIDE / program.name).read_bytes())
        return await self.run((self.interpreter.executable, str(program), *args), env=env, limit_s=limit_s)

    async def run(
        self,
        argv: Sequence[str],
        *,
        readable: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        limit_s: float | None = None,
    ) -> CommandResult:
        """Run a command on the worktree in the cage and keep it.

        Raises:
            LimitReached: The time is used up. With a `limit_s` of its own a command may run into that instead.
        """
        left_s = max(0.1, self.ends_at - time.monotonic())
        prefixes = tuple(map(Path, self.task.interpreter.prefixes)) if self.task.interpreter else ()
        command = CommandLine(
            argv=tuple(argv),
            cwd=self.root,
            timeout_s=min(left_s, limit_s or left_s),
            env=self._environment(env or {}),
            output_bytes=OUTPUT_BYTES,
        )
        cage = Cage(writable=(self.root,), readable=(*prefixes, self.scratch, *readable))
        result = await self.sandbox.run(cage, command)
        self.runs.append(ToolRun(command.argv, result))
        if result.timed_out and limit_s is None:
            raise LimitReached(
                f"the time limit was reached while {Path(argv[0]).name} ran", fix="give the run more with --timeout"
            )
        return result

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        python = self.task.interpreter
        return {
            "PATH": (f"{Path(python.executable).parent}:" if python else "") + _SYSTEM_PATH,
            # A file of the project that is named like one of a tool's modules must not be taken for it.
            "PYTHONSAFEPATH": "1",
            **(user_site(python) if python else {}),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "NO_COLOR": "1",
            "PY_COLORS": "0",
            **more,
        }


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def complaint(result: CommandResult) -> str:
    """Return what a tool said in the end."""
    return (result.stderr or result.stdout).decode(errors="replace").strip()[-OUTPUT_SHOWN:]
