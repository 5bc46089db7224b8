"""Group commit without a task of its own: whoever comes first writes for all who wait by then."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from anyio.lowlevel import cancel_shielded_checkpoint

T = TypeVar("T")
R = TypeVar("R")

MOST_AT_ONCE = 64


@dataclass(slots=True)
class _Done(Generic[R]):
    value: R


@dataclass(eq=False, slots=True)
class _Ticket(Generic[T, R]):
    """An item and who waits for it: until it is called because it has an outcome, or because it is its turn to write.

    `waking` is None for whoever writes at once. It is a future of asyncio's, which costs a fifth of an event of anyio's.
    """

    item: T
    waking: asyncio.Future[None] | None = None
    is_called: bool = False
    outcome: _Done[R] | Exception | None = None

    def call(self) -> None:
        """Wake who waits."""
        self.is_called = True
        if self.waking is not None and not self.waking.done():
            self.waking.set_result(None)


class GroupCommit(Generic[T, R]):
    """Hands items to `write` in groups, one group at a time; what comes meanwhile makes the next group.

    Args:
        write: Stores items and returns what became of each. What it raises is raised to all of the group. When it is
            cancelled nobody knows what was stored, and the others of the group ask again: it must take that.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._write = write
        self._waiting: list[_Ticket[T, R]] = []
        self._is_led = False
        self._was_shared = False

    async def run(self, item: T) -> R:
        """Return what became of an item, or raise it."""
        ticket: _Ticket[T, R] = _Ticket(item)
        self._waiting.append(ticket)
        if self._is_led:
            await self._wait(ticket)
        if ticket.outcome is None:
            self._is_led = True
            if self._was_shared:  # whoever was answered with the last group is likely to be back within a turn of the loop
                await cancel_shielded_checkpoint()
            await self._lead()
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        assert ticket.outcome is not None
        return ticket.outcome.value

    async def _wait(self, ticket: _Ticket[T, R]) -> None:
        ticket.waking = asyncio.get_running_loop().create_future()
        try:
            await ticket.waking
        except BaseException:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                if ticket.is_called:  # it was to write next
                    self._pass_on()
            raise

    async def _lead(self) -> None:
        group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        self._was_shared = len(group) > 1
        try:
            outcomes = await self._outcomes([ticket.item for ticket in group])
        except BaseException:
            self._waiting[:0] = group[1:]
            self._pass_on()
            raise
        for ticket, outcome in zip(group, outcomes, strict=True):
            ticket.outcome = outcome
        self._pass_on()  # first: the next group is on its way while this one goes on
        for ticket in group:
            ticket.call()

    async def _outcomes(self, items: Sequence[T]) -> Sequence[_Done[R] | Exception]:
        try:
            outcomes = await self._write(items)
        except Exception as error:  # noqa: BLE001  # it is handed to everyone who waits for this group
            return [error] * len(items)
        return [outcome if isinstance(outcome, Exception) else _Done(outcome) for outcome in outcomes]

    def _pass_on(self) -> None:
        self._is_led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].call()
