"""The bus inside one process: the same promises as Redis Streams, nothing to install."""

import heapq
import logging
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from anyio.lowlevel import checkpoint

from codecompanion.ports import Handler, Message

_log = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class _Delivery:
    """A message that waits for a member of a group; the earlier published goes first among those that are due."""

    due: float
    number: int
    message: Message = field(compare=False)


class _Group:
    """What one consumer group has still to handle."""

    def __init__(self, *, capacity: int) -> None:
        self.dead: deque[Message] = deque(maxlen=capacity)
        self._capacity = capacity
        self._waiting: list[_Delivery] = []
        self._changed: anyio.Event | None = None
        """What those who wait for a change wait for; made by the first of them, since mostly nobody waits."""

    def put(self, delivery: _Delivery) -> None:
        """Let the delivery wait; when there are too many, the one that is due first is dropped."""
        heapq.heappush(self._waiting, delivery)
        if len(self._waiting) > self._capacity:
            heapq.heappop(self._waiting)
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def take(self) -> _Delivery:
        """Wait for the first delivery that is due and take it; nothing is taken when the wait is cancelled."""
        await checkpoint()  # a handler that never waits must not keep others from running
        while not self._waiting or self._waiting[0].due > anyio.current_time():
            await self._change()
        return heapq.heappop(self._waiting)

    async def _change(self) -> None:
        """Wait until a delivery is put, or the first one is due."""
        self._changed = changed = self._changed or anyio.Event()
        if self._waiting:
            with anyio.CancelScope(deadline=self._waiting[0].due):
                await changed.wait()
        else:
            await changed.wait()


def _copy(message: Message) -> Message:
    """Return a message whose payload its reader may change; a fifth of the time of `replace`."""
    return Message(message.message_id, message.topic, dict(message.payload), message.attempt)


class MockBus:
    """A `BaseBus` in one process and one event loop; what is published is gone when the process ends.

    Args:
        max_deliveries: How often a group gets a message that its handlers raise on, before it is a dead letter.
        backoff_s: The wait before the second delivery, in seconds; it doubles with each further one.
        capacity: How many messages may wait for a group, and how many dead letters it keeps. Beyond it the oldest is
            dropped, as Redis does with MAXLEN: a message is only a wake-up, and every consumer also polls the log.
    """

    def __init__(self, *, max_deliveries: int = 5, backoff_s: float = 0.05, capacity: int = 10_000) -> None:
        self._max_deliveries = max_deliveries
        self._backoff_s = backoff_s
        self._capacity = capacity
        self._numbers = count(1)
        self._topics: defaultdict[str, dict[str, _Group]] = defaultdict(dict)
        self._last: dict[str, Message] = {}

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        """Hand messages to every group of the topic and return their ids; see `BaseBus.publish`."""
        return [self._publish(topic, payload) for payload in payloads]

    def _publish(self, topic: str, payload: Mapping[str, str | int]) -> str:
        number = next(self._numbers)
        self._last[topic] = message = Message(str(number), topic, dict(payload))
        for group in self._topics.get(topic, {}).values():
            group.put(_Delivery(anyio.current_time(), number, message))
        return message.message_id

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled; see `BaseBus.subscribe`. A group whose members have all left keeps its messages."""
        members = self._topics[topic].setdefault(group, _Group(capacity=self._capacity))
        task_status.started()
        while True:
            await self._deliver(await members.take(), members, handler, consumer)

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled; see `BaseBus.watch`."""
        alone, name = _Group(capacity=self._capacity), f"watcher {next(self._numbers)}"
        for topic in topics:
            self._topics[topic][name] = alone
        task_status.started()
        try:
            while True:
                message = (await alone.take()).message
                try:
                    await handler(_copy(message))
                except Exception:  # noqa: BLE001  # it has passed
                    _log.warning("a watcher could not take message %s of %s", message.message_id, message.topic, exc_info=True)
        finally:
            for topic in topics:
                del self._topics[topic][name]

    async def _deliver(self, delivery: _Delivery, group: _Group, handler: Handler, consumer: str) -> None:
        message = delivery.message
        try:
            await handler(_copy(message))
        except anyio.get_cancelled_exc_class():
            group.put(self._again(delivery, wait_s=0))
            raise
        except Exception:  # noqa: BLE001  # whatever a handler raises means that the message is not handled
            _log.warning("%s could not handle message %s of %s", consumer, message.message_id, message.topic, exc_info=True)
            if message.attempt < self._max_deliveries:
                group.put(self._again(delivery, wait_s=self._backoff_s * 2 ** (message.attempt - 1)))
            else:
                group.dead.append(message)

    def _again(self, delivery: _Delivery, *, wait_s: float) -> _Delivery:
        message = replace(delivery.message, attempt=delivery.message.attempt + 1)
        return _Delivery(anyio.current_time() + wait_s, delivery.number, message)

    async def dead_letters(self, topic: str, *, group: str) -> list[Message]:
        """Return the messages that a group could not handle, oldest first."""
        known = self._topics.get(topic, {}).get(group)
        return list(known.dead) if known else []

    async def last(self, *topics: str) -> dict[str, Message]:
        """Return of each topic the message that was published last, if there was one."""
        known = {topic: self._last[topic] for topic in topics if topic in self._last}
        return {topic: _copy(message) for topic, message in known.items()}

    async def check(self) -> str:
        """Return what the bus is; it is never away."""
        return "within this process"
