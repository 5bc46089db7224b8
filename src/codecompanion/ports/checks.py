"""What a project is, and what its tests and tools say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Required, TypedDict, Unpack

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.project import Interpreter, ProjectProfile, TestSuite
from codecompanion.ports.sandbox import CommandResult


class Detector(Protocol):
    """Finds out what kind of project a folder holds."""

    async def profile(
        self, root: Path, *, python: str | None = None, test_command: str | None = None, home: Path | None = None
    ) -> ProjectProfile:
        """Look at the files of a project and choose its interpreter and its tests.

        `home` is the user's own folder of the project: an environment that git ignores is there and not in `root`.

        Raises:
            EnvironmentBroken: The named interpreter cannot be run.
        """
        ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """A run of the tests: what it said and the command that said it (shown to the user, citable)."""

    report: SuiteReport
    argv: tuple[str, ...]
    result: CommandResult


class HowToMeasure(TypedDict, total=False):
    """What may be said of a run of tests, beside what is tested.

    `packages` are the project's own, which have to be imported from the worktree. `only` holds ids of tests, None for all;
    that of a class, a file (for unittest: a module) or a folder stands for all tests in it. `on_test` hears (id, outcome) as
    tests end.
    """

    packages: Sequence[str]
    only: Sequence[str] | None
    timeout_s: Required[float]
    on_test: Callable[[str, str], None] | None


class Checks(Protocol):
    """Runs the project's tests in a sandbox."""

    async def measure(self, root: Path, suite: TestSuite, interpreter: Interpreter, **how: Unpack[HowToMeasure]) -> Measurement:
        """Run all tests, or `only` some, and report each.

        A test that hangs, kills its process or floods its output is reported as an error and the others still run.

        Raises:
            EnvironmentBroken: The runner or a module the tests need is missing, or files outside the worktree were imported.
        """
        ...
