"""What a run remembers of each fact."""

from functools import reduce

import pytest

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.commands import Command, Record, StartRun
from codecompanion.domain.events import (
    BroughtFile,
    Fact,
    IgnoredFilesBrought,
    PatchUndone,
    RunCancelled,
    RunClaimed,
    RunCompleted,
    RunReleased,
    Snapshotted,
    TaskFailed,
    TeamCalled,
    ToolIntended,
)
from codecompanion.domain.ledgers import ProgressLedger, TaskStatus
from codecompanion.domain.state import Ended, Measured, Running, progress_of
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.workflow import evolve
from histories import (
    APPLIED,
    BASE,
    DELIVERED,
    EXECUTED,
    FAILURE,
    INSPECTED,
    MEASURED,
    PACKED,
    PATCH,
    PROFILE,
    QUEUED,
    REQUEST,
    REVALIDATED,
    SEARCHED,
    STRAIGHT,
    USERS_FILES,
    fold,
    history,
)

BROUGHT = IgnoredFilesBrought(commit="c" * 40, files=(BroughtFile(path="src/version.py", blob="b" * 40, size=9),))
REPORT = PATCH.model_copy(update={"artifact_type": ArtifactType.EVAL_REPORT})
SPEC = PATCH.model_copy(update={"artifact_type": ArtifactType.SPEC_DOC})
MERGED = APPLIED.model_copy(update={"merged": True})


def after(*commands: Command, then: tuple[Fact, ...] = ()) -> Running:
    state = reduce(evolve, then, fold(history(commands)))
    assert isinstance(state, Running)
    return state


@pytest.mark.parametrize(
    ("facts", "name", "value"),
    [
        ((BROUGHT,), "brought", BROUGHT),
        ((PROFILE,), "profile", PROFILE.profile),
        ((MEASURED,), "measured", Measured(counts=MEASURED.counts, failing=MEASURED.failing, flaky=())),
        ((INSPECTED,), "findings", 2),
        ((SEARCHED,), "plausible", 2),
        (
            (SPEC, PATCH, REPORT, PATCH),
            "artifacts",
            tuple(sorted((PATCH.artifact_type, REPORT.artifact_type, SPEC.artifact_type))),
        ),
        ((USERS_FILES,), "users_files", USERS_FILES),
        ((REVALIDATED,), "holds", True),
        ((REVALIDATED.model_copy(update={"passed": False}),), "holds", False),
        ((DELIVERED,), "branch", DELIVERED.branch),
        ((APPLIED,), "applied", ("shop.py",)),
        ((APPLIED,), "applied_merged", False),
        ((MERGED,), "applied_merged", True),
        ((APPLIED, PatchUndone(paths=("shop.py",))), "applied", None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fact_is_remembered_under_its_name(facts: tuple[Fact, ...], name: str, value: object) -> None:
    before = after(StartRun(REQUEST))
    now = reduce(evolve, facts, before)
    assert getattr(now, name) == value
    others = {one: getattr(before, one) for one in (name, "applied", "applied_merged")}
    assert now.model_copy(update=others) == before, "nothing else changes"


@pytest.mark.parametrize("fact", [EXECUTED, PACKED, ToolIntended(key="k", tool="t")], ids=lambda fact: type(fact).__name__)
def test_what_no_decision_needs_is_not_remembered(fact: Fact) -> None:
    state = after(*STRAIGHT[:9])
    assert evolve(state, fact) == state


@pytest.mark.parametrize(("final", "status"), [(True, TaskStatus.FAILED), (False, TaskStatus.PENDING)])
def test_a_task_that_failed_is_over_or_waits_for_its_next_attempt(*, final: bool, status: TaskStatus) -> None:
    failed = TaskFailed(task_id="repair", attempt=1, reason="no", final=final)
    entry = progress_of(after(*STRAIGHT[:9], then=(failed,)), "repair")
    assert (entry.status, entry.attempt, entry.reason) == (status, 1, "no")


def test_a_team_that_is_called_begins_anew_on_the_files_that_it_is_given() -> None:
    start = StartRun(REQUEST.model_copy(update={"model": "openai:a", "builtin_first": True}))
    tree = Snapshotted(label="base", tree=BASE.tree, commit=BASE.commit)
    before = after(start, *STRAIGHT[1:11])
    assert None not in (before.plan, before.plausible, before.proof)
    called = after(start, *STRAIGHT[1:11], then=(TeamCalled(reason="nothing was found", tree=tree),))
    assert (called.plan, called.plausible, called.proof, called.progress) == (None, None, None, ProgressLedger())
    assert (called.called, called.head, called.base, called.measured) == (True, tree, before.base, before.measured)
    assert called.with_agents


def test_the_work_of_a_tidying_is_the_sum_of_what_its_tools_found() -> None:
    lint = StartRun(REQUEST.model_copy(update={"kind": WorkKind.LINT}))
    found = INSPECTED.model_copy(update={"findings": {"F401": 2, "F821": 3}})
    assert after(lint, Record(BASE), Record(found)).findings == 5


ENDS = [
    (RunCompleted(status="partial", exit_code=3, summary="x"), "partial", 3),
    (FAILURE, "error", 6),
    (RunCancelled(reason="x"), "cancelled", 1),
]


@pytest.mark.parametrize(("end", "outcome", "exit_code"), ENDS, ids=lambda value: value if isinstance(value, str) else None)
def test_a_run_ends_once_and_what_workers_do_after_it_changes_nothing(end: Fact, outcome: str, exit_code: int) -> None:
    before = after(*STRAIGHT[:14])
    ended = evolve(before, end)
    assert isinstance(ended, Ended)
    assert (ended.run, ended.outcome, ended.exit_code) == (before, outcome, exit_code)
    later = [one for one, *_ in ENDS]
    workers = [QUEUED, RunClaimed(worker="w1", number=1), RunReleased(number=1, reason="x")]
    assert reduce(evolve, [*later, *workers], ended) == ended
