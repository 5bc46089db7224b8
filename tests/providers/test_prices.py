from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.catalogue import KNOWN
from codecompanion.providers.names import ModelName
from codecompanion.providers.prices import FREE, PRICE_VERSION, cost_of, facts_of, worst_cost, worst_known

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


tokens = st.integers(0, 2_000_000)


@settings(max_examples=30)
@given(st.sampled_from(KNOWN), tokens, tokens, tokens, st.integers(0, 200_000))
def test_no_request_costs_more_than_its_worst(known: tuple[str, str], fresh: int, read: int, written: int, out: int) -> None:
    name = ModelName(*known[0].split(":", 1))
    usage = RequestUsage(
        input_tokens=fresh + read + written, cache_read_tokens=read, cache_write_tokens=written, output_tokens=out
    )
    cost, worst = cost_of(name, usage, AT), worst_cost(name, fresh + read + written, out, AT)
    assert cost is not None
    assert worst is not None
    assert cost <= worst <= worst_known(fresh + read + written, out, AT)


def test_the_worst_counts_the_tier_that_a_long_prompt_reaches_and_writing_to_a_cache() -> None:
    tiered = ModelName("google", "gemini-2.5-pro")
    short, long = worst_cost(tiered, 100_000, 0, AT), worst_cost(tiered, 400_000, 0, AT)
    assert short is not None
    assert long == short * 8
    haiku = ModelName("anthropic", "claude-3-5-haiku-latest")
    assert worst_cost(haiku, 1_000_000, 0, AT) == Decimal("1.6")


@pytest.mark.parametrize("provider", sorted(FREE))
def test_what_sends_no_bill_costs_nothing_at_worst(provider: str) -> None:
    assert worst_cost(ModelName(provider, "x"), 1000, 1000, AT) == 0


@pytest.mark.parametrize("name", [ModelName("openai", "no-such-model-9"), ModelName("compatible", "x")])
def test_the_worst_of_an_unknown_price_is_unknown_and_the_dearest_known_is_not(name: ModelName) -> None:
    assert worst_cost(name, 1000, 1000, AT) is None
    assert worst_known(1_000_000, 0, AT) >= 100
