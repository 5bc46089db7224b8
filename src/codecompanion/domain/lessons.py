"""What each type of fact teaches: a table, so that a new fact needs one function and one line.

A function is given what the run recorded before and the fact, and says what is worth knowing in a later run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.errors import BUG_CODE, EnvironmentBroken
from codecompanion.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    ArtifactProduced,
    BaseMeasured,
    ChecksCompleted,
    CommandExecuted,
    Fact,
    PatchRevalidated,
    PatchUndone,
    ReviewCompleted,
    RunFailed,
    SearchCompleted,
    TaskCompleted,
    TaskFailed,
    UsersFilesSeen,
)
from codecompanion.domain.past import (
    Past,
    command_of_tests,
    failing,
    findings_of,
    is_latest,
    mended,
    place_of,
    role_of,
    some,
    summary_of,
    suspected,
    template_of,
    title_of,
)
from codecompanion.domain.team import Role

MemoryKind = Literal["decision", "failure", "cure", "command", "review"]
"""A choice and why; what went wrong; what mended it; what can be run and works; what a reviewer or the user held against it."""

MOST_FLAKY = 20
MOST_FINDINGS = 10
MEASURE_BASE = "measure:base"
"""The purpose of the command that runs the whole suite before anything is changed."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something worth knowing. `detail` may change from run to run without making it another lesson; `tags` help to find it."""

    kind: MemoryKind
    text: str
    detail: str = ""
    tags: tuple[str, ...] = ()


def _measured(past: Past, fact: BaseMeasured) -> Iterator[Lesson]:
    yield from _flaky(fact.flaky)
    counts = fact.counts
    tests = counts.passed + counts.failed + counts.errors + counts.skipped + counts.flaky
    command, executed = command_of_tests(past), past.last(CommandExecuted, lambda run: run.purpose == MEASURE_BASE)
    if tests and command and executed is not None:
        count = f"{tests} {'test' if tests == 1 else 'tests'}"
        yield Lesson("command", f"`{command}` runs the tests", f"{count}, {executed.duration_s:.1f} s", ("tests",))


def _executed(past: Past, fact: CommandExecuted) -> Iterator[Lesson]:
    command = command_of_tests(past)
    if fact.purpose == MEASURE_BASE and fact.exit_code is None and command:
        yield Lesson("failure", f"`{command}` did not end in time", f"stopped after {fact.duration_s:.0f} s", ("tests",))


def _searched(_past: Past, fact: SearchCompleted) -> Iterator[Lesson]:
    yield from _flaky(fact.flaky)


def _checked(past: Past, fact: ChecksCompleted) -> Iterator[Lesson]:
    yield from _flaky(fact.flaky)
    if fact.passed:
        return
    against = [
        *([f"broke {some(fact.broken)}"] if fact.broken else []),
        *([f"left {some(fact.still_failing)} failing"] if fact.still_failing else []),
        *([f"brought {some(fact.new_findings)}"] if fact.new_findings else []),
        *([f"made the tests say less ({some(fact.integrity)})"] if fact.integrity else []),
    ]
    template = template_of(past, fact.task_id, fact.attempt)
    what = f"an edit of the kind '{template}'" if template else f"attempt {fact.attempt} at {title_of(past, fact.task_id)}"
    held = "; ".join(against) or "the suite did not run to its end"
    yield Lesson("failure", f"the whole suite refuted {what}: {held}", tags=_tags(template, "refuted"))


def _produced(past: Past, fact: ArtifactProduced) -> Iterator[Lesson]:
    completed = past.last(TaskCompleted, lambda done: done.task_id == fact.task_id)
    # A task that was sent back is worked on anew: what it makes then is not yet a cure.
    if _is_patch(fact) and completed is not None and is_latest(past, completed):
        yield from _cure(past, fact, completed)


def _completed(past: Past, fact: TaskCompleted) -> Iterator[Lesson]:
    patch = past.last(ArtifactProduced, lambda made: _is_patch(made) and made.task_id == fact.task_id)
    if patch is not None:
        yield from _cure(past, patch, fact)


def _cure(past: Past, patch: ArtifactProduced, completed: TaskCompleted) -> Iterator[Lesson]:
    task_id = completed.task_id
    if role_of(past, task_id) != Role.TEST_WRITER:  # a test shows what is wrong and mends nothing
        text = f"{patch.title}{place_of(past, patch)}{summary_of(past, task_id)}{mended(past, task_id)}"
        yield Lesson("cure", text, findings_of(past), _tags(template_of(past, task_id, completed.attempt)))


def _reviewed(_past: Past, fact: ReviewCompleted) -> Iterator[Lesson]:
    for finding in fact.findings[:MOST_FINDINGS]:
        yield Lesson("review", f"a reviewer found: {finding}", tags=("accepted" if fact.accepted else "sent back",))


def _decided(past: Past, fact: ApprovalGiven) -> Iterator[Lesson]:
    request = past.last(ApprovalRequested, lambda asked: asked.subject == fact.subject)
    # That a plan was approved says nothing to a later run: it has a plan of its own.
    if request is not None and not request.waits and fact.by == "user":
        verdict = "allowed" if fact.approved else "refused"
        yield Lesson("decision", f"the user {verdict}: {request.subject} ({request.reason})", tags=(verdict,))


def _failed(past: Past, fact: TaskFailed) -> Iterator[Lesson]:
    if fact.final:
        where = suspected(past, fact.task_id)
        yield Lesson("failure", f"{title_of(past, fact.task_id)}: {fact.reason}{where}{failing(past)}", tags=("unsolved",))


def _seen(_past: Past, fact: UsersFilesSeen) -> Iterator[Lesson]:
    if fact.conflicts:
        yield Lesson(
            "failure",
            f"the change touched the same lines as the user's own edits in {some(fact.conflicts)}",
            tags=("conflict",),
        )


def _revalidated(_past: Past, fact: PatchRevalidated) -> Iterator[Lesson]:
    if not fact.passed:
        failing = f": {some(fact.failing)} failed" if fact.failing else ""
        yield Lesson("failure", f"the change held on the base, but not with the user's own edits{failing}")


def _undone(past: Past, fact: PatchUndone) -> Iterator[Lesson]:
    patch = past.last(ArtifactProduced, _is_patch)
    what = patch.title if patch else "the change"
    yield Lesson("review", f"the user took back: {what} ({some(fact.paths)})", tags=("undone",))


def _ended(_past: Past, fact: RunFailed) -> Iterator[Lesson]:
    # A fault of ours says nothing about the project, nor does what a machine lacked: it is mended, and the note would stay.
    if fact.code != BUG_CODE and fact.exit_code != EnvironmentBroken.exit_code:
        yield Lesson(
            "failure",
            "; ".join(filter(None, [fact.what, fact.cause, f"fix: {fact.fix}" if fact.fix else ""])),
            tags=(fact.code,),
        )


Teach = Callable[[Past, Any], Iterator[Lesson]]

LESSONS: Mapping[type[Fact], Teach] = {
    BaseMeasured: _measured,
    CommandExecuted: _executed,
    SearchCompleted: _searched,
    ChecksCompleted: _checked,
    ArtifactProduced: _produced,
    TaskCompleted: _completed,
    TaskFailed: _failed,
    ReviewCompleted: _reviewed,
    ApprovalGiven: _decided,
    UsersFilesSeen: _seen,
    PatchRevalidated: _revalidated,
    PatchUndone: _undone,
    RunFailed: _ended,
}
"""The facts that teach something, and what."""


def _flaky(tests: Sequence[str]) -> Iterator[Lesson]:
    for test in tests[:MOST_FLAKY]:
        yield Lesson("failure", f"the test {test} is flaky: it failed and passed on the same files", tags=("flaky",))


def _is_patch(made: ArtifactProduced) -> bool:
    return made.artifact_type is ArtifactType.CODE_PATCH


def _tags(*tags: str | None) -> tuple[str, ...]:
    return tuple(tag for tag in tags if tag)
