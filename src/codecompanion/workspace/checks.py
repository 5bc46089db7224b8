"""Run the project's tests in a cage and say of each how it ended."""

import math
import shlex
import signal
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

import anyio

from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import Cage, CommandLine, CommandResult, HowToMeasure, Measurement, Sandbox
from codecompanion.workspace.diagnosis import explain_no_tests, require_modules, require_own_files
from codecompanion.workspace.junit import Seen, read_reports, seen_reports
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.suite_command import (
    Scratch,
    caged_argv,
    environment,
    make_scratch,
    plain_argv,
    write_request,
)
from codecompanion.workspace.suite_log import SuiteLog

_RESTARTS = 5
_POLL_S = 0.05
_UNSTOPPABLE_S = 2.0  # so long after its limit a test is taken to be deaf to signals


class CagedChecks:
    """Measures a suite in a sandbox; one test may take at most `test_limit_s` seconds. See `ports.Checks`."""

    def __init__(self, sandbox: Sandbox, *, test_limit_s: float = 60.0) -> None:
        self._sandbox = sandbox
        self._test_limit_s = test_limit_s

    @os_errors_explained
    async def measure(self, root: Path, suite: TestSuite, interpreter: Interpreter, **how: Unpack[HowToMeasure]) -> Measurement:
        """Run all tests, or `only` some by id or by the file they are in, and report each.

        Tests that run when `timeout_s` ends are errors and the report is not complete. A suite of the runner "command"
        is never told which tests to run; `only` then selects among pytest's below it.
        """
        only, timeout_s = how.get("only"), how["timeout_s"]
        with tempfile.TemporaryDirectory(prefix="codecompanion-checks-", ignore_cleanup_errors=True) as folder:
            run = _SuiteRun(
                sandbox=self._sandbox,
                root=root,
                suite=suite,
                interpreter=interpreter,
                packages=tuple(how.get("packages", ())),
                only=None if only is None else tuple(only),
                limit_s=min(self._test_limit_s, timeout_s / 2),
                ends_at=time.monotonic() + timeout_s,
                scratch=make_scratch(Path(folder)),
                log=SuiteLog(how.get("on_test")),
            )
            return await run.measure()


@dataclass(slots=True)
class _SuiteRun:
    """One measurement: processes are started until every test has ended, none is left to blame or time is up."""

    sandbox: Sandbox
    root: Path
    suite: TestSuite
    interpreter: Interpreter
    packages: tuple[str, ...]
    only: tuple[str, ...] | None
    limit_s: float
    ends_at: float
    scratch: Scratch
    log: SuiteLog
    results: list[CommandResult] = field(default_factory=list[CommandResult])
    unloadable: bool = False  # whether a conftest keeps every test from being collected: then there is no more to see
    stopped: bool = False  # whether the last process had to be stopped for a test that was deaf to its limit

    async def measure(self) -> Measurement:
        seen: Seen = seen_reports(self.root) if self.suite.runner == "command" else {}
        for attempt in range(1 + _RESTARTS):
            result = await self._attempt(attempt)
            self.results.append(result)
            if not self._blame(result):
                break
        self._explain(self.results[-1], seen)
        require_own_files(self.log.imported, self.root, self.suite, self.interpreter)
        require_modules(self.log.unimportable.values(), self.root, self.suite, self.interpreter, self.packages)
        return Measurement(self._report(), plain_argv(self.suite, self.interpreter, self.only or ()), self._result())

    async def _attempt(self, attempt: int) -> CommandResult:
        write_request(
            self.scratch,
            attempt,
            mark=self.log.mark,
            once=self.suite.runner != "command",  # which may start several runners
            limit_s=self.limit_s,
            packages=self.packages,
            only=self.only,
            done=list(self.log.outcomes),
        )
        command = CommandLine(
            argv=caged_argv(self.suite, self.interpreter, self.root, self.scratch, self._targets()),
            cwd=self.root,
            timeout_s=max(0.1, self.ends_at - time.monotonic()),
            env=environment(self.suite, self.interpreter, self.root, self.scratch),
        )
        prefixes = tuple(map(Path, self.interpreter.prefixes))
        cage = Cage(writable=(self.root, self.scratch.output), readable=(self.scratch.library, *prefixes))
        with self.log.following(self.scratch.results(attempt)):
            return await self._followed(cage, command)

    async def _followed(self, cage: Cage, command: CommandLine) -> CommandResult:
        started = time.monotonic()
        # Stands when the process has to be stopped.
        result, lost = CommandResult(-signal.SIGKILL, 0.0, b"", b""), None
        process = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            with process:
                tasks.start_soon(self._follow, process)
                try:
                    result = await self.sandbox.run(cage, command)
                except (CodeCompanionError, OSError) as error:
                    lost = error  # a task group would wrap it
            tasks.cancel_scope.cancel()
        self.stopped = process.cancelled_caught
        if lost is not None:
            raise lost
        return replace(result, duration_s=time.monotonic() - started)

    async def _follow(self, process: anyio.CancelScope) -> None:
        watched, since = None, math.inf
        while True:
            await anyio.sleep(_POLL_S)
            self.log.read()
            if self.log.running is None or self.log.running != watched:
                watched, since = self.log.running, time.monotonic()
            elif time.monotonic() - since > self.limit_s + _UNSTOPPABLE_S:
                process.cancel()

    def _targets(self) -> tuple[str, ...]:
        """Return the files of the tests that were asked for; which tests of them run, the request says."""
        if self.only is None or self.suite.runner != "pytest":
            return ()
        files = dict.fromkeys(test_id.partition("::")[0] for test_id in self.only)
        return tuple(file for file in files if file not in self.log.outcomes and (self.root / file).exists())

    def _blame(self, result: CommandResult) -> bool:
        """Record the test that ended the process, if one did, and return whether to go on with the others."""
        running = self.log.running
        if running is None:
            return False
        if result.timed_out:
            message = "the time limit of all tests was reached while it ran"
        elif self.stopped:
            message = f"it took longer than {self.limit_s:g} s and its process was stopped"
        else:
            message = f"the process ended ({_ending(result.exit_code)}) while it ran"
        self.log.add(TestOutcome(test_id=running, outcome="error", message=message))
        return not result.timed_out and self.suite.runner != "command"

    def _explain(self, result: CommandResult, seen: Seen) -> None:
        """Give an outcome to a run that reported no test."""
        if self.log.outcomes or result.timed_out:
            return
        if self.suite.runner == "command":
            reports = read_reports(self.root, seen)
            for outcome in reports or [_command_outcome(self.suite, result)]:
                self.log.add(outcome)
        elif not (self.log.finished and result.exit_code in _NO_TESTS):
            self.log.add(explain_no_tests(result, self.root, self.suite, self.interpreter, self.packages))
            self.unloadable = True

    def _report(self) -> SuiteReport:
        root = self.root.resolve()
        imported = {
            name: Path(file).relative_to(root).as_posix()
            for name, file in self.log.imported.items()
            if Path(file).is_relative_to(root)
        }
        return SuiteReport(
            outcomes=tuple(self.log.outcomes.values()),
            complete=self._complete(),
            imported=imported,
            credulous=self.log.believes,
        )

    def _complete(self) -> bool:
        result = self.results[-1]
        if self.suite.runner == "command" and not self.log.collected:
            return not result.timed_out
        return (self.log.complete or self.unloadable) and not result.timed_out

    def _result(self) -> CommandResult:
        return CommandResult(
            exit_code=self.results[-1].exit_code,
            duration_s=sum(result.duration_s for result in self.results),
            stdout=b"".join(result.stdout for result in self.results),
            stderr=b"".join(result.stderr for result in self.results),
            truncated=any(result.truncated for result in self.results),
        )


_NO_TESTS = (0, 1, 5)


def _ending(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"


def _command_outcome(suite: TestSuite, result: CommandResult) -> TestOutcome:
    text = (result.stdout + result.stderr).decode(errors="replace")
    passed = result.exit_code == 0
    return TestOutcome(
        test_id=shlex.join(suite.args),
        outcome="passed" if passed else "failed",
        duration_s=result.duration_s,
        message="" if passed else text[-4000:],
    )
