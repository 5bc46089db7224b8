"""Who hears of every request to a model: a journal that reserves and settles, a screen that counts down."""

from dataclasses import dataclass
from typing import Protocol

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from codecompanion.domain.errors import ModelCallFailed
from codecompanion.providers.billing import Bill


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that is about to be sent. `number` counts the requests of one call from 1."""

    model: str
    number: int
    messages: list[ModelMessage]
    settings: ModelSettings | None
    parameters: ModelRequestParameters


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a request that failed.

    `bill` is what it may cost, `partial` what had come of its answer (None for nothing), `body` the beginning of what the
    server sent, as text without secrets.
    """

    bill: Bill
    partial: ModelResponse | None = None
    body: str = ""


class CallObserver(Protocol):
    """Hears of each request before it is sent and when it has ended."""

    async def sending(self, attempt: Attempt) -> None:
        """Be told before a request is sent; what is raised here keeps it from being sent and reaches the caller."""
        ...

    def queued(self, attempt: Attempt) -> None:
        """Be told that a request waits for its turn: the limit of its provider is reached, or that asked for patience."""
        ...

    async def answered(self, attempt: Attempt, response: ModelResponse, first_token_s: float | None) -> None:
        """Be told of a complete answer, with its usage; it began after so many seconds, None when it was not streamed."""
        ...

    async def failed(self, attempt: Attempt, failure: ModelCallFailed, remains: Remains) -> None:
        """Be told of a failure, and what is left of the request."""
        ...

    async def waiting(self, attempt: Attempt, failure: ModelCallFailed, seconds: float) -> None:
        """Be told that the request will be sent again after a wait."""
        ...


class NobodyListens:
    """An observer that does nothing."""

    async def sending(self, attempt: Attempt) -> None:
        """Let it be sent."""

    def queued(self, attempt: Attempt) -> None:
        """Do nothing."""

    async def answered(self, attempt: Attempt, response: ModelResponse, first_token_s: float | None) -> None:
        """Do nothing."""

    async def failed(self, attempt: Attempt, failure: ModelCallFailed, remains: Remains) -> None:
        """Do nothing."""

    async def waiting(self, attempt: Attempt, failure: ModelCallFailed, seconds: float) -> None:
        """Do nothing."""
