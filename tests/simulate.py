"""Let workers work on runs in a world of one seed, and judge what the log says in the end.

python tests/simulation/simulate.py SEED [--kind NAME] [--events]
"""

import argparse
import sys
from collections.abc import Coroutine, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import Any, TypeVar, cast

import anyio

from codecompanion.domain.commands import (
    AcceptPlan,
    CancelRun,
    Command,
    CompleteRun,
    DeliverBranch,
    PauseRun,
    Record,
    ResumeRun,
    StartRun,
    StartTask,
)
from codecompanion.domain.envelope import Event, verify_chain
from codecompanion.domain.errors import CommandRefused, VersionConflict
from codecompanion.domain.events import RunQueued, decode
from codecompanion.domain.promises import broken_promises
from codecompanion.domain.state import Running, State
from codecompanion.domain.workflow import INITIAL, evolve
from codecompanion.execution.journal import LiveJournal
from codecompanion.orchestrator.orchestrator import Claim, EventSourcedOrchestrator, state_hash
from codecompanion.ports import Attendance, BaseBus
from codecompanion.runs.claimant import Claimant
from codecompanion.runs.queue import Queue
from codecompanion.storage.memory import MemoryEventStore
from histories import (
    BASE,
    CHECKED,
    DELIVERED,
    EXECUTED,
    MEASURED,
    PATCHED,
    PLAN,
    PROFILE,
    REFUTED,
    REQUEST,
    SEARCHED,
    fold,
    history,
)
from simulated_engine import REPORT, FastEngine
from simulated_world import FarRoster, FarStore, Process, Silence, World, wait

LEASE_S, BEAT_S, POLL_S = 15.0, 5.0, 1.0
RUNS = ("r1", "r2")
UNDISTURBED: tuple[Command, ...] = (
    StartRun(REQUEST),
    *map(Record, (BASE, PROFILE, EXECUTED, MEASURED)),
    AcceptPlan(PLAN),
    StartTask("repair", "builtin", 1),
    Record(SEARCHED),
    Record(PATCHED),
    Record(REFUTED),
    StartTask("repair", "builtin", 2),
    Record(PATCHED.model_copy(update={"label": "repair:2"})),
    Record(CHECKED.model_copy(update={"attempt": 2})),
    Record(REPORT),
    DeliverBranch(DELIVERED),
    CompleteRun("verified", 0, "done"),
)
"""What the engine does of a run that nothing befalls."""
WORKERS = 3
MOST_LOST = 3
"""A run that has lost so many workers in a row waits for a person."""
FAULTS_END = 1500
"""After so many steps nothing is hurt any more, and everything has to come to its end."""
MOST_STEPS = 12_000
LOOK_EVERY = 50
T = TypeVar("T")


class Unfenced(EventSourcedOrchestrator):
    """The bug of which the simulation has to tell: who lost a run goes on writing to it."""

    def _check(self, claim: Claim, state: State) -> None:
        pass


@dataclass(frozen=True)
class Kind:
    """What the workers are made of. `lies`: the roster takes everybody for dead at all times."""

    orchestrator: type[EventSourcedOrchestrator] = EventSourcedOrchestrator
    lies: bool = False


KINDS = {"real": Kind(), "lying-roster": Kind(lies=True), "unfenced": Kind(Unfenced)}


@dataclass(frozen=True)
class Outcome:
    """What came of a seed: `wrong` says what is not as promised, nothing when all is."""

    wrong: tuple[str, ...]
    events: dict[str, list[Event]]
    claims: int
    steps: int


class Simulation:
    """One seed."""

    def __init__(self, seed: int, kind: Kind) -> None:
        self.world = World(seed)
        self.kind = kind
        self.store = FarStore(self.world)
        self.roster = FarRoster(self.world)
        self._born = 0

    def orchestrator(self) -> EventSourcedOrchestrator:
        """Return one of a process that has just begun and remembers nothing."""
        bus = cast("BaseBus", Silence())
        return self.kind.orchestrator(self.store, self.world, bus, redact=lambda data: data)

    def start_worker(self) -> Process:
        """Let a worker begin."""
        self._born += 1
        name = f"w{self._born}"
        return self.world.start(name, self._beat(name), self._work(name))

    async def _beat(self, name: str) -> None:
        while True:
            await self.roster.beat(Attendance(name, "here", 1, LEASE_S))
            await wait(BEAT_S)

    async def _work(self, name: str) -> None:
        orchestrator = self.orchestrator()
        queue = Queue(self.store, orchestrator)
        claimant = Claimant(name, queue, orchestrator, self.roster, lambda _other: self.kind.lies, MOST_LOST)
        while True:
            await queue.look()
            free = await claimant.free(set())
            claim = await claimant.claim(free[0]) if free else None
            if claim is not None:
                await self._carry(orchestrator.under(claim), claim.run_id)
            await wait(POLL_S)

    async def _carry(self, fenced: EventSourcedOrchestrator, run_id: str) -> None:
        async def handle(command: Command, *, actor: str, key: str | None = None) -> list[Event]:
            return await fenced.handle(run_id, command, actor=actor, key=key)

        engine = FastEngine(self.world, LiveJournal(self.store, run_id, handle), self.store, fenced)
        with suppress(CommandRefused, VersionConflict):  # it is another's, or over
            await fenced.drive(run_id, engine)

    async def ask(self) -> None:
        """Begin the runs, and at times pause, resume or cancel one."""
        orchestrator = self.orchestrator()
        for run_id in RUNS:
            await orchestrator.handle(run_id, StartRun(REQUEST, RunQueued(principal=run_id)), actor="user", key="start")
        for _ in range(6):
            await wait(self.world.chance.uniform(0.0, 60.0))
            run_id, orders = self.world.chance.choice(RUNS), (PauseRun("wait"), ResumeRun(), CancelRun("enough"))
            order: Command = self.world.chance.choices(orders, (3, 6, 1))[0]
            await self._order(orchestrator, run_id, order)
        while True:
            for run_id in RUNS:
                state = (await orchestrator.load(run_id)).state
                if isinstance(state, Running) and state.paused:
                    await self._order(orchestrator, run_id, ResumeRun())
            await wait(60.0)

    async def _order(self, orchestrator: EventSourcedOrchestrator, run_id: str, order: Command) -> None:
        with suppress(CommandRefused):  # it has ended
            await orchestrator.handle(run_id, order, actor="user")

    def hurt(self) -> None:
        """Do at times what befalls processes."""
        draw = self.world.chance.random()
        workers = [one for one in self.world.processes if one.lives and one.name != "user"]
        if draw < 0.01:
            self.world.crash(self.world.chance.choice(workers))
            self.start_worker()
        elif draw < 0.02:
            self.world.freeze(self.world.chance.choice(workers))

    def logs(self) -> dict[str, list[Event]]:
        """Return the events of all runs, without asking through the network."""
        return {run_id: at_once(MemoryEventStore.read(self.store, run_id)) for run_id in RUNS}


def at_once(job: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that waits for nothing."""
    try:
        job.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


def simulate(seed: int, kind: Kind) -> Outcome:
    """Let a world of this seed come to its end, inside an event loop, and judge it."""
    one = Simulation(seed, kind)
    one.world.start("user", one.ask())
    for _ in range(WORKERS):
        one.start_worker()
    steps = 0
    while steps < MOST_STEPS and (steps % LOOK_EVERY or not all(map(is_over, one.logs().values()))):
        one.world.step()
        if steps < FAULTS_END:
            one.hurt()
        steps += 1
    for process in one.world.processes:
        if process.lives:
            one.world.crash(process)
    logs = one.logs()
    claims = sum(event.type == "RunClaimed" for events in logs.values() for event in events)
    return Outcome(tuple(wrong(one, logs)), logs, claims, steps)


def is_over(events: Sequence[Event]) -> bool:
    """Return whether a run has ended."""
    return any(event.type in ("RunCompleted", "RunCancelled", "RunFailed") for event in events)


def wrong(one: Simulation, logs: dict[str, list[Event]]) -> Generator[str]:
    """Give what is not as promised."""
    for run_id, events in logs.items():
        verify_chain(run_id, events)
        yield from (f"{run_id} event {broken.version} {broken.what}" for broken in broken_promises(events))
        claims = sum(event.type == "RunClaimed" for event in events)
        if not is_over(events):
            yield f"{run_id} never ends"
        if events and events[-1].type == "RunCompleted" and (found := end_of(events)) != EXPECTED:
            yield f"{run_id} ends in {found}, an undisturbed one in {EXPECTED}"
        for (of, key), times in one.world.effects.items():
            if of == run_id and times > claims:
                yield f"{run_id} did {key} {times} times under {claims} claims"


def end_of(events: Sequence[Event]) -> str:
    """Return the hash of the state that events lead to."""
    return state_hash(reduce(evolve, map(decode, events), INITIAL))


EXPECTED = state_hash(fold(history(UNDISTURBED)))


def main() -> int:
    """Simulate one seed and tell of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--kind", choices=KINDS, default="real")
    parser.add_argument("--events", action="store_true", help="print the log of each run")
    asked = parser.parse_args()
    outcome = run_seeds([asked.seed], asked.kind)[0]
    for event in chain.from_iterable(outcome.events.values() if asked.events else ()):
        sys.stdout.write(f"{event.stream_id} {event.version:3} {event.type:20} {event.actor}\n")
    fine = f"all is as promised after {outcome.steps} steps and {outcome.claims} claims"
    sys.stdout.write("\n".join(outcome.wrong or (fine,)) + "\n")
    return 1 if outcome.wrong else 0


def run_seeds(seeds: Iterable[int], kind: str) -> list[Outcome]:
    """Return what comes of seeds."""

    async def inside() -> list[Outcome]:
        return [simulate(seed, KINDS[kind]) for seed in seeds]

    return anyio.run(inside)


if __name__ == "__main__":
    sys.exit(main())
