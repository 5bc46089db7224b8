"""Tests that cannot be run stop a team before it costs anything: nothing could prove what it would be paid for."""

import shlex
from pathlib import Path
from typing import Unpack

from codecompanion.domain.errors import EnvironmentBroken, SandboxLost, TestsUnavailable
from codecompanion.domain.project import Interpreter, ProjectProfile, TestSuite
from codecompanion.ports import Checks, HowToMeasure, Measurement

WITHOUT_PROOF = "--allow-no-tests lets the team work without them, and its result be unverified"
_NOT_FOUND, _NOT_RUNNABLE = 127, 126
_TOLD = 600
"""So many characters of the last words of a command are told."""


class RequiredChecks:
    """Checks that refuse to measure nothing; `way_out` is what may be done where the tests are wanted and cannot be had."""

    def __init__(self, checks: Checks, profile: ProjectProfile, *, way_out: str = WITHOUT_PROOF) -> None:
        self._checks = checks
        self._why = profile.test_command.reason if profile.test_command else ""
        self._way_out = way_out

    async def measure(self, root: Path, suite: TestSuite, interpreter: Interpreter, **how: Unpack[HowToMeasure]) -> Measurement:
        """Run the tests; see `ports.Checks`.

        Raises:
            TestsUnavailable: They cannot be run, or there is none. It names what was tried and what was seen.
        """
        try:
            measurement = await self._checks.measure(root, suite, interpreter, **how)
        except SandboxLost:
            raise
        except EnvironmentBroken as error:
            seen = ": ".join(filter(None, (error.what, error.cause)))
            raise self._unavailable("the project's tests cannot be run", seen, suite, error.fix) from error
        result = measurement.result
        if suite.runner == "command" and result.exit_code in (_NOT_FOUND, _NOT_RUNNABLE):
            seen = f"{shlex.join(suite.args)!r} cannot be run here: {_last_words(result.stdout + result.stderr)}"
            fix = "install it where programs of all users are, or name another command with --test-command"
            raise self._unavailable("the project's tests cannot be run", seen, suite, fix)
        if not measurement.report.outcomes and measurement.report.complete:
            seen = f"{shlex.join(measurement.argv)!r} ran and found no test"
            fix = "name the command that finds them with --test-command, or add a test"
            raise self._unavailable("no test of the project was found", seen, suite, fix)
        return measurement

    def _unavailable(self, what: str, seen: str, suite: TestSuite, fix: str) -> TestsUnavailable:
        because = f"; {suite.runner} was tried because {self._why}" if self._why and suite.runner != "command" else ""
        return TestsUnavailable(what, cause=seen + because, fix="; ".join(filter(None, (fix, self._way_out))))


def _last_words(output: bytes) -> str:
    return output.decode(errors="replace").strip()[-_TOLD:] or "it says nothing"
