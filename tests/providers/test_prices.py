from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.catalogue import KNOWN
from codecompanion.providers.names import ModelName
from codecompanion.providers.prices import PRICE_VERSION, cost_of, facts_of

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_every_known_model_has_a_price() -> None:
    for name, _ in KNOWN:
        price = facts_of(ModelName(*name.split(":", 1)), AT).price
        assert price is not None, name
        assert 0 < price.input_usd <= price.output_usd


def test_tokens_are_priced_by_kind() -> None:
    sonnet = ModelName("anthropic", "claude-sonnet-5-5")
    price = facts_of(sonnet, AT).price
    assert price is not None
    usage = RequestUsage(input_tokens=1_000_000, output_tokens=100_000)
    assert cost_of(sonnet, usage, AT) == price.input_usd + price.output_usd / 10
    cached = cost_of(sonnet, RequestUsage(input_tokens=1_000_000, cache_read_tokens=900_000, output_tokens=100_000), AT)
    assert cached is not None
    assert cached < price.input_usd


@pytest.mark.parametrize(
    "name", [ModelName("openai", "no-such-model-9"), ModelName("compatible", "x"), ModelName("litellm", "x")]
)
def test_an_unknown_price_is_unknown_and_not_zero(name: ModelName) -> None:
    assert facts_of(name, AT).price is None
    assert cost_of(name, RequestUsage(input_tokens=10, output_tokens=10), AT) is None


@pytest.mark.parametrize("provider", ["ollama", "llama.cpp", "vllm", "lm-studio", "scripted", "copy-paste"])
def test_what_sends_no_bill_costs_nothing(provider: str) -> None:
    assert cost_of(ModelName(provider, "x"), RequestUsage(input_tokens=10), AT) == Decimal(0)


def test_a_usage_that_cannot_be_has_no_price() -> None:
    assert cost_of(ModelName("openai", "gpt-6.1-sol"), RequestUsage(input_tokens=-1), AT) is None


def test_the_price_list_has_a_version() -> None:
    assert PRICE_VERSION.startswith("genai-prices ")
