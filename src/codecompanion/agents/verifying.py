"""Measures what an agent changed: by the project's own tests, beside the base, and by what was done to those tests."""

from collections.abc import Callable, Iterable
from pathlib import Path

from codecompanion.agents.integrity import earlier_writers, examined
from codecompanion.agents.sending_back import role_of
from codecompanion.domain.artifacts import ScopeContract
from codecompanion.domain.chat import is_chat
from codecompanion.domain.checks import SuiteReport, stable
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.comparison import Verdict
from codecompanion.domain.events import (
    ChecksCompleted,
    ConflictFound,
    ConflictResolved,
    IntegrityExamined,
    PatchRevalidated,
    Snapshotted,
    TestsSeparated,
    decode,
)
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.scope import allows, needs_a_person
from codecompanion.domain.state import Running, progress_of
from codecompanion.domain.steps import VerifyTree
from codecompanion.domain.team import WRITERS, Role
from codecompanion.execution.measuring import judge, report_of_base
from codecompanion.execution.reporting import file_changes
from codecompanion.execution.revalidating import see_users_files
from codecompanion.execution.tolerating import measure_tolerantly
from codecompanion.execution.toolbox import Toolbox

PROVES_NOTHING = "no new test fails on the unchanged code, so the tests prove nothing"


def may_touch(scope: ScopeContract) -> Callable[[str], str | None]:
    """Return what says why a path may not be changed."""

    def why_not(path: str) -> str | None:
        if why := needs_a_person(path):
            return why
        return None if allows(scope, path) else f"the agreed scope does not allow it ({', '.join(scope.allowed)})"

    return why_not


async def verify_change(tools: Toolbox, state: Running, step: VerifyTree) -> ChecksCompleted:
    """Run the whole suite on the changed tree in a clean process, and record and return what it proves."""
    assert state.head is not None
    assert state.measured is not None
    entry = progress_of(state, step.task_id)
    attempt = f"{step.task_id}:{step.attempt}"
    tests = await measure_tolerantly(tools, state, state.head, f"verify:{attempt}")
    base = await report_of_base(tools) or SuiteReport()
    report = tests.report if tests else SuiteReport()
    new_tests = _new_tests(base, report)
    verdict = judge(base, state, report)
    faults: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    if entry.item.role == Role.TEST_WRITER:
        without_code, more = await _without_the_code(tools, state, step)
        seen = without_code or report
        verdict, faults = _of_new_tests(verdict, new_tests, _new_tests(base, seen), seen)
    elif _others_follow(state, entry):
        verdict = _while_unfinished(verdict, await _open_tests(tools, state), base)
    evidence = tests.evidence if tests else await _what_was_said(tools, state, attempt)
    integrity = await examined(tools, state, step, base, report)
    checks = ChecksCompleted(
        task_id=step.task_id,
        attempt=step.attempt,
        tree=state.head.tree,
        counts=report.counts,
        broken=verdict.broken,
        still_failing=verdict.still_failing,
        flaky=report.flaky,
        new_findings=faults,
        new_tests=new_tests,
        integrity=integrity.blocking,
        passed=report.complete and not (verdict.broken or verdict.still_failing or faults or integrity.blocking),
        evidence=(*evidence, *more),
    )
    if integrity.contradictions:
        await _resolve_contradiction(tools, state, step, integrity, checks)
    await tools.journal.derive(f"checked:{attempt}", Record(checks))
    return checks


async def _resolve_contradiction(
    tools: Toolbox, state: Running, step: VerifyTree, found: IntegrityExamined, checks: ChecksCompleted
) -> None:
    """Record that a task takes away what an earlier one made, and what the tests say of that: they decide it."""
    attempt = f"{step.task_id}:{step.attempt}"
    between = (*(one.item.item_id for one in earlier_writers(state, step.task_id)), step.task_id)
    conflict = ConflictFound(
        task_id=step.task_id, attempt=step.attempt, kind="contract", between=between, what=found.contradictions
    )
    await tools.journal.derive(f"conflict:{attempt}", Record(conflict))
    reason = "the checks pass without what was taken away" if checks.passed else "the checks refute the change"
    resolved = ConflictResolved(
        task_id=step.task_id,
        attempt=step.attempt,
        between=between,
        by="tests" if checks.passed else "nothing",
        taken=step.task_id if checks.passed else "",
        reason=reason,
    )
    await tools.journal.derive(f"resolved:{attempt}", Record(resolved))


async def _without_the_code(tools: Toolbox, state: Running, step: VerifyTree) -> tuple[SuiteReport | None, tuple[str, ...]]:
    """Return what the tests say when the code that came after them is taken away, with the evidence; None when none came.

    A review sends tests back when the code is there: that they pass with it proves nothing.
    """
    assert state.base is not None
    assert state.head is not None
    base, head, attempt = state.base, state.head, f"{step.task_id}:{step.attempt}"
    if not any(one.attempt and one.item.role in WRITERS - {Role.TEST_WRITER} for one in state.progress.items):
        return None, ()

    async def effect() -> Command:
        repo = Path(state.request.repo)
        diff = await tools.workspace.diff(repo, base.commit, head.commit)
        tests = frozenset(one.path for one in file_changes(diff) if role_of(one.path) is Role.TEST_WRITER)
        version = f"tests-{step.task_id}-{step.attempt}"
        tree = await tools.workspace.combine(
            tools.run_id, repo, version=version, base=base.commit, head=head.commit, paths=tests
        )
        return Record(TestsSeparated(tree=tree.tree, commit=tree.commit))

    events = await tools.journal.once(f"separated:{attempt}", effect)
    separated = decode(events[0])
    assert isinstance(separated, TestsSeparated)
    tree = Snapshotted(label=f"tests:{attempt}", tree=separated.tree, commit=separated.commit)
    tests = await measure_tolerantly(tools, state, tree, f"without-code:{attempt}")
    return (SuiteReport(), ()) if tests is None else (tests.report, tests.evidence)


async def revalidate_tolerantly(tools: Toolbox, state: Running) -> None:
    """Try the change on the user's own files when they are not the base; without tests nothing can be said against it."""
    seen = await see_users_files(tools, state)
    if seen.merged is None:
        return
    tests = await measure_tolerantly(tools, state, seen.merged, "revalidate")
    report = tests.report if tests else SuiteReport()
    verdict = judge(await report_of_base(tools) or SuiteReport(), state, report)
    conclusion = PatchRevalidated(
        counts=report.counts,
        failing=(*verdict.broken, *verdict.still_failing),
        passed=verdict.passed,
        evidence=tests.evidence if tests else tuple(event.event_id for event in await tools.journal.recall("users-files")),
    )
    await tools.journal.derive("revalidated", Record(conclusion))


def _new_tests(base: SuiteReport, report: SuiteReport) -> tuple[str, ...]:
    known = {stable(outcome.test_id) for outcome in base.outcomes}
    return tuple(outcome.test_id for outcome in report.outcomes if stable(outcome.test_id) not in known)


def _of_new_tests(
    verdict: Verdict, new_tests: tuple[str, ...], without_code: tuple[str, ...], report: SuiteReport
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a test writer: what passed must still pass, and new tests must fail where the code is not there."""
    failing = frozenset(report.failing)
    lost = tuple(test_id for test_id in verdict.broken if test_id not in new_tests)
    proves = any(test_id in failing for test_id in without_code)
    return Verdict(lost, (), not lost and proves), () if proves else (PROVES_NOTHING,)


def _while_unfinished(verdict: Verdict, open_tests: Iterable[str], base: SuiteReport) -> Verdict:
    """Judge a writer with others after it: new tests that wait for the whole change may go on to fail, no test of the base."""
    files = {test_id.partition("::")[0] for test_id in open_tests}
    passed_before = frozenset(map(stable, base.passing))
    broken = tuple(t for t in verdict.broken if t.partition("::")[0] not in files or stable(t) in passed_before)
    return Verdict(broken, (), not broken)


def _others_follow(state: Running, entry: ItemProgress) -> bool:
    """Whether writers after this one still have to work: a review may send back one in the middle alone."""
    after = state.progress.items[state.progress.items.index(entry) + 1 :]
    return any(one.item.role in WRITERS and one.status is not TaskStatus.COMPLETED for one in after)


async def _open_tests(tools: Toolbox, state: Running) -> tuple[str, ...]:
    found: list[str] = []
    for one in state.progress.items:
        if one.item.role == Role.TEST_WRITER and one.attempt:
            events = await tools.journal.recall(f"checked:{one.item.item_id}:{one.attempt}")
            found += [t for fact in map(decode, events) if isinstance(fact, ChecksCompleted) for t in fact.new_tests]
    return tuple(found)


async def _what_was_said(tools: Toolbox, state: Running, attempt: str) -> tuple[str, ...]:
    """Return what shows a change that no test can: the handoff of it, or what a chat's agent says of it."""
    key = f"said:{attempt.partition(':')[0]}" if is_chat(state) else f"handoff:{attempt}"
    return tuple(event.event_id for event in await tools.journal.recall(key))
