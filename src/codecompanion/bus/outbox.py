"""Facts are published from the log, after they were appended, in the order of their positions.

How far was published is what the bus itself remembers: the position that the last message of each topic tells of. So a bus that
lost its memory has lost that too, and any number of processes may publish the same log.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import anyio

from codecompanion.bus.beside import beside
from codecompanion.bus.waiting import Waits
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import EnvironmentBroken, HistoryRegressed
from codecompanion.domain.topics import APPENDED, TOPICS, topic_of
from codecompanion.ports import BaseBus, EventStore, Message

PAGE = 500
LOOK_EVERY_S = 1.0
"""So often the log is looked at unasked: another process may have appended, and died before it published."""
BREATH_S = 0.1
"""The log is looked at once in so long: a step is several appends, and each process reads those of all."""
LAST_WORDS_S = 0.5
"""How long a process that ends may take to publish what it appended."""


NameOfLog = Callable[[], Awaitable[str]]
"""Returns what a log is called; raises HistoryRegressed as long as the bus must not be told of it."""


async def nameless() -> str:
    """Return the name of a log of which the bus is told without a question."""
    return ""


class Outbox:
    """Tells a bus of every event of a log: look at this stream, there is this type of fact at this position.

    An event is told of at least once, whoever dies: each topic is published in the order of positions, and whoever takes over
    begins a page before the last one that was told of. A bus that knows nothing yet is told of the last page and what follows.

    Args:
        store: The log.
        bus: Who is told.
        name_of_log: Asked before the first event is published: what the bus was told of last is forgotten then.
    """

    def __init__(self, store: EventStore, bus: BaseBus, name_of_log: NameOfLog = nameless) -> None:
        self._store = store
        self._bus = bus
        self._name_of_log = name_of_log
        self._name = ""
        self._seen: int | None = None
        self._nudged = anyio.Event()
        self._one_at_a_time = anyio.Lock()
        self._heard = ""
        self.told = ""
        """The last note of an append after which all was published."""

    async def nudge(self, message: Message) -> None:
        """Note that something was appended."""
        self._heard = message.message_id
        self.wake()

    def wake(self) -> None:
        """Look soon."""
        self._nudged.set()

    async def begin_at_the_end(self) -> None:
        """Leave out what was appended before now.

        Raises:
            EnvironmentBroken: The log is away.
        """
        self._seen = await self._store.last_position()

    async def run(self) -> None:
        """Publish what is appended, until cancelled. While the bus or the log is away it is asked again now and then."""
        waits = Waits()
        while True:
            with anyio.move_on_after(LOOK_EVERY_S):
                await self._nudged.wait()
            self._nudged = anyio.Event()
            try:
                await self.publish()
            except (EnvironmentBroken, HistoryRegressed):
                await waits.wait()
            else:
                waits.begin_anew()
                await anyio.sleep(BREATH_S)

    async def publish(self) -> None:
        """Publish what was appended since the last time.

        Raises:
            EnvironmentBroken: The bus is away, or the log; nothing is left out the next time.
            HistoryRegressed: The log has lost what the bus was told of.
        """
        async with self._one_at_a_time:
            heard = self._heard
            if self._seen is None:
                self._name = await self._name_of_log()
                self._seen = await self._beginning()
            while page := await self._store.read_all(after_position=self._seen, limit=PAGE):
                await self._publish_page(page)
                self._seen = page[-1].position
                if len(page) < PAGE:
                    break  # what came meanwhile is told of by a nudge of its own
            self.told = heard

    async def _beginning(self) -> int:
        """Return the position up to which all has been published."""
        end = await self._store.last_position()
        told = [mark for mark in (await self._marks(end)).values() if mark]
        return max(0, max(told, default=end) - PAGE)

    async def _marks(self, end: int) -> dict[str, int]:
        """Return up to which position each topic was published; 0 also when the bus tells of another log, or of a longer one.

        The log goes on to `end` at least; it is asked only when the bus knows of more.
        """
        last = await self._bus.last(*TOPICS)
        told = {topic: _position(last[topic], self._name) if topic in last else 0 for topic in TOPICS}
        if max(told.values()) > end:
            end = await self._store.last_position()
        return {topic: position if position <= end else 0 for topic, position in told.items()}

    async def _publish_page(self, page: Sequence[Event]) -> None:
        marks = await self._marks(page[-1].position)
        wake_ups: defaultdict[str, list[dict[str, str | int]]] = defaultdict(list)
        for event in page:
            if event.position > marks[topic := topic_of(event.type)]:
                wake_ups[topic].append(_payload(event, self._name))
        for topic, payloads in wake_ups.items():
            await self._bus.publish(topic, *payloads)


def _payload(event: Event, log: str) -> dict[str, str | int]:
    return {
        "log": log,
        "stream_id": event.stream_id,
        "position": event.position,
        "type": event.type,
        "version": event.version,
        "hash": event.hash,
    }


def _position(message: Message, log: str) -> int:
    """Return the position that a message tells of, 0 when it tells of another log or another program published it."""
    position = message.payload.get("position") if message.payload.get("log") == log else None
    return position if isinstance(position, int) else 0


@asynccontextmanager
async def publishing(
    store: EventStore, bus: BaseBus, nearby: BaseBus, name_of_log: NameOfLog = nameless
) -> AsyncGenerator[None]:
    """Publish a log while the context is open, at once when `nearby` tells of an append; what is owed at the end is tried.

    `name_of_log` is as in `Outbox`.
    """
    outbox = Outbox(store, bus, name_of_log)
    async with beside(outbox.run, first=partial(nearby.watch, APPENDED, handler=outbox.nudge)):
        try:
            yield
        finally:
            with anyio.move_on_after(LAST_WORDS_S, shield=True), suppress(EnvironmentBroken, HistoryRegressed):
                note = (await nearby.last(APPENDED)).get(APPENDED)
                if note is not None and note.message_id != outbox.told:
                    await outbox.publish()
