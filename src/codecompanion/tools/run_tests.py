"""Let a model run the project's tests and compare them with the base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio.to_thread
from pydantic_ai import ModelRetry, RunContext

from codecompanion.domain.checks import SuiteReport, error_of, stable
from codecompanion.domain.comparison import compare
from codecompanion.domain.errors import EnvironmentBroken, SandboxLost
from codecompanion.domain.permission import PermissionMode
from codecompanion.ports import Measurement
from codecompanion.tools.desk import Desk
from codecompanion.tools.impact import reached
from codecompanion.tools.run_command import time_left_s
from codecompanion.tools.selecting import Selection, asked_for, file_of
from codecompanion.tools.showing import head_and_tail, readable

MOST_SHOWN = 8
MESSAGE_CHARACTERS = 900


async def run_tests(ctx: RunContext[Desk], which: list[str] | str = "all") -> str:
    """Run the project's tests and compare them with how they were before you changed anything.

    Args:
        which: "all", "impacted" for those that your changes can reach, or test ids, files or folders: one, or a list of them.
    """
    desk = ctx.deps
    suite, interpreter = desk.profile.suite, desk.profile.interpreter
    if desk.mode is PermissionMode.PLAN:
        return "Not run: in plan mode nothing is run."
    if suite is None or interpreter is None:
        return "No tests are known that can be run here. Run what the project has with run_command."
    if not which or not "".join(which).strip():
        raise ModelRetry('name at least one test, or use "all"')
    selection = await _selection(desk, which)
    try:
        measured = await desk.checks.measure(
            desk.root,
            suite,
            interpreter,
            packages=desk.profile.packages,
            only=selection.only,
            timeout_s=time_left_s(desk, "the tests were run"),
            on_test=desk.on_test,
        )
    except SandboxLost:
        raise
    except EnvironmentBroken as error:
        return desk.redact(
            " ".join(f"{part}." for part in ("The tests could not be run", error.what, error.cause, error.fix) if part)
        )
    evidence = await desk.record_command("run_tests", measured.argv, measured.result, measured.report)
    return desk.redact(_told(desk, selection, measured, evidence))


async def _selection(desk: Desk, which: str | Sequence[str]) -> Selection:
    suite = desk.profile.suite
    if which == "all" or suite is None or suite.runner == "command":
        return Selection(None, "all tests")
    if which != "impacted":
        return asked_for(which if not isinstance(which, str) else [which])
    changed, paths = await desk.changed_paths(), await desk.list_paths()
    files = await anyio.to_thread.run_sync(reached, desk.root, paths, changed)
    if files is None:
        return Selection(None, "all tests, because it cannot be told which the changes reach")
    known = [test for test in (*desk.passing, *desk.failing) if file_of(test, files)]
    new = [path for path in files if path in paths and suite.runner == "pytest" and _holds_tests(path)]
    only = tuple(dict.fromkeys((*known, *new, *desk.failing)))
    if not only:
        return Selection(None, "all tests, because no test imports what was changed")
    return Selection(only, "the tests that the changes reach")


def _holds_tests(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


@dataclass(frozen=True, slots=True)
class _Told:
    """The tests of a run by what the base says of them."""

    newly_failing: tuple[str, ...]
    still_failing: tuple[str, ...]
    now_passing: tuple[str, ...]
    new: tuple[str, ...]


def _compared(desk: Desk, selection: Selection, report: SuiteReport) -> _Told:
    ran = {stable(outcome.test_id) for outcome in report.outcomes}
    passing, failing = (
        tuple(test for test in tests if selection.holds(test) or stable(test) in ran) for tests in (desk.passing, desk.failing)
    )
    verdict = compare(report, passing=passing, failing=failing)
    cured = tuple(test for test in failing if test not in verdict.still_failing)
    known = {stable(test) for test in (*desk.passing, *desk.failing)}
    passed = tuple(outcome.test_id for outcome in report.outcomes if outcome.outcome == "passed")
    new = tuple(test for test in passed if stable(test) not in known)
    return _Told(verdict.broken, verdict.still_failing, cured, new)


def _told(desk: Desk, selection: Selection, measured: Measurement, evidence: str) -> str:
    report, counts = measured.report, measured.report.counts
    told = _compared(desk, selection, report)
    messages = {stable(outcome.test_id): outcome.message for outcome in report.outcomes}
    head = (
        f"Ran {selection.name} in {measured.result.duration_s:.1f} s: {counts.passed} passed, {counts.failed} failed, "
        f"{counts.errors} errors, {counts.skipped} skipped [{evidence}]"
    )
    unfinished = "" if report.complete else "The run did not come to its end: what is not named below is not known."
    nothing = "No test ran: check the names." if not report.outcomes else ""
    said: dict[str, str] = {}
    lists = (
        _listed("Newly failing (passed before your changes, or are new)", told.newly_failing, messages, said),
        _listed("Still failing, as before your changes", told.still_failing, messages, said),
        _listed("Now passing, failed before your changes", told.now_passing, {}, {}),
        _listed("Now passing, new or skipped before your changes", told.new, {}, {}),
    )
    good = "Nothing fails." if report.outcomes and report.complete and not (told.newly_failing or told.still_failing) else ""
    return "\n".join(part for part in (head, unfinished, nothing, *lists, good) if part)


def _listed(title: str, tests: Sequence[str], messages: Mapping[str, str], told: dict[str, str]) -> str:
    """Return tests with what they say. `told` holds which test has said an error already: no other says it again."""
    if not tests:
        return ""
    rows = [f"{title}: {len(tests)}"]
    for test in tests[: 4 * MOST_SHOWN]:
        message = readable(messages.get(stable(test), "it did not run")).strip() if messages else ""
        first = told.get(error_of(message)) if "\n" in message else None
        rows.append(f"- {test}" + (f": as {first}" if first else ""))
        if first is None and message and len(told) < MOST_SHOWN:
            told[error_of(message)] = test
            rows.extend(f"    {line}" for line in head_and_tail(message, MESSAGE_CHARACTERS).split("\n") if line)
    rest = len(tests) - 4 * MOST_SHOWN
    return "\n".join([*rows, f"  and {rest} more"] if rest > 0 else rows)
