"""A member of a consumer group: reads, hands to the handler, acknowledges, and takes over what dead members left."""

import heapq
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

import anyio
import redis.exceptions as redis_errors
from anyio.abc import TaskStatus

from codecompanion.bus.reading_ahead import MOST_AT_ONCE, ReadingAhead
from codecompanion.bus.redis_connection import Connection
from codecompanion.bus.redis_messages import Entry, dead_fields, to_message
from codecompanion.bus.redis_scripts import KEEP, LEAVE, RELEASE
from codecompanion.bus.redis_trimming import HEIR, LONG_IDLE_MS
from codecompanion.bus.rules import DEAD_KEPT, Rules
from codecompanion.bus.waiting import Waits
from codecompanion.ports import Handler, Message

_AWAY = (redis_errors.RedisError, OSError)
_log = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class _Retry:
    due: float
    message: Message = field(compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """Who subscribes to what; no two consumers of a group have the same name."""

    topic: str
    group: str
    consumer: str


class Member:
    """One subscriber of a topic in a group."""

    def __init__(self, connection: Connection, rules: Rules, membership: Membership, handler: Handler) -> None:
        self._connection = connection
        self._redis = connection.commands
        self._rules = rules
        self._topic = membership.topic
        self._key = connection.key(membership.topic)
        self._group = membership.group
        self._consumer = membership.consumer
        self._handler = handler
        self._has_joined = False
        self._was_member = False
        self._queue: deque[Message] = deque()
        self._current: Message | None = None
        self._retries: list[_Retry] = []
        self._done: list[str] = []
        self._ahead = ReadingAhead()
        self._look_at = 0.0
        self._cursor = "0-0"

    async def stay(self, task_status: TaskStatus[None]) -> None:
        """Handle messages until cancelled; then others get what is in hand."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._give_signs_of_life)
            try:
                await self._work(task_status)
            finally:
                with anyio.CancelScope(shield=True), suppress(*_AWAY):
                    await self._leave()

    async def _work(self, task_status: TaskStatus[None]) -> None:
        waits = Waits()
        while True:
            try:
                if not self._has_joined:
                    await self._join(task_status)
                await self._turn()
            except _AWAY as error:
                if _is_gone(error):
                    self._has_joined = False
                    continue
                self._connection.presence.lost(error)
                await waits.wait()
            else:
                self._connection.presence.found()
                waits.begin_anew()

    async def _join(self, task_status: TaskStatus[None]) -> None:
        # Where the stream of a group that was there is gone, all that a new one holds is new to it.
        begin = "0" if self._was_member else "$"
        try:
            await self._redis.xgroup_create(self._key, self._group, begin, mkstream=True)
        except redis_errors.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        self._has_joined = True
        if not self._was_member:
            self._was_member = True
            task_status.started()

    async def _turn(self) -> None:
        await self._acknowledge()
        if not self._queue:
            await self._take_over()
        if not self._queue:
            self._queue.extend(await self._due_retries() or await self._read())
        if self._queue:
            begun, count = time.monotonic(), len(self._queue)
            await self._handle_all()
            self._ahead.handled(count, time.monotonic() - begun)

    # ------------------------------------------------------------------------------------------------------- receiving

    async def _read(self) -> list[Message]:
        now = time.monotonic()
        due = self._retries[0].due if self._retries else now + self._connection.block_s
        wait_s = min(self._connection.block_s, due - now, self._look_at - now)
        reply = await self._connection.readers.xreadgroup(
            self._group, self._consumer, {self._key: ">"}, count=self._ahead.count, block=max(1, int(wait_s * 1000))
        )
        streams = cast("list[tuple[str, list[Entry]]]", reply)
        return [to_message(self._topic, entry) for _, entries in streams for entry in entries]

    async def _due_retries(self) -> list[Message]:
        due: list[Message] = []
        while self._retries and self._retries[0].due <= time.monotonic():
            message = heapq.heappop(self._retries).message
            due.append(replace(message, attempt=message.attempt + 1))
        return due and await self._kept(due, count=True)

    async def _take_over(self) -> None:
        """Take what members that died or left had in hand."""
        now = time.monotonic()
        if now < self._look_at:
            return
        idle_ms = int(self._rules.idle_s * 1000)
        reply = await self._redis.xautoclaim(self._key, self._group, self._consumer, idle_ms, self._cursor, count=MOST_AT_ONCE)
        self._cursor, entries = reply[0], cast("list[Entry]", reply[1])
        if self._cursor == "0-0":
            self._look_at = now + self._rules.look_every_s
        in_hand = {message.message_id for message in self._in_hand()}
        if claimed := [entry for entry in entries if entry[0] not in in_hand]:
            deliveries = await self._deliveries(claimed)
            self._queue.extend(to_message(self._topic, entry, deliveries.get(entry[0], 2)) for entry in claimed)

    async def _deliveries(self, entries: list[Entry]) -> dict[str, int]:
        rows = await self._redis.xpending_range(
            self._key, self._group, entries[0][0], entries[-1][0], 2 * MOST_AT_ONCE, self._consumer
        )
        return {row["message_id"]: row["times_delivered"] for row in cast("list[dict[str, Any]]", rows)}

    # -------------------------------------------------------------------------------------------------------- handling

    async def _handle_all(self) -> None:
        """Handle what was read; that is little enough for a handler that never waits not to keep others from running."""
        while self._queue:
            self._current = message = self._queue.popleft()
            try:
                await self._handle(message)
            finally:
                self._current = None
        await self._acknowledge()

    async def _handle(self, message: Message) -> None:
        try:
            await self._handler(Message(message.message_id, message.topic, dict(message.payload), message.attempt))
        except Exception:  # noqa: BLE001  # whatever a handler raises means that the message is not handled
            _log.warning("%s could not handle message %s of %s", self._consumer, message.message_id, self._topic, exc_info=True)
            await self._refuse(message)
        else:
            self._done.append(message.message_id)

    async def _refuse(self, message: Message) -> None:
        if message.attempt < self._rules.max_deliveries:
            heapq.heappush(self._retries, _Retry(time.monotonic() + self._rules.backoff(message.attempt), message))
            return
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xadd(self._connection.key("dead", self._topic, self._group), dead_fields(message), maxlen=DEAD_KEPT)
        pipeline.xack(self._key, self._group, message.message_id)
        await pipeline.execute()

    async def _acknowledge(self) -> None:
        if not self._done:
            return
        done, self._done = self._done, []
        try:
            await self._redis.xack(self._key, self._group, *done)
        except BaseException:
            self._done += done  # said again before anything else is read
            raise

    # --------------------------------------------------------------------------------------------------- signs of life

    def _in_hand(self) -> list[Message]:
        """Return what is worked on or waits here for another try."""
        return [*([self._current] if self._current else []), *(retry.message for retry in self._retries)]

    async def _give_signs_of_life(self) -> None:
        while True:
            await anyio.sleep(self._rules.idle_s / 3)
            with suppress(*_AWAY):
                await self._acknowledge()
                await self._release_the_rest()
                await self._kept(self._in_hand())

    async def _kept(self, messages: list[Message], *, count: bool = False) -> list[Message]:
        """Keep messages from being taken over, and return those that are still ours. `count` says which delivery this is."""
        if not messages:
            return []
        pairs = [text for message in messages for text in (message.message_id, str(message.attempt) if count else "")]
        kept = await self._run(KEEP, *pairs)
        return [message for message in messages if message.message_id in kept]

    async def _release_the_rest(self) -> None:
        """Let others have what was read ahead: the message in hand takes long."""
        rest = [text for message in self._queue for text in (message.message_id, str(message.attempt - 1))]
        self._queue.clear()
        if rest:
            await self._run(RELEASE, str(LONG_IDLE_MS), *rest)

    async def _leave(self) -> None:
        await self._acknowledge()
        await self._run(LEAVE, str(LONG_IDLE_MS), HEIR)

    async def _run(self, script: str, *arguments: str) -> list[str]:
        found: Any = await self._redis.eval(script, 1, self._key, self._group, self._consumer, *arguments)
        return cast("list[str]", found or [])


def _is_gone(error: Exception) -> bool:
    """Whether Redis says that there is no such stream or group: it lost them."""
    return isinstance(error, redis_errors.ResponseError) and str(error).startswith(("NOGROUP", "UNBLOCKED"))
