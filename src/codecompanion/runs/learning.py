"""Learn from runs: after each one, and when the user asks what became of what was delivered."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import PatchApplied, PatchUndone, decode
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.ports import EventStore
from codecompanion.runs.find import known_runs
from codecompanion.wiring import App
from codecompanion.workspace.fate import fate_of

LEARNING_S = 5.0
"""What is not recorded by then is recorded by the next `learn sync`."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the log and the repositories brought.

    `recorded` outcomes of runs were not known yet, `corrected` were found to be more or less than was known. Of the delivered
    changes that are followed, `merged` and `reverted` are counted now, and those whose repository has `gone`.
    """

    recorded: int
    corrected: int
    followed: int
    merged: int
    reverted: int
    gone: int


async def learn_from(app: App, run_id: str, events: Sequence[Event]) -> None:
    """Record the outcomes of a run that has ended, given all its events.

    It is over: whatever goes wrong here is logged and changes nothing.
    """
    with anyio.move_on_after(LEARNING_S, shield=True):
        try:
            await app.learning().record_run(run_id, events)
        except Exception as error:  # noqa: BLE001 - what was learned must not take a result away
            _log.warning("the outcomes of run %s are not recorded: %s", run_id, error)


async def sync(app: App) -> Synced:
    """Record the outcomes of runs that are not recorded yet, and look in the repositories what became of what was delivered.

    Doing it again finds nothing new until the world has changed.
    """
    engine = app.learning()
    runs = reversed(await known_runs(app.store))
    recorded = sum([await engine.record_run(run_id, await app.store.read(run_id)) for run_id in runs])
    corrected, fates = 0, list[Later]()
    gone = 0
    for delivered, outcomes in _by_delivery((await engine.learned()).followed).items():
        first = outcomes[0]
        found = await fate_of(Path(first.project), delivered, first.run_id, app.clock.now())
        gone += found is None
        later = found or first.later
        taken_back = later.merged is not True and await _is_taken_back(app.store, first)  # a later merge outweighs an undo
        later = later.model_copy(update={"taken_back": taken_back})
        fates.append(later)
        for outcome in outcomes:
            if outcome.later != later:
                await engine.correct(outcome.decision_id, later)
                corrected += 1
    return Synced(
        recorded=recorded,
        corrected=corrected,
        followed=len(fates),
        merged=sum(later.merged is True for later in fates),
        reverted=sum(later.reverted is True for later in fates),
        gone=gone,
    )


def _by_delivery(outcomes: Iterable[TaskOutcome]) -> dict[str, list[TaskOutcome]]:
    found: dict[str, list[TaskOutcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.delivered, []).append(outcome)
    return found


async def _is_taken_back(store: EventStore, outcome: TaskOutcome) -> bool:
    """Whether the user undid the change in the working tree; what a run of another log says stays."""
    taken_back = outcome.later.taken_back
    for event in await store.read(outcome.run_id):
        match decode(event):
            case PatchUndone():
                taken_back = True
            case PatchApplied():
                taken_back = False
            case _:
                pass
    return taken_back
