"""The end of the log, read once for everybody who watches it.

The store is the truth and is asked regularly; the bus only shortens the wait. Whoever is too far behind reads the store.
"""

import logging
from collections import deque
from collections.abc import AsyncGenerator
from functools import partial

import anyio

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.topics import APPENDED, TOPICS
from codecompanion.ports import BaseBus, EventStore, Message

LOOK_EVERY_S = 0.5
KEPT = 2000
"""So many of the last events are held in memory."""
PAGE = 500

_log = logging.getLogger(__name__)


class Tail:
    """Follows the log of a store from when `follow` begins.

    Args:
        store: What is read.
        bus: Tells of what any process appended.
        nearby: Tells at once of what this process appended.
    """

    def __init__(self, store: EventStore, bus: BaseBus, nearby: BaseBus) -> None:
        self._store = store
        self._bus = bus
        self._nearby = nearby
        self._recent: deque[Event] = deque(maxlen=KEPT)
        self._head = 0
        self._grown = anyio.Event()
        self._nudged = anyio.Event()
        self._closed = False

    async def follow(self) -> None:
        """Read what is appended, until cancelled. While the log is away nothing is told, and nothing is left out later."""
        self._head = await self._store.last_position()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(self._nearby.watch, APPENDED, handler=self._nudge))
            tasks.start_soon(partial(self._bus.watch, *TOPICS, handler=self._nudge))
            while True:
                try:
                    await self._read()
                except CodeCompanionError as error:
                    _log.warning("the log cannot be followed now: %s", error.what)
                with anyio.move_on_after(LOOK_EVERY_S):
                    await self._nudged.wait()
                self._nudged = anyio.Event()

    async def _nudge(self, _message: Message) -> None:
        self._nudged.set()

    async def _read(self) -> None:
        while page := await self._store.read_all(after_position=self._head, limit=PAGE):
            self._recent.extend(page)
            self._head = page[-1].position
            self._wake()
            if len(page) < PAGE:
                break

    async def lag(self) -> int:
        """Return how many recorded events have not been read yet."""
        return max(0, await self._store.last_position() - self._head)

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        grown, self._grown = self._grown, anyio.Event()
        grown.set()

    async def events(self, after_position: int, run_id: str | None) -> AsyncGenerator[Event]:
        """Give each event above a position as it comes, of one run or (None) of all streams, without a gap or a duplicate."""
        position, version = after_position, await self._version_at(after_position, run_id)
        while not self._closed:
            grown = self._grown
            while page := await self._after(position, run_id, version):
                for event in page:
                    yield event
                position, version = page[-1].position, page[-1].version
            if self._closed:
                return
            await grown.wait()

    async def _version_at(self, position: int, run_id: str | None) -> int:
        """Return the version of a run's event at a position, before which nothing need be read; 0 when it has none there."""
        page = [] if run_id is None or position <= 0 else await self._store.read_all(after_position=position - 1, limit=1)
        return page[0].version if page and (page[0].position, page[0].stream_id) == (position, run_id) else 0

    async def _after(self, position: int, run_id: str | None, version: int) -> list[Event]:
        if self._recent and self._recent[0].position <= position + 1:
            recent = [
                event for event in self._recent if event.position > position and event.stream_id == (run_id or event.stream_id)
            ]
            if recent or position >= self._head or run_id is None:
                return recent
        if run_id is None:
            return await self._store.read_all(after_position=position, limit=PAGE)
        # Positions and versions rise together within a stream.
        return [event for event in await self._store.read(run_id, after_version=version) if event.position > position]
