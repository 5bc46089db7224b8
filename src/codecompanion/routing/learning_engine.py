"""The LearningEngine: takes in what came of tasks, and says what all of it together shows."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio
from pydantic import TypeAdapter

from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import VersionConflict
from codecompanion.domain.events import ArmReset, Fact, OutcomeCorrected, OutcomeRecorded, decode, encode
from codecompanion.domain.learning import NOTHING_LEARNED, Learned, fold
from codecompanion.domain.outcome_reading import outcomes_of
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.domain.streams import LEARNING
from codecompanion.ports import Clock, EventStore
from codecompanion.routing.stream_fold import StreamFold

Redact = Callable[[dict[str, Any]], dict[str, Any]]

PAGE = 1000
MAX_CONFLICTS = 100
LONGEST_WAIT_S = 0.1
_STATE: TypeAdapter[Learned] = TypeAdapter(Learned)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many outcomes were new, and how many were known already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class History:
    """The outcomes that count, in the order in which they were recorded, each as it is known now.

    `ids` are those of all that were ever recorded, `version` is how far the stream was read.
    """

    outcomes: tuple[TaskOutcome, ...]
    ids: frozenset[str]
    version: int


class LearningEngine:
    """Keeps outcomes in a stream of their own, so that what was learned is a fold of the log and can be made anew from it.

    Args:
        store: Where the log is.
        clock: Gives the ids and times of the facts.
        redact: Masks the secrets in the data of every fact before it is recorded.
    """

    def __init__(self, store: EventStore, clock: Clock, *, redact: Redact) -> None:
        self._store = store
        self._clock = clock
        self._redact = redact
        self._fold: StreamFold[Learned] = StreamFold(store, LEARNING, _STATE, NOTHING_LEARNED, fold)

    async def learned(self) -> Learned:
        """Return what is known now: the newest snapshot, and what came after it."""
        return (await self._fold.load()).state

    async def rebuilt(self) -> Learned:
        """Return the same from the log alone, from its first event on; it takes some minutes for a million outcomes."""
        state, version = NOTHING_LEARNED, 0
        while page := await self._store.read(LEARNING, after_version=version, up_to_version=version + PAGE):
            state, version = fold(state, map(decode, page)), page[-1].version
        return state

    async def record_run(self, run_id: str, events: Sequence[Event]) -> int:
        """Take in the outcomes of a run that has ended, given all its events, and return how many are new.

        Doing it again changes nothing.

        Raises:
            LogCorrupt: An event of the run cannot be read.
        """
        return sum([await self._record(outcome) for outcome in outcomes_of(run_id, events)])

    async def correct(self, decision_id: str, later: Later) -> None:
        """Record all that is known now of what became of a delivered change."""
        fact = OutcomeCorrected(decision_id=decision_id, later=later)
        known = hashlib.sha256(later.model_dump_json().encode()).hexdigest()[:16]
        await self._append([self._draft(fact)], f"later:{decision_id}:{known}")

    async def reset(self, model: str, reason: str) -> None:
        """Let what was learned of a model until now no longer count."""
        await self._append([self._draft(ArmReset(model=model, reason=reason))], None)

    async def history(self, newest: int | None = None) -> History:
        """Return the outcomes that count; only the last `newest` facts are read when a number is given."""
        version = 0
        if newest is not None:
            version = max(0, (await self._fold.load()).version - newest)
        outcomes: dict[str, TaskOutcome] = {}
        ids: set[str] = set()
        while page := await self._store.read(LEARNING, after_version=version, up_to_version=version + PAGE):
            for fact in map(decode, page):
                _take(outcomes, ids, fact)
            version = page[-1].version
        return History(tuple(outcomes.values()), frozenset(ids), version)

    async def take_in(self, outcomes: Sequence[TaskOutcome]) -> TakenIn:
        """Record outcomes from elsewhere, all of those that are new or none, and return how many were new.

        Raises:
            VersionConflict: Other writers were faster many times in a row.
        """
        by_id = {outcome.decision_id: outcome for outcome in outcomes}
        for conflicts in range(MAX_CONFLICTS):
            past = await self.history()
            new = [outcome for decision_id, outcome in by_id.items() if decision_id not in past.ids]
            if not new:
                return TakenIn(0, len(outcomes))
            drafts = [self._draft(OutcomeRecorded(outcome=one, source="import"), event_id_of(one)) for one in new]
            try:
                await self._store.append(LEARNING, drafts, expected_version=past.version)
            except VersionConflict:
                if conflicts + 1 == MAX_CONFLICTS:
                    raise
            else:
                return TakenIn(len(new), len(outcomes) - len(new))
        raise AssertionError("the loop returns or raises")

    async def _record(self, outcome: TaskOutcome) -> bool:
        event_id = event_id_of(outcome)
        events = await self._append([self._draft(OutcomeRecorded(outcome=outcome), event_id)], f"outcome:{outcome.decision_id}")
        return bool(events)

    async def _append(self, drafts: Sequence[Draft], key: str | None) -> list[Event]:
        """Append facts and return them; an empty list when the key was used before, or the facts came in a file."""
        for conflicts in range(MAX_CONFLICTS):
            if key is not None and await self._store.find(LEARNING, key):
                return []
            version = (await self._fold.load()).version
            try:
                stored = await self._store.append(LEARNING, drafts, expected_version=version, idempotency_key=key)
            except VersionConflict as conflict:
                if conflict.actual < version:
                    self._fold.forget()  # a database that failed over has less than was read
                if conflicts + 1 == MAX_CONFLICTS:
                    raise
                await anyio.sleep(random.random() * LONGEST_WAIT_S)  # noqa: S311 - spreads writers that met
            else:
                return stored if stored[0].version > version else []
        raise AssertionError("the loop returns or raises")

    def _draft(self, fact: Fact, event_id: str | None = None) -> Draft:
        return Draft(
            event_id=event_id or self._clock.new_id(),
            type=type(fact).__name__,
            schema_version=fact.schema_version,
            recorded_at=self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            data=self._redact(encode(fact)),
            actor="learning",
        )


def _take(outcomes: dict[str, TaskOutcome], ids: set[str], fact: Fact) -> None:
    match fact:
        case OutcomeRecorded(outcome=outcome):
            outcomes[outcome.decision_id] = outcome
            ids.add(outcome.decision_id)
        case OutcomeCorrected(decision_id=decision_id, later=later) if decision_id in outcomes:
            outcomes[decision_id] = outcomes[decision_id].model_copy(update={"later": later})
        case ArmReset(model=model):
            for decision_id in [key for key, outcome in outcomes.items() if outcome.model == model]:
                del outcomes[decision_id]
        case _:
            pass


def event_id_of(outcome: TaskOutcome) -> str:
    """Return the id of the event that records an outcome: a UUIDv7 of its time whose other bits are a hash of its decision.

    So the store itself refuses to keep one outcome twice, whether it came from a run or from a file.
    """
    moment_ms = int(datetime.fromisoformat(outcome.at).timestamp() * 1000)
    bits = int.from_bytes(hashlib.sha256(outcome.decision_id.encode()).digest()[:10], "big")
    return str(
        UUID(int=(moment_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (bits >> 68 & 0xFFF) << 64 | 0b10 << 62 | bits & (1 << 62) - 1)
    )
