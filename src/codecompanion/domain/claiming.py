"""The rules of runs that wait for workers: who may take one, and whose conclusions count.

A claim has a number, one more than the last. It is the fencing token: whoever was thought dead and comes back decides on a
log in which another number stands, and is refused. Whether a worker is dead is not for the rules to say.

A run may be what kills its workers. So the claims are counted that were lost, one after the other, while it got no further;
of too many it is paused, for a person to look at.
"""

from typing import assert_never

from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import ClaimRun, QueueRun, ReleaseRun
from codecompanion.domain.errors import PARKED_CODE, ClaimLost, CommandRefused
from codecompanion.domain.events import Fact, ModelCallCompleted, RunClaimed, RunPaused, RunQueued, RunReleased, ToolCompleted
from codecompanion.domain.state import InQueue, Running, State


def takes_workers(state: State) -> bool:
    """Return whether a worker could go on with a run now, if nobody else is at it."""
    return isinstance(state, Running) and state.queue is not None and not state.paused and state.awaiting is None


def check_claim(run_id: str, state: State, worker: str, number: int) -> None:
    """Check that a run is still what a worker claimed.

    Raises:
        ClaimLost: Another worker has it, or nobody has: it was paused, or is over.
    """
    queue = state.queue if isinstance(state, Running) else None
    if queue is None or (queue.claim, queue.worker) != (number, worker):
        now = "it is over" if queue is None else f"its claim is {queue.claim} of {queue.worker or 'nobody'}"
        raise ClaimLost(f"run {run_id} is not that of claim {number} any more", cause=now)


def decide_claiming(state: Running, command: QueueRun | ClaimRun | ReleaseRun) -> list[Fact]:
    """Return what follows from a command about the queue; none when it has been carried out already."""
    match command:
        case QueueRun(queued):
            return _decide_queueing(state, queued)
        case ClaimRun():
            return _decide_claim(state, command)
        case ReleaseRun(number, reason):
            held = state.queue is not None and state.queue.claim == number and state.queue.worker
            return [RunReleased(number=number, reason=reason)] if held else []
        case _:
            assert_never(command)


def _decide_queueing(state: Running, queued: RunQueued) -> list[Fact]:
    if is_chat(state):
        raise CommandRefused("a chat is led by a person: no worker takes it")
    return [queued] if state.queue is None else []


def _decide_claim(state: Running, command: ClaimRun) -> list[Fact]:
    queue, worker, number = state.queue, command.worker, command.number
    if queue is not None and (queue.claim, queue.worker) == (number, worker):
        return []
    if queue is None or not takes_workers(state):
        raise CommandRefused("the run does not wait for a worker")
    if number != queue.claim + 1:
        raise ClaimLost(f"claim {number} of a run that has had {queue.claim}")
    lost = _lost_with(queue, worker)
    if command.most_lost is not None and lost >= command.most_lost:
        return [RunPaused(reason=_why_parked(lost), code=PARKED_CODE)]
    return [RunClaimed(worker=worker, number=number, took_from="" if queue.worker == worker else queue.worker)]


def _lost_with(queue: InQueue, worker: str) -> int:
    """Return how many claims are lost when this worker takes the run now; one that takes its own again lives."""
    return queue.lost + (queue.worker not in ("", worker))


def _why_parked(lost: int) -> str:
    return (
        f"{lost} workers in a row were lost at this run without getting it any further: something in it may kill them"
        " (memory, disk, a signal); look into their logs, then resume or cancel it"
    )


def evolve_claiming(state: Running, fact: RunQueued | RunClaimed | RunReleased) -> Running:
    """Return the state after a fact about the queue."""
    match fact:
        case RunQueued():
            return state.model_copy(update={"queue": state.queue or InQueue()})
        case RunClaimed(worker=worker, number=number):
            lost = _lost_with(state.queue or InQueue(), worker)
            return state.model_copy(update={"queue": InQueue(claim=number, worker=worker, lost=lost)})
        case RunReleased():
            return without_worker(state)
        case _:
            assert_never(fact)


def without_worker(state: Running, *, parked: bool = False) -> Running:
    """Return the state when nobody works on the run."""
    if state.queue is None:
        return state
    return state.model_copy(update={"queue": state.queue.model_copy(update={"worker": "", "parked": parked})})


def trusted_again(state: Running) -> Running:
    """Return the state when the claims that were lost count no more: the run got further, or a person wants it to go on."""
    if state.queue is None or not (state.queue.lost or state.queue.parked):
        return state
    return state.model_copy(update={"queue": state.queue.model_copy(update={"lost": 0, "parked": False})})


def gets_further(before: Running, after: Running, fact: Fact) -> bool:
    """Return whether a fact that led from one state to the other is progress: what the next worker need not do again."""
    if isinstance(fact, ModelCallCompleted | ToolCompleted):
        return True
    return before.queue is after.queue and before != after


def out_of_queue(state: Running) -> Running:
    """Return the state when no worker takes the run any more; how many did is no part of what it came to."""
    return state.model_copy(update={"queue": None})
