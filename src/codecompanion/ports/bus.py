"""Facts on their way to those who wait for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus


@dataclass(frozen=True, slots=True)
class Message:
    """A wake-up: "look at this stream". It carries no facts; `attempt` counts deliveries to the group from 1."""

    message_id: str
    topic: str
    payload: dict[str, str | int]
    attempt: int = 1


Handler = Callable[[Message], Awaitable[None]]


class BaseBus(Protocol):
    """Topics with consumer groups: every group gets every message at least once, the members of a group share them.

    Losing a bus costs time, never a fact: whoever is woken by it also looks regularly, and does so alone while it is away.
    """

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        """Hand messages to every group of the topic, in this order, and return their ids. It waits for no consumer.

        Raises:
            BusUnavailable: The bus is away; whether the messages reached it is not known.
        """
        ...

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled, one at a time; while the bus is away, wait for it.

        A group begins with the messages published after its first subscriber came: `task_status` is told when that is so. A
        handler that returns acknowledges; one that raises gets the message again, up to the bus's limit of deliveries, then it
        goes to `dead_letters`. What a member that was cancelled or died had in hand goes to another.
        """
        ...

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled, from when `task_status` is told: all of them, each at most once.

        Nothing is kept for who watches: what comes while it or the bus is away, or on which the handler raises, has passed.
        """
        ...

    async def dead_letters(self, topic: str, *, group: str) -> list[Message]:
        """Return the messages that a group could not handle, oldest first; the bus keeps a bounded number.

        Raises:
            BusUnavailable: The bus is away.
        """
        ...

    async def last(self, *topics: str) -> dict[str, Message]:
        """Return of each topic the message that was published last; a topic of which the bus has none (any more) is left out.

        Raises:
            BusUnavailable: The bus is away.
        """
        ...

    async def check(self) -> str:
        """Return what and where the bus is, for people, without a password.

        Raises:
            BusUnavailable: It cannot be used now.
        """
        ...
