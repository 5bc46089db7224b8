"""Who may take a run that waits for workers, and whose conclusions count."""

import pytest

from codecompanion.domain.claiming import check_claim, takes_workers
from codecompanion.domain.commands import (
    INTERRUPTED,
    ClaimRun,
    Command,
    FailRun,
    PauseRun,
    QueueRun,
    Record,
    ReleaseRun,
    ResumeRun,
    StartRun,
)
from codecompanion.domain.errors import PARKED_CODE, ClaimLost, CommandRefused
from codecompanion.domain.events import RunClaimed, RunPaused, RunQueued, RunReleased, RunResumed, ToolCompleted, ToolIntended
from codecompanion.domain.state import Ended, InQueue, Running, State
from codecompanion.domain.workflow import decide
from histories import BASE, CHAT, EXECUTED, FAILURE, QUEUED, REQUEST, fold, history
from team_facts import TEAM_FACTS

START = StartRun(REQUEST, QUEUED)
(TOOL,) = (fact for fact in TEAM_FACTS if isinstance(fact, ToolCompleted))
FIRST, SECOND = ClaimRun("w1", 1), ClaimRun("w2", 2)


TAKEN_OVER = RunClaimed(worker="w2", number=2, took_from="w1")


def after(*asked: Command) -> State:
    return fold(history(asked))


def test_a_run_begins_in_the_queue_in_one_decision() -> None:
    assert history([START]) == [REQUEST, QUEUED]
    assert takes_workers(after(START))
    assert not takes_workers(after(StartRun(REQUEST)))


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ([FIRST], [RunClaimed(worker="w1", number=1)]),
        ([FIRST, FIRST], [RunClaimed(worker="w1", number=1)]),
        ([FIRST, SECOND], [RunClaimed(worker="w1", number=1), TAKEN_OVER]),
        ([FIRST, ClaimRun("w2", 1)], [RunClaimed(worker="w1", number=1)]),
        ([SECOND], []),
        ([FIRST, ReleaseRun(1, "x")], [RunClaimed(worker="w1", number=1), RunReleased(number=1, reason="x")]),
        ([FIRST, SECOND, ReleaseRun(1, "x")], [RunClaimed(worker="w1", number=1), TAKEN_OVER]),
        ([ReleaseRun(0, "x")], []),
    ],
    ids=["taken", "twice", "from the dead", "by the slower", "out of turn", "let go", "too late to let go", "held by nobody"],
)
def test_claims_are_counted_and_the_slower_of_two_is_refused(asked: list[Command], facts: list[object]) -> None:
    assert history([START, *asked])[2:] == facts


def test_an_interrupted_worker_leaves_its_run_to_the_next_and_a_person_pauses_it() -> None:
    assert history([START, FIRST, PauseRun(INTERRUPTED)])[-1] == RunReleased(number=1, reason=INTERRUPTED)
    assert takes_workers(after(START, FIRST, PauseRun(INTERRUPTED)))
    assert history([START, FIRST, PauseRun("paused by me")])[-1] == RunPaused(reason="paused by me")
    paused = after(START, FIRST, PauseRun("paused by me"))
    assert not takes_workers(paused)
    with pytest.raises(CommandRefused, match=r"^the run does not wait for a worker$"):
        decide(paused, SECOND)
    assert history([START, FIRST, PauseRun("x"), ResumeRun(), SECOND])[-2:] == [RunResumed(), RunClaimed(worker="w2", number=2)]


def test_only_the_newest_claim_counts() -> None:
    check_claim("r", after(START, FIRST), "w1", 1)
    for state in (
        after(START, FIRST, SECOND),
        after(START, FIRST, PauseRun("paused by me")),
        after(START, FIRST, ReleaseRun(1, "x")),
        after(START),
        after(StartRun(REQUEST)),
    ):
        with pytest.raises(ClaimLost):
            check_claim("r", state, "w1", 1)


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ([START, FIRST, SECOND], "its claim is 2 of w2"),
        ([START, FIRST, ReleaseRun(1, "x")], "its claim is 1 of nobody"),
        ([START, FIRST, FailRun(FAILURE)], "it is over"),
        ([StartRun(REQUEST)], "it is over"),
    ],
    ids=["another has it", "nobody has it", "ended", "not in the queue"],
)
def test_a_worker_is_told_what_became_of_its_run(asked: list[Command], cause: str) -> None:
    with pytest.raises(ClaimLost, match="run r is not that of claim 1 any more") as refused:
        check_claim("r", after(*asked), "w1", 1)
    assert refused.value.cause == cause


def test_a_claim_out_of_turn_is_told_how_many_there_were() -> None:
    with pytest.raises(ClaimLost, match="claim 2 of a run that has had 0"):
        decide(after(START), SECOND)


LIMITED = [ClaimRun(f"w{number}", number, most_lost=2) for number in range(1, 6)]
PARKED = (
    "2 workers in a row were lost at this run without getting it any further: something in it may kill them"
    " (memory, disk, a signal); look into their logs, then resume or cancel it"
)


def test_a_run_at_which_one_worker_after_the_other_is_lost_is_paused_for_a_person() -> None:
    first, second, third, *_ = LIMITED
    facts = history([START, first, second, third])
    assert facts[-1] == RunPaused(reason=PARKED, code=PARKED_CODE)
    state = fold(facts)
    assert isinstance(state, Running)
    assert (state.paused, state.queue) == (True, InQueue(claim=2, lost=1, parked=True))
    with pytest.raises(CommandRefused, match=r"^the run does not wait for a worker$"):
        decide(state, third)
    resumed = fold([*facts, RunResumed()])
    assert isinstance(resumed, Running)
    assert resumed.queue == InQueue(claim=2)


def test_a_run_that_its_worker_lets_go_is_not_parked() -> None:
    released = after(START, FIRST, ReleaseRun(1, "told to stop"))
    assert isinstance(released, Running)
    assert released.queue == InQueue(claim=1)


def test_a_person_lets_a_run_go_on_with_the_count_anew() -> None:
    first, second, third, fourth, fifth = LIMITED
    resumed = [START, first, second, third, ResumeRun(), ClaimRun("w3", 3, 2), ClaimRun("w4", 4, 2)]
    assert history(resumed)[-1] == RunClaimed(worker="w4", number=4, took_from="w3")
    assert isinstance(history([*resumed, fifth])[-1], RunPaused)
    assert fourth.number == 4


@pytest.mark.parametrize(
    ("between", "further"),
    [
        (Record(BASE), True),
        (Record(TOOL), True),
        (Record(EXECUTED), False),
        (Record(ToolIntended(key="k", tool="t")), False),
        (ReleaseRun(2, "told to stop"), False),
    ],
    ids=["a tree", "a tool's answer", "a command", "an intent", "a release"],
)
def test_only_progress_begins_the_count_of_lost_workers_anew(*, between: Command, further: bool) -> None:
    first, second, *_ = LIMITED
    state = after(START, first, second, between)
    assert isinstance(state, Running)
    assert state.queue is not None
    assert state.queue.lost == (0 if further else 1)


def test_a_worker_that_takes_its_own_run_again_was_not_lost() -> None:
    state = after(START, *[ClaimRun("w1", number, 2) for number in range(1, 5)])
    assert isinstance(state, Running)
    assert state.queue == InQueue(claim=4, worker="w1")
    assert decide(state, ClaimRun("w1", 5, most_lost=1)) == [RunClaimed(worker="w1", number=5, took_from="")]


def test_how_many_workers_a_run_had_is_no_part_of_what_it_came_to() -> None:
    one = after(START, FIRST, Record(BASE), FailRun(FAILURE))
    two = after(START, FIRST, Record(BASE), SECOND, ReleaseRun(2, "x"), ClaimRun("w1", 3), FailRun(FAILURE))
    alone = after(StartRun(REQUEST), Record(BASE), FailRun(FAILURE))
    assert isinstance(one, Ended)
    assert one == two == alone


def test_a_run_is_left_to_the_workers_later_and_a_chat_never() -> None:
    state = after(StartRun(REQUEST), QueueRun(QUEUED))
    assert isinstance(state, Running)
    assert state.queue == InQueue()
    assert decide(state, QueueRun(RunQueued(principal="another"))) == []
    with pytest.raises(CommandRefused, match=r"^a chat is led by a person: no worker takes it$"):
        decide(after(StartRun(CHAT)), QueueRun(QUEUED))
