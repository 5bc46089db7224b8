"""The EventSourcedOrchestrator: load, decide, append; and the loop that carries a run from step to step."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from typing import Any, Protocol

import anyio

from codecompanion.domain.claiming import check_claim
from codecompanion.domain.commands import INTERRUPTED, Command, FailRun, PauseRun, StartRun
from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, canonical_json, trace_id_of
from codecompanion.domain.errors import (
    BUG_CODE,
    ClaimLost,
    CodeCompanionError,
    CommandRefused,
    DatabaseUnavailable,
    HistoryRegressed,
    LimitReached,
    ModelCallFailed,
    NobodyToAsk,
    OverBudget,
    VersionConflict,
    first_leaf,
)
from codecompanion.domain.events import Fact, RunFailed, decode, encode
from codecompanion.domain.exhaustion import exhausted_by
from codecompanion.domain.promises import CLAIM_MARK
from codecompanion.domain.state import STATE, Ended, Running, State
from codecompanion.domain.steps import Step
from codecompanion.domain.team import is_teams
from codecompanion.domain.topics import APPENDED
from codecompanion.domain.workflow import INITIAL, decide, evolve
from codecompanion.orchestrator.react import react
from codecompanion.ports import BaseBus, Clock, EventStore, Snapshot

SNAPSHOT_EVERY = 1000
PAGE = 1000
"""So many events are read at a time."""
MAX_CONFLICTS = 20
_UNTIL_THE_ZONE = len("2026-01-02T03:04:05.000006")

Redact = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns a masked copy of data, or the data when there is nothing to mask; it changes nothing in place."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run folded up to a version. `head_hash` and `head_id` are those of its last event, `trace_id` is the run's."""

    state: State
    version: int = 0
    head_hash: str = GENESIS_HASH
    head_id: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to go on with a run. `number` counts those who had it, from 1."""

    run_id: str
    worker: str
    number: int


class Engine(Protocol):
    """Does the work of a step and hands what came out to the orchestrator."""

    async def perform(self, run_id: str, state: Running, step: Step) -> None:
        """Do one step. Doing it again after a crash must not repeat an effect that was recorded."""
        ...


class EventSourcedOrchestrator:
    """Turns commands into recorded facts and moves runs forward.

    Args:
        store: Where the facts are.
        clock: Gives times and ids.
        bus: That of this process: told "look at this run" after each append.
        redact: Masks the secrets in the data of every fact before it is recorded.
        claim: Under which a worker goes on with a run; None for whoever needs none.
        trace: Names the trace that a new run belongs to, 32 hex digits; a hyphen and the 16 of the span that led to it may
            follow, and stand in the run's first fact only.
        seen: Runs as this process saw them last, by id; they are read on from there.
    """

    def __init__(
        self,
        store: EventStore,
        clock: Clock,
        bus: BaseBus,
        *,
        redact: Redact,
        claim: Claim | None = None,
        trace: Callable[[], str] = lambda: "",
        seen: Mapping[str, Loaded] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._redact = redact
        self._claim = claim
        self._trace = trace
        self._folds = dict(seen or {})
        self._just_appended: set[str] = set()

    def under(self, claim: Claim) -> "EventSourcedOrchestrator":
        """Return an orchestrator that refuses with `ClaimLost` what is decided on a run after the claim was lost.

        The refusal is no matter of time: a claim is an event of the run, and whatever is appended after it was decided on it.
        """
        last_seen = self._folds.get(claim.run_id)
        seen = {} if last_seen is None else {claim.run_id: last_seen}
        return type(self)(self._store, self._clock, self._bus, redact=self._redact, claim=claim, trace=self._trace, seen=seen)

    def has_seen_the_end(self, run_id: str) -> bool:
        """Return whether this process knows that a run is over, which is for good; the log is not asked."""
        return run_id in self._folds and isinstance(self._folds[run_id].state, Ended)

    def begin_with(self, events: Sequence[Event]) -> State:
        """Return the state of a run after its first events, which whoever follows the log has read; they are not read again."""
        run_id = events[0].stream_id
        loaded = _fold(Loaded(INITIAL), list(events))
        self._folds.setdefault(run_id, loaded)
        return loaded.state

    async def handle(self, run_id: str, command: Command, *, actor: str, key: str | None = None) -> list[Event]:
        """Carry out a command and return the events that came of it.

        With a `key` the command is carried out once: a repeated call returns the first call's events.

        Raises:
            CommandRefused: The rules do not allow it.
            VersionConflict: Other writers were faster many times in a row.
        """
        events = await self._at_once(run_id, command, actor, key)
        for conflicts in range(0 if events else MAX_CONFLICTS):
            try:
                events = await self._decide_and_append(run_id, command, actor, key)
            except VersionConflict:
                if conflicts + 1 == MAX_CONFLICTS:
                    raise
            else:
                break
        if events:
            await self._bus.publish(APPENDED, {"run_id": run_id, "version": events[-1].version})
        return events

    async def _decide_and_append(self, run_id: str, command: Command, actor: str, key: str | None) -> list[Event]:
        if key is not None and (earlier := await self._store.find(run_id, key)):
            return earlier
        loaded = await self.load(run_id)
        return await self._append(run_id, loaded, decide(loaded.state, command), actor, key)

    async def _at_once(self, run_id: str, command: Command, actor: str, key: str | None) -> list[Event]:
        """Decide on the state as this process saw it last, without asking the store first; return [] when that does not do.

        A run that is to be started has none yet.

        What is stored was decided on the state that the run had: the append refuses any other, and answers a repeated key.
        """
        last_seen = self._folds.get(run_id) or (Loaded(INITIAL) if isinstance(command, StartRun) else None)
        if last_seen is None:
            return []
        try:
            return await self._append(run_id, last_seen, decide(last_seen.state, command), actor, key)
        except (VersionConflict, CommandRefused):
            return []

    async def _append(self, run_id: str, loaded: Loaded, facts: Sequence[Fact], actor: str, key: str | None) -> list[Event]:
        if not facts:
            return []
        if self._claim is not None and self._claim.run_id == run_id:
            self._check(self._claim, loaded.state)
            actor += f"{CLAIM_MARK}{self._claim.number}"
        said = list(map(encode, facts))
        data = list(map(self._redact, said))
        drafts = self._drafts(run_id, loaded, facts, data, actor)
        events = await self._store_on_top_of(loaded, run_id, drafts, key)
        if events[0].event_id == drafts[0].event_id:  # else a repeated key was answered with the first append
            stored = facts if data == said else map(decode, events)  # what was masked is not what was decided on
            self._folds[run_id] = folded = _loaded(reduce(evolve, stored, loaded.state), events[-1])
            self._just_appended.add(run_id)
            await self._keep_snapshot(run_id, loaded, folded)
        return events

    async def _store_on_top_of(self, loaded: Loaded, run_id: str, drafts: Sequence[Draft], key: str | None) -> list[Event]:
        """Append to what was loaded, or say that the log has less than that: its reader knows what its database has lost."""
        try:
            return await self._store.append(run_id, drafts, expected_version=loaded.version, idempotency_key=key)
        except VersionConflict as conflict:
            if conflict.actual < loaded.version:
                self.forget(run_id)
                raise HistoryRegressed(
                    run_id, loaded.version, f"it had {loaded.version} events and has {conflict.actual}"
                ) from conflict
            raise
        except HistoryRegressed:
            self.forget(run_id)
            raise

    def forget(self, run_id: str) -> None:
        """Let go of what was seen of a run: the log may say something else now."""
        self._folds.pop(run_id, None)
        self._just_appended.discard(run_id)

    def _check(self, claim: Claim, state: State) -> None:
        check_claim(claim.run_id, state, claim.worker, claim.number)

    async def conclude(self, run_id: str, command: Command) -> list[tuple[str, dict[str, Any]]]:
        """Return the types and data of the facts a command would lead to now, without recording them."""
        facts = decide((await self.load(run_id)).state, command)
        return [(type(fact).__name__, self._redact(encode(fact))) for fact in facts]

    async def load(self, run_id: str, *, at_version: int | None = None) -> Loaded:
        """Return a run's state, now or as it was when its stream had `at_version` events."""
        start = self._folds.get(run_id) if at_version is None else None
        if start is None:
            start = await self._from_snapshot(run_id, at_version)
        loaded = start
        while page := await self._page(run_id, loaded.version, at_version):
            if loaded.version and page[0].prev_hash != loaded.head_hash:
                self.forget(run_id)
                raise HistoryRegressed(run_id, loaded.version, f"event {loaded.version} is another than it was")
            loaded = _fold(loaded, page)
            if len(page) < PAGE:
                break
        if at_version is None:
            self._folds[run_id] = loaded
            await self._keep_snapshot(run_id, start, loaded)
        return loaded

    async def _page(self, run_id: str, after_version: int, at_version: int | None) -> list[Event]:
        # Pages bound the memory and let the event loop breathe between them.
        last = after_version + PAGE if at_version is None else min(after_version + PAGE, at_version)
        return await self._store.read(run_id, after_version=after_version, up_to_version=last)

    async def state_to_act_on(self, run_id: str) -> State:
        """Return a run's state for the next step: as our own last append left it, once for each append; else as it is stored.

        An append is taken only on top of all others, so it told what a read at that moment would have. What comes later is
        noticed as it always is: by the refusal of the next append.
        """
        if run_id in self._just_appended:
            self._just_appended.discard(run_id)
            return self._folds[run_id].state
        return (await self.load(run_id)).state

    async def drive(self, run_id: str, engine: Engine) -> State:
        """Do step after step until the run is over or waits; return its state then.

        An error that somebody can act on ends the run with that error. Being cancelled pauses it.

        Raises:
            OverBudget: A call could cost more than a limit leaves. The run is paused: it can go on under a higher limit.
            LimitReached: The time of a team's run is used up. The run is paused: it has its time anew when it goes on.
            ModelCallFailed: A model did not answer. The run is paused: it can go on when the model does.
            NobodyToAsk: No model may be asked. The run is paused: it can go on when there is one.
            ResourcesExhausted: The system has no files, processes or memory left. The run is paused: it can go on when it has.
        """
        try:
            while isinstance(state := await self.state_to_act_on(run_id), Running) and (step := react(state)) is not None:
                await engine.perform(run_id, state, step)
        except (VersionConflict, ClaimLost, DatabaseUnavailable, HistoryRegressed):
            raise  # they say nothing of the run
        except CodeCompanionError as error:
            if (spent := exhausted_by(error)) is not None:
                raise await self._paused_by(run_id, spent) from error
            if _can_go_on((await self.load(run_id)).state, error):
                await self._paused_by(run_id, error)
                raise
            failure = RunFailed(code=error.code, what=error.what, cause=error.cause, fix=error.fix, exit_code=error.exit_code)
            await self.handle(run_id, FailRun(failure), actor="orchestrator")
            return (await self.load(run_id)).state
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True), suppress(CommandRefused, DatabaseUnavailable):  # it may have been ended
                await self.handle(run_id, PauseRun(INTERRUPTED), actor="orchestrator")
            raise
        except Exception as bug:
            if (spent := exhausted_by(bug)) is not None:
                raise await self._paused_by(run_id, spent) from bug
            what = f"a fault of CodeCompanion: {first_leaf(bug)!r}"
            failure = RunFailed(code=BUG_CODE, what=what, fix="report it, with what --debug prints", exit_code=1)
            await self.handle(run_id, FailRun(failure), actor="orchestrator")
            raise
        return state

    async def _paused_by(self, run_id: str, error: CodeCompanionError) -> CodeCompanionError:
        """Pause a run that can go on from where it is once an error is dealt with; return the error."""
        await self.handle(run_id, PauseRun(error.what), actor="orchestrator")
        return error

    def _drafts(
        self, run_id: str, loaded: Loaded, facts: Sequence[Fact], data: Sequence[dict[str, Any]], actor: str
    ) -> list[Draft]:
        first = loaded.trace_id if loaded.version else self._trace()
        traces = [first, *[trace_id_of(first)] * (len(facts) - 1)]
        return [
            Draft(
                event_id=self._clock.new_id(),
                type=type(fact).__name__,
                schema_version=fact.schema_version,
                recorded_at=recorded_text(self._clock.now()),
                data=of_fact,
                actor=actor,
                correlation_id=run_id,
                causation_id=loaded.head_id,
                trace_id=trace,
            )
            for fact, of_fact, trace in zip(facts, data, traces, strict=True)
        ]

    async def _from_snapshot(self, run_id: str, at_version: int | None) -> Loaded:
        # A short stream has none, and is not worth the 12 ms that the name of the state's shape takes.
        if not await self._store.read(run_id, after_version=SNAPSHOT_EVERY - 1, up_to_version=SNAPSHOT_EVERY):
            return Loaded(INITIAL)
        snapshot = await self._store.load_snapshot(run_id, schema=state_schema(), up_to_version=at_version)
        if snapshot is None:
            return Loaded(INITIAL)
        head = await self._store.read(run_id, after_version=snapshot.version - 1, up_to_version=snapshot.version)
        if not head:
            return Loaded(INITIAL)
        return _loaded(STATE.validate_json(snapshot.state), head[0])

    async def _keep_snapshot(self, run_id: str, start: Loaded, loaded: Loaded) -> None:
        if loaded.version // SNAPSHOT_EVERY > start.version // SNAPSHOT_EVERY:
            state = STATE.dump_json(loaded.state).decode()
            await self._store.save_snapshot(Snapshot(run_id, loaded.version, state_schema(), state))


def _can_go_on(state: State, error: CodeCompanionError) -> bool:
    """Whether a run that an error stopped can go on later from where it is: what models did for it is paid."""
    if isinstance(error, OverBudget | ModelCallFailed | NobodyToAsk):
        return True
    return isinstance(error, LimitReached) and isinstance(state, Running) and is_teams(state.request.model)


def _fold(loaded: Loaded, events: list[Event]) -> Loaded:
    state = reduce(evolve, map(decode, events), loaded.state)
    return _loaded(state, events[-1])


def _loaded(state: State, head: Event) -> Loaded:
    return Loaded(state, head.version, head.hash, head.event_id, trace_id_of(head.trace_id))


@cache
def state_schema() -> str:
    """Return a name for the shape of the state: a snapshot with another one is not read."""
    return hashlib.sha256(canonical_json(STATE.json_schema()).encode()).hexdigest()[:16]


def state_hash(state: State) -> str:
    """Return the sha256 of a state: equal for two runs exactly when every later decision would be the same."""
    return hashlib.sha256(canonical_json(STATE.dump_python(state, mode="json")).encode()).hexdigest()


def recorded_text(moment: datetime) -> str:
    """Return a time, which is in UTC, as it is recorded; three times as fast as `strftime`."""
    return f"{moment.isoformat(timespec='microseconds')[:_UNTIL_THE_ZONE]}Z"
