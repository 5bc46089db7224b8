"""How much may be asked of a provider at once, by all who share its limit."""

from collections.abc import Callable
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
