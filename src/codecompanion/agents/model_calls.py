"""Sends the calls of a run's models: reserved before each request, settled after it, every failure in the log."""

import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import anyio
from pydantic import TypeAdapter
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from codecompanion.agents.answer_room import room_of
from codecompanion.agents.canary import holds_mark
from codecompanion.agents.kept_answers import AnswerKeeper
from codecompanion.agents.money import Governor, Prices, Reserved
from codecompanion.domain.commands import Command, Record, RecordAll
from codecompanion.domain.errors import FailureCategory, LimitReached, ModelCallFailed
from codecompanion.domain.events import ModelCallCompleted, ModelCallReserved, ModelSwitched
from codecompanion.domain.events import ModelCallFailed as CallFailed
from codecompanion.domain.labels import Label
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox
from codecompanion.observability.log_fields import log_fields
from codecompanion.providers.answers import ESTIMATED
from codecompanion.providers.billing import Bill
from codecompanion.providers.observing import Attempt, Remains
from codecompanion.providers.token_bounds import input_tokens_at_most

_log = logging.getLogger(__name__)
_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)


@dataclass(frozen=True, slots=True)
class OneCall:
    """A call of a model: who asks what. `request` is its JSON, `request_hash` the hash of it and the model's name.

    `model` is the one that is asked first. `labels` are whose words the request holds; an answer with the `mark` in it is not
    kept for other runs.
    """

    key: str
    task_id: str
    attempt: int
    role: Role
    model: str
    request_hash: str
    request: str
    labels: tuple[Label, ...] = ()
    mark: str = ""


@dataclass(slots=True)
class _InFlight:
    """A call that is being carried out.

    `asked` is the model that was asked last, `model` the one that it says it is; `failed` counts the requests that failed;
    `reserved` is the money that is set aside for the one under way, which costs `worst_usd` at most; `cost_usd` is what the
    answer cost, None for unknown; `first_token_s` is when it began. `room` is how many tokens the answer may have, `cut`
    whether the last one was cut off there.
    """

    call: OneCall
    asked: str
    sends: int = 0
    failed: int = 0
    reserved: Reserved | None = None
    worst_usd: Decimal | None = None
    cost_usd: Decimal | None = None
    model: str = ""
    first_token_s: float | None = None
    usage_estimated: bool = False
    room: int = 0
    cut: bool = False
    switches: list[ModelSwitched] = field(default_factory=list[ModelSwitched])


_IN_FLIGHT: ContextVar[_InFlight] = ContextVar("call_in_flight")


class ModelCalls:
    """Carries out calls, and hears of each request that is sent for them.

    Args:
        tools: The run's toolbox.
        project: The absolute root of the user's repository.
        governor: Holds the budget.
        prices: Knows the prices.
        keeper: Keeps answers and gives them again, None for none.
        on_wait: Hears "model: reason" and the seconds of a wait before a request is sent again.
    """

    def __init__(
        self,
        tools: Toolbox,
        project: str,
        governor: Governor,
        prices: Prices,
        *,
        keeper: AnswerKeeper | None = None,
        on_wait: Callable[[str, float], None] = lambda _why, _seconds: None,
    ) -> None:
        self._tools = tools
        self._project = project
        self._governor = governor
        self._prices = prices
        self._keeper = keeper
        self._on_wait = on_wait

    async def carry_out(self, call: OneCall, body: Callable[[], Awaitable[object]]) -> Command:
        """Ask the model, or the cache, and return what is to be recorded.

        Raises:
            ModelCallFailed: No model answered.
            OverBudget: A limit does not leave enough; nothing was sent.
            LimitReached: The run's time ended before the answer was there.
        """
        with log_fields(agent=call.role.value, task=call.task_id):
            return await self._carry_out(call, body)

    async def _carry_out(self, call: OneCall, body: Callable[[], Awaitable[object]]) -> Command:
        started = time.monotonic()
        kept = None if self._keeper is None else await self._keeper.get(call.request_hash, call.request)
        if kept is not None:
            await self._count_saving(call, kept)
            flight = _InFlight(call, call.model, cost_usd=Decimal(0))
            return await self._completed(call, kept, flight, started, from_cache=True)
        flight = _InFlight(call, call.model)
        token = _IN_FLIGHT.set(flight)
        try:
            payload = await self._in_time(flight, body)
        finally:
            _IN_FLIGHT.reset(token)
        answer = json.dumps(payload)
        # What another model said is not its answer.
        if self._keeper is not None and flight.asked == call.model and not holds_mark(answer, call.mark):
            await self._keeper.put(call.request_hash, call.request, self._tools.redact(answer), _now())
        return await self._completed(call, payload, flight, started, from_cache=False)

    async def _count_saving(self, call: OneCall, payload: object) -> None:
        now = _now()
        usage = _RESPONSE.validate_python(payload).usage
        await self._governor.save(
            key=call.key,
            run_id=self._tools.run_id,
            project=self._project,
            role=call.role.value,
            model=call.model,
            saved_usd=self._prices.cost(call.model, usage, now),
            at=now,
        )

    async def _in_time(self, flight: _InFlight, body: Callable[[], Awaitable[object]]) -> object:
        left_s = self._tools.deadline.left_s(purpose=f"{flight.asked} was asked")
        with anyio.move_on_after(left_s):
            return await body()
        if flight.reserved is not None:
            await self._failed(flight, FailureCategory.TIMEOUT, "cut off: the run's time was used up", Remains(Bill.UNKNOWN))
        raise LimitReached(
            f"the time limit was reached while {flight.asked} was asked",
            fix="it has its time anew when it goes on, and more with --timeout",
        )

    async def _completed(
        self, call: OneCall, payload: object, flight: _InFlight, started: float, *, from_cache: bool
    ) -> Command:
        usage = _RESPONSE.validate_python(payload).usage
        text = self._tools.redact(json.dumps(payload, ensure_ascii=False))
        completed = ModelCallCompleted(
            call=call.key,
            sends=flight.sends,
            task_id=call.task_id,
            role=call.role,
            model=flight.model or flight.asked,
            request_hash=call.request_hash,
            response_sha256=await self._tools.blobs.put(text.encode()),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cache_read_tokens,
            cost_usd=_text(flight.cost_usd),
            price_version=self._prices.version,
            duration_s=round(time.monotonic() - started, 3),
            from_cache=from_cache,
            asked=flight.asked,
            usage_estimated=flight.usage_estimated,
            first_token_s=None if flight.first_token_s is None else round(flight.first_token_s, 3),
        )
        return RecordAll((*flight.switches, completed))

    def switched(self, before: str, after: str, failure: ModelCallFailed) -> None:
        """Remember for the call's record that another model is asked from here on."""
        flight = _IN_FLIGHT.get()
        call, category = flight.call, failure.category.value
        flight.asked = after
        flight.switches.append(
            ModelSwitched(
                call=call.key, task_id=call.task_id, role=call.role, from_model=before, to_model=after, category=category
            )
        )
        self._tools.hearing.say(f"{before} does not answer ({category}); {after} is asked instead")

    async def sending(self, attempt: Attempt) -> None:
        """Set the worst cost aside and write down that a request is about to be sent."""
        flight = _IN_FLIGHT.get()
        call, now = flight.call, _now()
        send = await self._next_send(call, flight.sends)
        size, room = input_tokens_at_most(attempt.messages, attempt.parameters), room_of(attempt.settings)
        worst = self._prices.worst(attempt.model, size, room, now)
        reservation = await self._governor.reserve(
            key=f"{call.key}:{send}",
            run_id=self._tools.run_id,
            project=self._project,
            role=call.role.value,
            model=attempt.model,
            worst_usd=worst,
            at=now,
            purpose=call.task_id,
            fallback_usd=self._prices.worst_known(size, room, now),
        )
        if flight.cut:
            again = f"the answer was cut off at {flight.room:,} tokens; it was asked for again with room for {room:,}"
            await self._tell(flight, "length", again, flight.cost_usd)
            flight.cost_usd, flight.failed = Decimal(0), flight.failed + 1  # what the cut one cost is told
        flight.asked, flight.sends, flight.room, flight.cut = attempt.model, send, room, False
        flight.reserved, flight.worst_usd = reservation, worst
        reserved = ModelCallReserved(
            call=call.key,
            send=send,
            task_id=call.task_id,
            attempt=call.attempt,
            role=call.role,
            model=attempt.model,
            request_hash=call.request_hash,
            prompt_sha256=await self._tools.blobs.put(call.request.encode()),
            input_tokens=size,
            worst_usd=_text(worst),
            labels=call.labels,
        )
        await self._tools.journal.derive(_reserve_key(call, send), Record(reserved), actor=call.role.value)

    def queued(self, attempt: Attempt) -> None:
        """Say that a request waits for its turn."""
        provider = attempt.model.partition(":")[0]
        self._tools.hearing.say(f"{attempt.model} is asked when it is its turn: so much is asked of {provider} already")

    async def _next_send(self, call: OneCall, sends: int) -> int:
        # Requests that an earlier process sent before it was killed are in the log already.
        while True:
            sends += 1
            try:
                await self._tools.journal.recall(_reserve_key(call, sends))
            except KeyError:
                return sends

    async def answered(self, attempt: Attempt, response: ModelResponse, first_token_s: float | None) -> None:
        """Replace the worst by what the answer cost."""
        flight = _IN_FLIGHT.get()
        flight.first_token_s = first_token_s
        flight.model = _named(attempt.model, response)
        flight.usage_estimated = bool((response.metadata or {}).get(ESTIMATED))
        flight.cost_usd = self._cost(flight, response.usage)
        flight.cut = response.finish_reason == "length"  # nothing of it is carried out
        await self._settle(flight, flight.cost_usd, wasted=flight.cut)

    async def failed(self, attempt: Attempt, failure: ModelCallFailed, remains: Remains) -> None:
        """Replace the worst by what the failure cost, if that can be known; else it stays reserved."""
        del attempt
        what = "; ".join(filter(None, (failure.what, failure.cause)))
        await self._failed(_IN_FLIGHT.get(), failure.category, what, remains)

    async def waiting(self, attempt: Attempt, failure: ModelCallFailed, seconds: float) -> None:
        """Say that a request is sent again after a wait."""
        _log.warning("%s is asked again in %.1f s: %s", attempt.model, seconds, failure.category.value)
        self._on_wait(f"{attempt.model}: {failure.category.value}", seconds)

    async def _failed(self, flight: _InFlight, category: FailureCategory, what: str, remains: Remains) -> None:
        unsettled = remains.bill is Bill.UNKNOWN and flight.worst_usd != 0
        if unsettled:
            cost, flight.reserved = flight.worst_usd, None
        else:
            came = remains.partial if remains.bill is Bill.WHAT_CAME else None
            cost = Decimal(0) if came is None else self._cost(flight, came.usage)
            await self._settle(flight, cost, wasted=True)
        flight.failed += 1
        await self._tell(flight, category.value, what, cost, unsettled=unsettled, body=remains.body)

    async def _tell(
        self,
        flight: _InFlight,
        category: str,
        what: str,
        cost: Decimal | None,
        *,
        unsettled: bool = False,
        body: str = "",
    ) -> None:
        failed = CallFailed(
            call=flight.call.key,
            send=flight.sends,
            role=flight.call.role,
            model=flight.asked,
            category=category,
            what=what,
            cost_usd=_text(cost),
            unsettled=unsettled,
            body_sha256=await self._tools.blobs.put(body.encode()) if body else "",
        )
        key = f"failed:{flight.call.key}:{flight.sends}"
        await self._tools.journal.derive(key, Record(failed), actor=flight.call.role.value)

    def _cost(self, flight: _InFlight, usage: RequestUsage) -> Decimal | None:
        known = self._prices.cost(flight.model or flight.asked, usage, _now())
        return known if known is not None else self._prices.cost(flight.asked, usage, _now())

    async def _settle(self, flight: _InFlight, cost: Decimal | None, *, wasted: bool) -> None:
        assert flight.reserved is not None
        await self._governor.settle(flight.reserved.reservation_id, cost_usd=cost, wasted=wasted, retried=flight.failed > 0)
        flight.reserved = None


def _reserve_key(call: OneCall, send: int) -> str:
    return f"reserve:{call.key}:{send}"


def _named(asked: str, response: ModelResponse) -> str:
    provider = asked.partition(":")[0]
    return f"{provider}:{response.model_name}" if response.model_name else asked


def _now() -> datetime:
    return datetime.now(UTC)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
