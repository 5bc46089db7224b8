"""What changes when a run goes on: its limits, a choice that it waited for, the mind that does the work."""

from decimal import Decimal

import pytest

from codecompanion.domain.candidates import Rival
from codecompanion.domain.commands import Command, ForkRun, PauseRun, Record, ResumeRun, StartRun
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import ApprovalGiven, ApprovalRequested, RunResumed, Snapshotted, TournamentStarted
from codecompanion.domain.ledgers import TaskStatus
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.state import Running
from codecompanion.domain.team import AUTO
from codecompanion.domain.workflow import decide
from histories import REQUEST, STRAIGHT, fold, history

READY, WORKING, PATCHED_TREE = STRAIGHT[:7], STRAIGHT[:9], STRAIGHT[:10]
TREE = Snapshotted(label="base", tree="a" * 40, commit="c" * 40)
ASKED = Record(ApprovalRequested(subject="conflict:1", reason="they clash", waits=True, options=("mine", "theirs")))


def running(*commands: Command) -> Running:
    state = fold(history(commands))
    assert isinstance(state, Running)
    return state


def fork(model: str) -> ForkRun:
    return ForkRun("run-0", 3, "f" * 64, model)


def test_new_limits_are_recorded_and_hold() -> None:
    resume = ResumeRun(max_budget_usd=Decimal(3), timeout_s=9)
    assert decide(running(*READY), resume) == [RunResumed(max_budget_usd=Decimal(3), timeout_s=9)]
    resumed = running(*READY, PauseRun("x"), resume)
    assert (resumed.paused, resumed.request.max_budget_usd, resumed.request.timeout_s) == (False, Decimal(3), 9)
    assert running(*READY, resume, ResumeRun()).request == resumed.request


@pytest.mark.parametrize("choice", ["mine", ""])
def test_a_choice_that_was_offered_is_an_approval_and_ends_the_wait(choice: str) -> None:
    state = running(*READY, ASKED)
    given = ApprovalGiven(subject="conflict:1", approved=True, by="user", choice=choice)
    assert decide(state, ResumeRun(choice=choice)) == [RunResumed(), given]
    after = running(*READY, ASKED, ResumeRun(choice=choice))
    assert (after.awaiting, after.options) == (None, ())


@pytest.mark.parametrize(
    ("commands", "why"),
    [((*READY, ASKED), "the run waits for one of mine, theirs"), (READY, "the run waits for no choice")],
)
def test_a_choice_that_was_not_offered_is_refused_with_those_that_were(commands: tuple[Command, ...], why: str) -> None:
    with pytest.raises(CommandRefused, match="'both' cannot be chosen") as refused:
        decide(running(*commands), ResumeRun(choice="both"))
    assert refused.value.cause == why


def test_an_approved_plan_is_carried_out_in_the_ordinary_mode() -> None:
    start = StartRun(REQUEST.model_copy(update={"permission_mode": PermissionMode.PLAN}))
    after = running(start, *READY[1:], ASKED, ResumeRun())
    assert after.request.permission_mode is PermissionMode.DEFAULT


def test_a_fork_to_another_model_does_anew_what_that_model_did_not_begin() -> None:
    after = running(*WORKING, fork("openai:a"))
    assert (after.request.model, after.request.builtin_first, after.takeovers) == ("openai:a", False, 1)
    assert [entry.status for entry in after.progress.items] == [TaskStatus.PENDING]


def test_what_made_its_tree_already_is_kept_in_a_fork_to_another_model() -> None:
    after = running(*PATCHED_TREE, fork("openai:a"))
    assert [entry.status for entry in after.progress.items] == [TaskStatus.IN_PROGRESS]


def test_a_fork_to_the_same_model_takes_nothing_over() -> None:
    before, after = running(*WORKING), running(*WORKING, fork(REQUEST.model))
    assert (after.takeovers, after.progress) == (0, before.progress)


@pytest.mark.parametrize(("model", "first"), [(AUTO, True), ("openai:a", False)])
def test_only_a_router_lets_the_builtin_mind_go_first_after_a_takeover(model: str, *, first: bool) -> None:
    start = StartRun(REQUEST.model_copy(update={"model": "openai:b", "builtin_first": True}))
    assert running(start, *READY[1:], PauseRun("x"), fork(model)).request.builtin_first is first


def test_a_fork_to_another_model_ends_a_tournament_that_is_not_decided() -> None:
    rivals = (Rival(candidate="repair.c1", model="a"), Rival(candidate="repair.c2", model="b"))
    began = TournamentStarted(task_id="repair", attempt=1, base=TREE, candidates=rivals)
    assert running(*WORKING, Record(began)).contest is not None
    assert running(*WORKING, Record(began), fork("openai:a")).contest is None


@pytest.mark.parametrize(("approved", "paths"), [(True, ("docs/a.md", "b.py")), (False, ())])
def test_paths_outside_of_the_scope_are_let_be_changed_by_who_says_so(*, approved: bool, paths: tuple[str, ...]) -> None:
    first = ApprovalGiven(subject="scope", approved=approved, by="user", paths=("docs/a.md",))
    state = running(*WORKING, Record(first), Record(first.model_copy(update={"paths": ("b.py",)})))
    assert (state.approved, state.awaiting) == (paths, None)


def test_who_says_no_ends_no_wait() -> None:
    refused = Record(ApprovalGiven(subject="conflict:1", approved=False, by="nobody"))
    assert running(*READY, ASKED, refused).awaiting == "conflict:1"
