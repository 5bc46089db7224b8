"""The rules of runs that wait for workers: who may take one, and whose conclusions count.

A claim has a number, one more than the last. It is the fencing token: whoever was thought dead and comes back decides on a
log in which another number stands, and is refused. Whether a worker is dead is not for the rules to say.
"""

from typing import assert_never

from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import ClaimRun, QueueRun, ReleaseRun
from codecompanion.domain.errors import ClaimLost, CommandRefused
from codecompanion.domain.events import Fact, RunClaimed, RunQueued, RunReleased
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
    if queue != InQueue(claim=number, worker=worker):
        now = "it is over" if queue is None else f"its claim is {queue.claim} of {queue.worker or 'nobody'}"
        raise ClaimLost(f"run {run_id} is not that of claim {number} any more", cause=now)


def decide_claiming(state: Running, command: QueueRun | ClaimRun | ReleaseRun) -> list[Fact]:
    """Return what follows from a command about the queue; none when it has been carried out already."""
    match command:
        case QueueRun(queued):
            return _decide_queueing(state, queued)
        case ClaimRun(worker, number):
            return _decide_claim(state, worker, number)
        case ReleaseRun(number, reason):
            held = state.queue is not None and state.queue.claim == number and state.queue.worker
            return [RunReleased(number=number, reason=reason)] if held else []
        case _:
            assert_never(command)


def _decide_queueing(state: Running, queued: RunQueued) -> list[Fact]:
    if is_chat(state):
        raise CommandRefused("a chat is led by a person: no worker takes it")
    return [queued] if state.queue is None else []


def _decide_claim(state: Running, worker: str, number: int) -> list[Fact]:
    if state.queue == InQueue(claim=number, worker=worker):
        return []
    if state.queue is None or not takes_workers(state):
        raise CommandRefused("the run does not wait for a worker")
    if number != state.queue.claim + 1:
        raise ClaimLost(f"claim {number} of a run that has had {state.queue.claim}")
    return [RunClaimed(worker=worker, number=number)]


def evolve_claiming(state: Running, fact: RunQueued | RunClaimed | RunReleased) -> Running:
    """Return the state after a fact about the queue."""
    match fact:
        case RunQueued():
            return state.model_copy(update={"queue": state.queue or InQueue()})
        case RunClaimed(worker=worker, number=number):
            return state.model_copy(update={"queue": InQueue(claim=number, worker=worker)})
        case RunReleased():
            return without_worker(state)
        case _:
            assert_never(fact)


def without_worker(state: Running) -> Running:
    """Return the state when nobody works on the run."""
    if state.queue is None:
        return state
    return state.model_copy(update={"queue": InQueue(claim=state.queue.claim)})


def out_of_queue(state: Running) -> Running:
    """Return the state when no worker takes the run any more; how many did is no part of what it came to."""
    return state.model_copy(update={"queue": None})
