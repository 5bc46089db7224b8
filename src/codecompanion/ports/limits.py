"""How much may be asked of a provider at once, by all who share its limit."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limit:
    """What a provider may be asked: so many requests in flight, and so many sent in any 60 seconds. None is no limit."""

    in_flight: int | None = None
    per_minute: int | None = None


class ProviderLimits(Protocol):
    """Lets requests to providers through, one after the other, as their limits leave room.

    A model is named `provider:model`; all models of a provider share its limit, and who came first goes first.
    """

    def slot(self, model: str, on_wait: Callable[[], None] = ...) -> AbstractAsyncContextManager[None]:
        """Return a context that is entered when a request to a model may be sent, and left when that has ended.

        `on_wait` is called once if it cannot be entered at once. Who is cancelled while waiting gives its place up.
        """
        ...

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no further request to a model begin for some seconds, as its provider asked; a longer wish stands."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What who wants to send a request is told: to do so now (`wait_s` is 0), or to ask again after so many seconds.

    `held` when its model is held back: then it stands in no line.
    """

    wait_s: float
    held: bool = False


class LimitBook(Protocol):
    """Where all who share the limits of providers write down what they ask of them, by one clock.

    A request in flight is a lease, which its process renews: what a killed one held is free again when that has run out. A book
    may be away, which it says in the log of the program by itself: then it answers None and does nothing.
    """

    async def enter(self, token: str, model: str, limit: Limit) -> Turn | None:
        """Ask for a turn, for a request that only `token` names: the first time it steps into the line of its provider.

        Who does not ask again for `PATIENCE_S` has left the line. When it is told to go on it has been written down as sent.
        """
        ...

    async def renew(self, provider: str, tokens: Sequence[str]) -> None:
        """Say that requests are still in flight; those that the book has lost are written down anew, but not as sent."""
        ...

    async def leave(self, token: str, provider: str) -> None:
        """Say that a request has ended or waits no longer. What was sent stays sent."""
        ...

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no request to a model begin for some seconds; a longer wish stands."""
        ...


LEASE_S = 15.0
WINDOW_S = 60.0
"""What counts as a minute."""
PATIENCE_S = 3.0
"""Who stands in the line of a book and did not ask for so long has gone; the line moves on."""
