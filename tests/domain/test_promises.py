"""The judge of logs: it is silent about sound ones and names what is broken."""

from decimal import Decimal

import pytest

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    Fact,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    RunClaimed,
    RunCompleted,
    RunForked,
    RunPaused,
    RunReleased,
    RunResumed,
    Snapshotted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TeamCalled,
    ToolCompleted,
    ToolIntended,
)
from codecompanion.domain.promises import broken_promises
from codecompanion.domain.team import Role
from histories import APPLIED, BASE, CHAT, CHECKED, DELIVERED, PROFILE, QUEUED, REQUEST, STRAIGHT, history
from run_facts import events
from team_facts import TEAM_FACTS

END = RunCompleted(status="verified", exit_code=0, summary="done")
FIRST, SECOND = RunClaimed(worker="w1", number=1), RunClaimed(worker="w2", number=2)
FORKED = RunForked(parent="p", at_version=3, parent_hash="0" * 64, model="m")
BEGUN = TaskStarted(task_id="t", worker="w", attempt=1)
CALLED = TeamCalled(reason="x", tree=Snapshotted(label="base", tree="a" * 40, commit="c" * 40))
CHECKS = CHECKED.model_copy(update={"task_id": "t"})
RAISED = RunResumed(max_budget_usd=Decimal(2))
(TOOL,) = (fact for fact in TEAM_FACTS if isinstance(fact, ToolCompleted))
LIMITED = REQUEST.model_copy(update={"max_budget_usd": Decimal("1.00")})


def sent(number: int, worst: str) -> ModelCallReserved:
    return ModelCallReserved(
        call=f"c{number}", send=1, task_id="t", attempt=1, role=Role.REVIEWER, model="m", request_hash="h",
        prompt_sha256="1" * 64, input_tokens=1, worst_usd=worst,
    )  # fmt: skip


def answered(number: int, cost: str) -> ModelCallCompleted:
    return ModelCallCompleted(
        call=f"c{number}", sends=1, task_id="t", role=Role.REVIEWER, model="m", request_hash="h", response_sha256="2" * 64,
        input_tokens=1, output_tokens=1, cost_usd=cost, price_version="v", duration_s=1.0,
    )  # fmt: skip


def failed(number: int, cost: str) -> ModelCallFailed:
    return ModelCallFailed(call=f"c{number}", send=1, role=Role.REVIEWER, model="m", category="server", what="x", cost_usd=cost)


def marked(*facts: tuple[Fact, str]) -> list[Event]:
    """Return facts as events, each by an actor."""
    recorded = events(fact for fact, _ in facts)
    return [event._replace(actor=actor) for event, (_, actor) in zip(recorded, facts, strict=True)]


def test_a_straight_run_keeps_every_promise() -> None:
    assert broken_promises(events(history(STRAIGHT))) == []
    queued = marked(
        (REQUEST, "user"), (QUEUED, "user"), (FIRST, "worker"), (BASE, "engine#1"), (SECOND, "worker"), (END, "o#2")
    )
    assert broken_promises(queued) == []


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ([REQUEST, END, BASE], "TreeSnapshotted: it follows the end of the run"),
        ([REQUEST, REQUEST], "start is recorded twice"),
        ([REQUEST, ToolIntended(key="k", tool="t"), ToolIntended(key="k", tool="t")], "intent k is recorded twice"),
        ([REQUEST, sent(1, "0.1"), sent(1, "0.1")], "request c1 1 is recorded twice"),
        ([REQUEST, answered(1, "0"), answered(1, "0")], "ModelCallCompleted: the answer c1 is recorded twice"),
        ([REQUEST, TOOL, TOOL], "ToolCompleted: the tool agent:code:1:4 is recorded twice"),
        ([REQUEST, DELIVERED, DELIVERED], "branch is recorded twice"),
        ([REQUEST, TaskStarted(task_id="t", worker="w", attempt=2)], "attempt 2 of t follows 0"),
        ([REQUEST, TaskCompleted(task_id="t", attempt=1)], "which is at 0"),
        ([REQUEST, SECOND], "claim 2 follows claim 0"),
        ([REQUEST, BEGUN, CALLED, BEGUN, TaskFailed(task_id="t", attempt=2, reason="x", final=True)], "which is at 1"),
        ([REQUEST, BEGUN, CHECKS.model_copy(update={"attempt": 2})], "it is of attempt 2 of t, which is at 1"),
        ([REQUEST, FIRST, SECOND, FORKED, SECOND], "claim 2 follows claim 0"),
        ([LIMITED, sent(1, "0.9"), sent(2, "0.9"), sent(3, "0.1")], "$1.8 were spent or set aside of $1.00"),
        ([LIMITED, sent(1, "0.9"), failed(1, "0.6"), sent(2, "0.9"), failed(2, "0.6"), sent(3, "0")], "$1.2 were spent"),
        ([LIMITED, RAISED, sent(1, "1.5"), sent(2, "1.5"), sent(3, "0")], "$3.0 were spent or set aside of $2"),
    ],
    ids=[
        *(
            "end",
            "start",
            "intent",
            "request",
            "answer",
            "tool",
            "branch",
            "attempt",
            "late",
            "claim",
            "after a call of the team",
        ),
        *("checks", "claim of a fork", "budget", "cost of failures", "raised budget"),
    ],
)
def test_what_is_broken_is_named(facts: list[Fact], what: str) -> None:
    [broken] = broken_promises(events(facts))
    assert what in broken.what
    assert broken.version == len(facts)


@pytest.mark.parametrize(
    "facts",
    [
        [CHAT, DELIVERED, DELIVERED],
        [REQUEST, BEGUN, CALLED, BEGUN],
        [REQUEST, BEGUN, BEGUN.model_copy(update={"attempt": 2})],
        [REQUEST, BEGUN, CHECKS.model_copy(update={"task_id": "t.c2", "attempt": 7})],
        [REQUEST, QUEUED, FIRST, FORKED, BASE],
        [REQUEST, FIRST, SECOND, FORKED, FIRST],
        [LIMITED, RAISED, sent(1, "0.9"), sent(2, "0.9"), sent(3, "0")],
        [LIMITED, RunResumed(), sent(1, "0.9")],
        [LIMITED, sent(1, "0.5"), sent(2, "0.5"), sent(3, "0")],
        [LIMITED, *(sent(n, "0").model_copy(update={"worst_usd": None}) for n in (1, 2, 3))],
        [LIMITED, sent(1, "0"), answered(1, "0").model_copy(update={"cost_usd": None}), sent(2, "0.5"), sent(3, "0.5")],
        [LIMITED, sent(1, "0.9"), sent(2, "0.9"), FORKED, sent(3, "0.1")],
        [LIMITED, sent(1, "0.9"), answered(1, "0.9"), FORKED, sent(2, "0.9"), sent(3, "0.1")],
    ],
    ids=[
        *(
            "branches of a chat",
            "tasks of a team that was called",
            "a second attempt",
            "checks of a candidate",
            "a fork is of no worker",
        ),
        *(
            "claims of a fork",
            "a raised budget",
            "the budget as it was",
            "a budget that is used up",
            "no price",
            "no cost",
            "what a fork did not reserve",
            "nor spend",
        ),
    ],
)
def test_what_may_be_breaks_no_promise(facts: list[Fact]) -> None:
    assert broken_promises(events(facts)) == []


def test_one_call_may_exceed_the_budget_and_what_it_really_cost_counts() -> None:
    fine = [LIMITED, sent(1, "0.9"), answered(1, "0.2"), sent(2, "0.9"), answered(2, "0.2"), sent(3, "0.9")]
    assert broken_promises(events(fine)) == []
    assert broken_promises(events([REQUEST, END, APPLIED])) == []


def test_what_a_worker_writes_after_its_claim_was_lost_is_named() -> None:
    stolen = marked((REQUEST, "user"), (QUEUED, "user"), (FIRST, "w"), (SECOND, "w"), (BASE, "engine#1"))
    assert "under claim 1, which was lost" in broken_promises(stolen)[0].what
    let_go = marked((REQUEST, "u"), (QUEUED, "u"), (FIRST, "w"), (RunReleased(number=1, reason="x"), "w#1"), (PROFILE, "e#1"))
    assert "under claim 1, which was lost" in broken_promises(let_go)[0].what
    without = marked((REQUEST, "user"), (QUEUED, "user"), (FIRST, "w"), (BASE, "engine"))
    assert broken_promises(without)[0].what == "TreeSnapshotted: it was recorded without a claim"


def test_people_may_act_on_a_run_of_the_workers_and_whoever_has_the_newest_claim() -> None:
    paused = (RunPaused(reason="x"), "user")
    acted = marked((REQUEST, "user"), (QUEUED, "user"), (FIRST, "w"), (BASE, "engine#of#1"), paused, (RunResumed(), "user"))
    assert broken_promises(acted) == []
    after_a_pause = marked((REQUEST, "user"), (QUEUED, "user"), (FIRST, "w"), paused, (BASE, "engine#1"))
    assert [broken.what for broken in broken_promises(after_a_pause)] == [
        "TreeSnapshotted: it was recorded under claim 1, which was lost"
    ]


def test_gaps_and_copies_are_named() -> None:
    first, second, third = events([REQUEST, BASE, PROFILE])
    assert broken_promises([first, third])[0].what == "RepoProfiled: it stands where 2 should"
    assert broken_promises([first, second, second._replace(version=3)])[0].what == "TreeSnapshotted: it is stored twice"
