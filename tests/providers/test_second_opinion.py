from datetime import UTC, datetime

import pytest

from codecompanion.providers.catalogue import card_of
from codecompanion.providers.names import ModelName
from codecompanion.providers.prices import facts_of
from codecompanion.providers.second_opinion import second_opinion

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SONNET = ModelName("anthropic", "claude-sonnet-5-5")


def test_the_reviewer_is_of_another_family_and_of_the_nearest_price_among_those_with_a_key() -> None:
    keys = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "OPENROUTER_API_KEY": "k"}
    chosen = second_opinion(SONNET, keys, NOW)
    assert chosen is not None
    assert card_of(chosen).family != card_of(SONNET).family
    asked, price = facts_of(SONNET, NOW).price, facts_of(chosen, NOW).price
    assert asked is not None
    assert price is not None
    assert asked.input_usd / 3 <= price.input_usd <= asked.input_usd * 3


def test_without_another_key_the_author_reviews_itself() -> None:
    assert second_opinion(SONNET, {"ANTHROPIC_API_KEY": "k"}, NOW) is None


@pytest.mark.parametrize(
    "author", [ModelName("ollama", "qwen3"), ModelName("copy-paste", ""), ModelName("openai", "not-known")]
)
def test_an_author_without_a_price_brings_no_bill(author: ModelName) -> None:
    assert second_opinion(author, {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}, NOW) is None
