"""One policy for every model: asked again when that helps, left alone when it does not, never believed halfway."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from json import JSONDecodeError
from typing import Any, Self

import anyio
import httpx2
from pydantic_ai.exceptions import ModelAPIError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

from codecompanion.domain.errors import CodeCompanionError, FailureCategory, ModelCallFailed
from codecompanion.ports import ProviderLimits
from codecompanion.providers.answers import broken_off, whole, with_plausible_usage
from codecompanion.providers.backoff import wait_before_retry
from codecompanion.providers.billing import bill_of
from codecompanion.providers.breaker import CircuitBreaker
from codecompanion.providers.failures import chain_of, circuit_open, failure_of
from codecompanion.providers.heard import HEARING, Heard
from codecompanion.providers.limits import NoLimits
from codecompanion.providers.observing import Attempt, CallObserver, NobodyListens, Remains
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.transport import GuardedTransport

MIDWAY = (ModelAPIError, UnexpectedModelBehavior, httpx2.HTTPError, JSONDecodeError, UnicodeDecodeError)
"""What a stream raises when the provider's side of it breaks; anything else is its reader's own."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a call needs of the world.

    How to wait, a draw from [0, 1), how secrets are masked, who listens, and what lets requests to a provider through.
    """

    sleep: Callable[[float], Awaitable[None]]
    draw: Callable[[], float]
    redact: Callable[[str], str]
    observer: CallObserver = field(default_factory=NobodyListens)
    limits: ProviderLimits = field(default_factory=NoLimits)


class ResilientModel(WrapperModel):
    """A model under the policy. Every failure is a `ModelCallFailed`; an answer that is returned is whole.

    `request` streams inside (unless the policy says no), because only a stream shows that a model is alive. In
    `request_stream` a request is sent again only until the stream has begun: what its reader has seen cannot be taken back.
    """

    def __init__(
        self,
        wrapped: Model,
        *,
        name: str,
        policy: CallPolicy,
        breaker: CircuitBreaker,
        circumstances: Circumstances,
        transport: GuardedTransport | None = None,
    ) -> None:
        super().__init__(wrapped)
        self.name = name
        self.policy = policy
        self._breaker = breaker
        self._world = circumstances
        self._transport = transport
        self._entered = 0

    async def __aenter__(self) -> Self:
        """Return the model. Several may enter it at the same time."""
        self._entered += 1
        return self

    async def __aexit__(self, *args: object) -> None:
        """Close the connections when the last one leaves; another call opens new ones."""
        self._entered -= 1
        if self._transport is not None and self._entered == 0:
            await self._transport.aclose()

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return a whole answer.

        Raises:
            ModelCallFailed: There is none; `category` says why.
        """
        number = 0
        while True:
            number += 1
            attempt = Attempt(self.name, number, messages, model_settings, model_request_parameters)
            async with AsyncExitStack() as slot:
                await self._admit(attempt, slot)
                received = _Received()
                try:
                    with _hearing(received.heard):
                        response = await self._ask(attempt, received)
                except (CodeCompanionError, UserError):
                    raise
                except Exception as error:  # noqa: BLE001 - SDKs raise what they like; `failure_of` knows the rest
                    await self._make_room(error, slot)
                    await self._wait_or_give_up(attempt, error, received)
                else:
                    await slot.aclose()
                    return await self._accept(attempt, response, received)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield a stream; when it has been read to its end, it was whole.

        Raises:
            ModelCallFailed: It cannot be begun, or it breaks or ends early.
        """
        number = 0
        async with AsyncExitStack() as open_streams:
            while True:
                number += 1
                attempt = Attempt(self.name, number, messages, model_settings, model_request_parameters)
                slot = await open_streams.enter_async_context(AsyncExitStack())
                await self._admit(attempt, slot)
                received = _Received()
                open_streams.enter_context(_hearing(received.heard))
                try:
                    stream = await open_streams.enter_async_context(
                        self.wrapped.request_stream(messages, model_settings, model_request_parameters, run_context)
                    )
                except (CodeCompanionError, UserError):
                    raise
                except Exception as error:  # noqa: BLE001 - as in `request`
                    await self._make_room(error, slot)
                    await self._wait_or_give_up(attempt, error, received)
                else:
                    received.stream = stream
                    break
            try:
                yield stream
                response = stream.get()
                if not _was_left_early(stream, response):
                    whole(response)
            except MIDWAY as error:
                raise await self._failed(attempt, error, received) from error
            await self._accept(attempt, response, received)

    async def _ask(self, attempt: Attempt, received: "_Received") -> ModelResponse:
        asked = (attempt.messages, attempt.settings, attempt.parameters)
        if not self.policy.streamed:
            with anyio.move_on_after(self.policy.call_s):
                received.answer = await self.wrapped.request(*asked)
                return whole(received.answer)
            raise TimeoutError(f"the answer was not there within {self.policy.call_s:g} s")
        async with self.wrapped.request_stream(*asked) as stream:
            received.stream = stream
            async for _ in stream:
                pass
            return whole(stream.get())

    async def _admit(self, attempt: Attempt, slot: AsyncExitStack) -> None:
        """Let a request through: the slot holds its place among those to its provider until it is closed."""
        if not self._breaker.resting_s():
            waits = partial(self._world.observer.queued, attempt)
            await slot.enter_async_context(self._world.limits.slot(self.name, waits))
        wait_s = self._breaker.seconds_until_a_try()
        if wait_s > 0:
            raise circuit_open(wait_s).as_error(self.name, attempts=attempt.number - 1)
        await self._world.observer.sending(attempt)

    async def _accept(self, attempt: Attempt, response: ModelResponse, received: "_Received") -> ModelResponse:
        self._breaker.succeeded()
        response = with_plausible_usage(response, attempt.messages, attempt.parameters)
        await self._world.observer.answered(attempt, response, received.first_token_s())
        return response

    async def _wait_or_give_up(self, attempt: Attempt, error: Exception, received: "_Received") -> None:
        failure = failure_of(error)
        failed = await self._failed(attempt, error, received)
        wait_s = wait_before_retry(failure, self.policy, sent=attempt.number, draw=self._world.draw())
        if wait_s is None:
            raise failed from error
        await self._world.observer.waiting(attempt, failed, wait_s)
        await self._world.sleep(wait_s)

    async def _make_room(self, error: Exception, slot: AsyncExitStack) -> None:
        """Let others through after a request failed, unless the provider asks all of them for patience."""
        failure = failure_of(error)
        wished = failure.retry_after_s
        is_rate = failure.transient and failure.category is FailureCategory.RATE_LIMIT
        if is_rate and wished is not None and 0 < wished <= self.policy.max_wait_s:
            await self._world.limits.hold_back(self.name, wished)
        await slot.aclose()

    async def _failed(self, attempt: Attempt, error: Exception, received: "_Received") -> ModelCallFailed:
        failure = failure_of(error)
        if failure.transient:
            self._breaker.failed()
        else:
            self._breaker.succeeded()  # it answers, if only to say no
        failed = failure.as_error(self.name, attempts=attempt.number)
        failed.cause = self._world.redact(failed.cause)
        partial = received.so_far()
        so_far = None if partial is None else broken_off(partial, attempt.messages, attempt.parameters)
        remains = Remains(bill_of(chain_of(error), so_far), so_far, received.heard.text(self._world.redact))
        await self._world.observer.failed(attempt, failed, remains)
        return failed


@dataclass(slots=True)
class _Received:
    """What came of a request: its stream once it has begun, or its answer; and the bytes that they are read from."""

    stream: StreamedResponse | None = None
    answer: ModelResponse | None = None
    heard: Heard = field(default_factory=Heard)
    asked_at: float = field(default_factory=time.perf_counter)

    def first_token_s(self) -> float | None:
        """Return after how many seconds the answer began, None when it was not streamed."""
        return None if self.stream is None else self.stream.time_to_first_chunk(self.asked_at)

    def so_far(self) -> ModelResponse | None:
        return self.answer if self.stream is None else self.stream.get()


@contextmanager
def _hearing(heard: Heard) -> Generator[None]:
    token = HEARING.set(heard)
    try:
        yield
    finally:
        HEARING.reset(token)


def _was_left_early(stream: StreamedResponse, response: ModelResponse) -> bool:
    # "incomplete" on the stream itself is the provider's word; on the response alone it means that its reader stopped.
    return stream.state == "complete" and response.state in ("incomplete", "interrupted")
