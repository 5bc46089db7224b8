"""Tests that cannot be run do not stop a tidying: it says that nothing proves that behaviour is kept."""

from pathlib import Path
from typing import Unpack

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.errors import EnvironmentBroken, SandboxLost, TestsUnavailable
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import Checks, CommandResult, HowToMeasure, Measurement


class TolerantChecks:
    """Checks that answer with no outcome at all, and the reason as output, where others say that the environment is broken."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    async def measure(self, root: Path, suite: TestSuite, interpreter: Interpreter, **how: Unpack[HowToMeasure]) -> Measurement:
        """Run the tests, or say why they cannot be run; see `ports.Checks`."""
        try:
            return await self._checks.measure(root, suite, interpreter, **how)
        except (SandboxLost, TestsUnavailable):  # the latter is said where tests are required
            raise
        except EnvironmentBroken as error:
            said = "\n".join(filter(None, (error.what, error.cause, error.fix))).encode()
            return Measurement(SuiteReport(), (interpreter.executable, "-m", suite.runner, *suite.args), _failed(said))


def _failed(said: bytes) -> CommandResult:
    return CommandResult(exit_code=1, duration_s=0.0, stdout=b"", stderr=said)
