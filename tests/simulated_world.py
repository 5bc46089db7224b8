"""A world in which nothing is real but the code: a clock that is set, a store that dawdles, workers that crash and freeze.

Everything that happens is drawn from one seed, so a seed is a test. Actors are coroutines; each gives way before and after it
asks the store or the roster, and the world chooses who is next.
"""

import random
import types
from collections import Counter
from collections.abc import Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from codecompanion.domain.envelope import Draft, Event
from codecompanion.ports import Attendance
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.storage.memory_roster import MemoryRoster

Actor = Coroutine[float, None, None]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_PAUSE_S = 2.0
FREEZE_S = 40.0


@types.coroutine
def wait(seconds: float = 0.0) -> Generator[float, None, None]:
    """Give way to others for at least so many seconds of the world."""
    yield seconds


@dataclass(eq=False)
class Process:
    """A worker's process: its actors live and die together. It does nothing while it is `frozen_until`."""

    name: str
    actors: list[Actor]
    wakes: dict[Actor, float] = field(default_factory=dict[Actor, float])
    frozen_until: float = 0.0
    lives: bool = True

    def due(self, actor: Actor) -> float:
        """Return when an actor goes on."""
        return max(self.wakes.get(actor, 0.0), self.frozen_until)


class World:
    """The clock, the chance and the actors of one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now_s = 0.0
        self.processes: list[Process] = []
        self.effects: Counter[tuple[str, str]] = Counter()
        self.crashes = 0
        self._ids = 0

    def seconds(self) -> float:
        """Return the time by the world's only clock."""
        return self.now_s

    def now(self) -> datetime:
        """Return the time of day: that of a machine's clock, which says anything."""
        return BEGIN + timedelta(seconds=self.now_s + self.chance.uniform(-1e6, 1e6))

    def new_id(self) -> str:
        """Return an id that was never given before."""
        self._ids += 1
        return f"id-{self._ids:08}"

    def start(self, name: str, *actors: Actor) -> Process:
        """Let a process begin."""
        process = Process(name, list(actors))
        self.processes.append(process)
        return process

    def crash(self, process: Process) -> None:
        """End a process where it stands: none of its code runs any more."""
        process.lives = False
        self.crashes += 1
        for actor in process.actors:
            actor.close()

    def freeze(self, process: Process) -> None:
        """Stop a process for longer than any lease; it comes back and knows nothing of it."""
        process.frozen_until = self.now_s + self.chance.uniform(1.0, FREEZE_S)

    def step(self) -> bool:
        """Let one actor go on; return whether there was one."""
        alive = [(process, actor) for process in self.processes if process.lives for actor in process.actors]
        if not alive:
            return False
        due = [pair for pair in alive if pair[0].due(pair[1]) <= self.now_s]
        if not due:
            self.now_s = min(process.due(actor) for process, actor in alive)
            return True
        process, actor = self.chance.choice(due)
        self.now_s += self.chance.expovariate(4.0)
        try:
            process.wakes[actor] = self.now_s + actor.send(None)
        except StopIteration:
            process.actors.remove(actor)
        return True

    def dawdle(self) -> float:
        """Return how long the network takes: mostly nothing, at times seconds, so that answers overtake each other."""
        return self.chance.uniform(0.0, LONGEST_PAUSE_S) if self.chance.random() < 0.1 else 0.0


class FarStore(MemoryEventStore):
    """A store at the end of a line: requests and answers take their time, and an append may be sent twice."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        await wait(self._world.dawdle())
        events: list[Event] = []
        for _ in range(2 if self._world.chance.random() < 0.1 else 1):  # the first answer was lost
            events = await super().append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)
        await wait(self._world.dawdle())
        return events

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        events = await super().read(stream_id, after_version=after_version, up_to_version=up_to_version)
        await wait(self._world.dawdle())
        return events

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        events = await super().read_all(after_position=after_position, limit=limit)
        await wait(self._world.dawdle())
        return events

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        events = await super().read_turns(after_position=after_position, limit=limit)
        await wait(self._world.dawdle())
        return events

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        events = await super().find(stream_id, idempotency_key)
        await wait(self._world.dawdle())
        return events


class FarRoster(MemoryRoster):
    """A roster at the end of the same line."""

    def __init__(self, world: World) -> None:
        super().__init__(world.seconds)
        self._world = world

    async def beat(self, attendance: Attendance) -> None:
        await wait(self._world.dawdle())
        await super().beat(attendance)

    async def present(self) -> list[Attendance]:
        found = await super().present()
        await wait(self._world.dawdle())
        return found


class Silence:
    """A bus that tells nobody anything: every consumer also looks for itself."""

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        del topic
        return [""] * len(payloads)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody asks for {name}")
