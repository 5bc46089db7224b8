"""An answer that is kept is not paid again, and what that saved is counted."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import TypeAdapter
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.usage import RequestUsage

from codecompanion.agents.kept_answers import AnswerKeeper
from codecompanion.agents.model_calls import ModelCalls, OneCall
from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.commands import RecordAll
from codecompanion.domain.events import ModelCallCompleted
from codecompanion.domain.spending import rows_of, total
from codecompanion.domain.team import Role
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from codecompanion.storage.memory_response_cache import MemoryResponseCache
from codecompanion.wiring.team import ListedPrices

pytestmark = pytest.mark.anyio

ANSWER = ModelResponse(parts=[TextPart("done")], usage=RequestUsage(input_tokens=1000, output_tokens=100))
KEY = "ab" * 32


def a_call(temperature: float) -> OneCall:
    request = json.dumps({"settings": {"temperature": temperature}})
    return OneCall("solo:1", "solo", 1, Role.SOLO, "openai:gpt-6.1-sol", KEY, request)


def asking(asked: list[str]) -> Callable[[], Awaitable[object]]:
    async def body() -> object:
        asked.append("sent")
        return {}

    return body


async def test_a_kept_answer_is_not_sent_for_and_its_price_is_counted_as_saved_once() -> None:
    governor = CostGovernor(MemoryEventStore(), SystemClock(), Limits(), redact=dict)
    cache, asked = MemoryResponseCache(), list[str]()
    answer, call = TypeAdapter(ModelResponse).dump_json(ANSWER).decode(), a_call(0)
    await AnswerKeeper(cache).put(call.request_hash, call.request, answer, datetime(2026, 11, 26, tzinfo=UTC))
    tools = SimpleNamespace(run_id="run-1", blobs=MemoryBlobStore(), redact=str)
    calls = ModelCalls(cast("Any", tools), "/shop", governor, ListedPrices(), keeper=AnswerKeeper(cache))
    for _ in range(2):  # the second time as after a crash before the answer was recorded
        recorded = await calls.carry_out(call, asking(asked))
        assert isinstance(recorded, RecordAll)
        (answered,) = recorded.findings
        assert isinstance(answered, ModelCallCompleted)
        assert answered.from_cache
    assert asked == []
    amounts = total(rows_of(await governor.spent(), run_id="run-1"))
    assert (amounts.cached, str(amounts.saved_usd), amounts.spent_usd) == (1, "0.003", 0)
