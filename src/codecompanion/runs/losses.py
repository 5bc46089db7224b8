"""Go on with a log that has lost events: by the word of a person, and with every run that was not over waiting for one."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.domain.commands import PauseRun
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import LogCorrupt, VersionConflict
from codecompanion.domain.events import LossAccepted, encode
from codecompanion.domain.heads import Head
from codecompanion.domain.state import Running
from codecompanion.domain.streams import LOSSES
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.runs.find import known_runs
from codecompanion.runs.queueing import this_user
from codecompanion.storage.acknowledged import CopiedLog
from codecompanion.wiring import App

TRIES = 20
WHY = "events of the log were lost, perhaps of this run, and what they tell of may have been done: look first, then resume"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of accepting a loss: the fact, and the runs that could not be read."""

    fact: LossAccepted
    unread: tuple[str, ...]


async def lost_heads(app: App) -> list[Head]:
    """Return the newest events that were acknowledged and are gone, the newest first; of a log in a file none are known.

    Raises:
        EnvironmentBroken: The database is away.
    """
    return [] if app.acknowledged is None else await app.acknowledged.lost()


async def accept_loss(app: App) -> Accepted | None:
    """Let everybody go on with what is left of the log; return None when nothing is known to be lost.

    Killed before the loss is recorded, nothing is accepted, and the same call goes on.

    Raises:
        EnvironmentBroken: The database is away.
    """
    if app.acknowledged is None or not (lost := await app.acknowledged.lost()):
        return None
    log = app.acknowledged.log
    with app.acknowledged.accepting():
        # First of all: an event in the place of a lost one would let those who saw that one take it for another's history.
        after = await log.skip_to(lost[0].position, over=lost[-1].position)
        paused, unread = await _pause_all(app, log)
        fact = LossAccepted(
            after=after,
            up_to=lost[0].position,
            hashes=tuple(dict.fromkeys(head.hash for head in lost)),
            by=this_user(),
            paused=tuple(paused),
        )
        event = await _record(app, log, fact)
    await app.acknowledged.appended(event)
    return Accepted(fact, tuple(unread))


async def _pause_all(app: App, log: CopiedLog) -> tuple[Sequence[str], Sequence[str]]:
    """Let every run that is not over wait for a person; return those that do now, and those that cannot be read."""
    orchestrator = EventSourcedOrchestrator(log, app.clock, app.nearby, redact=app.redactor.data)
    paused: list[str] = []
    unread: list[str] = []
    for run_id in await known_runs(log):
        try:
            state = (await orchestrator.load(run_id)).state
        except LogCorrupt:
            unread.append(run_id)
            continue
        if isinstance(state, Running):
            await orchestrator.handle(run_id, PauseRun(WHY), actor="user")
            paused.append(run_id)
    return paused, unread


async def _record(app: App, log: CopiedLog, fact: LossAccepted) -> Event:
    now = app.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    data = app.redactor.data(encode(fact))
    draft = Draft(app.clock.new_id(), type(fact).__name__, fact.schema_version, now, data, "user")
    for tries in range(TRIES):
        version = len(await log.read(LOSSES))
        try:
            [event] = await log.append(LOSSES, [draft], expected_version=version)
        except VersionConflict:
            if tries + 1 == TRIES:
                raise
        else:
            return event
    raise AssertionError("the loop returns or raises")
