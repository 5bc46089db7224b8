"""What models cost, from the list of `genai-prices`: bundled with it, dated by its version, never fetched."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import TypeGuard

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, TieredPrices
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.endpoints import LOCAL_PORTS
from codecompanion.providers.names import ModelName

PRICE_VERSION = f"genai-prices {genai_prices.__version__}"
FREE = frozenset({*LOCAL_PORTS, "scripted", "copy-paste", "builtin"} - {"litellm"})
"""Providers that send no bill. What is behind a LiteLLM proxy may, and only its owner knows."""
INPUT_PRICES = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
OUTPUT_PRICES = ("output_mtok", "output_reasoning_mtok")
_RATED = (INPUT_PRICES, OUTPUT_PRICES, ("requests_kcount",))
_PRICED_AS = {"openai-chat": "openai"}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; of prices with tiers the lowest, and `tiered` says so."""

    input_usd: Decimal
    output_usd: Decimal
    tiered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the price list knows of a model; None is unknown. `context_tokens` counts what fits in."""

    price: Price | None
    context_tokens: int | None


NOTHING = Price(Decimal(0), Decimal(0))


def facts_of(name: ModelName, at: datetime) -> Facts:
    """Return the price of a model at a moment, and its context window."""
    free = NOTHING if name.provider in FREE else None
    try:
        _, info = get_snapshot().find_provider_model(name.model, None, _PRICED_AS.get(name.provider, name.provider), None)
    except LookupError:
        return Facts(free, None)
    prices = info.get_prices(at)
    return Facts(free or _price(prices.input_mtok, prices.output_mtok), info.context_window)


def cost_of(name: ModelName, usage: RequestUsage, at: datetime) -> Decimal | None:
    """Return the US dollars that a request cost, None when the price is unknown. Give the name that the provider returned."""
    if name.provider in FREE:
        return Decimal(0)
    try:
        provider = _PRICED_AS.get(name.provider, name.provider)
        return genai_prices.calc_price(usage, name.model, provider_id=provider, genai_request_timestamp=at).total_price
    except (LookupError, ValueError):
        return None


def worst_cost(name: ModelName, input_tokens: int, max_output_tokens: int, at: datetime) -> Decimal | None:
    """Return the most US dollars that a request of text may cost, None when the price is unknown.

    `input_tokens` and `max_output_tokens` are upper bounds (see `input_tokens_at_most`). Each token is counted at the dearest
    kind that it may turn out to be: written to a cache, say, or in the highest tier that a prompt of this size reaches.
    """
    if name.provider in FREE:
        return Decimal(0)
    try:
        _, info = get_snapshot().find_provider_model(name.model, None, _PRICED_AS.get(name.provider, name.provider), None)
    except LookupError:
        return None
    rates = _rates(info.get_prices(at), input_tokens)
    return _cost(rates, input_tokens, max_output_tokens) if rates else None


def worst_known(input_tokens: int, max_output_tokens: int, at: datetime) -> Decimal:
    """Return the most US dollars that a request may cost to any model of the price list: for a model whose price is unknown."""
    changing = (_rates(info.get_prices(at), input_tokens) for info in _with_changing_prices())
    known = {*_fixed_rates(), *(rates for rates in changing if rates)}
    return max((_cost(rates, input_tokens, max_output_tokens) for rates in known), default=Decimal(0))


@dataclass(frozen=True, slots=True)
class _Rates:
    """The dearest kinds of token, US dollars per million that go in and that come out, and US dollars per thousand requests."""

    input_mtok: Decimal
    output_mtok: Decimal
    requests_kcount: Decimal


@cache
def _fixed_rates() -> frozenset[_Rates]:
    """Return what models cost whose price is the same at any moment for a prompt of any length: most of the list."""
    found = (_rates(info.prices, 0) for info in _models() if _is_fixed(info.prices))
    return frozenset(rates for rates in found if rates)


@cache
def _with_changing_prices() -> tuple[ModelInfo, ...]:
    return tuple(info for info in _models() if not _is_fixed(info.prices))


def _models() -> Iterator[ModelInfo]:
    return (info for provider in get_snapshot().providers for info in provider.models)


def _is_fixed(prices: ModelPrice | list[ConditionalPrice]) -> TypeGuard[ModelPrice]:
    return isinstance(prices, ModelPrice) and not any(
        isinstance(price, TieredPrices) for price in _of(prices, chain.from_iterable(_RATED))
    )


def _rates(prices: ModelPrice, input_tokens: int) -> _Rates | None:
    """Return the rates of a prompt of at most so many tokens; None when they are unknown."""
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    return _Rates(*(max([Decimal(0), *(_dearest(price, input_tokens) for price in _of(prices, keys))]) for keys in _RATED))


def _of(prices: ModelPrice, keys: Iterable[str]) -> list[Decimal | TieredPrices]:
    given = vars(prices)  # `getattr` asks a registry for each price that a model has not
    found = (given.get(key) for key in keys)
    return [price for price in found if price is not None]


def _cost(rates: _Rates, input_tokens: int, max_output_tokens: int) -> Decimal:
    tokens = rates.input_mtok * input_tokens + rates.output_mtok * max_output_tokens
    return tokens / 1_000_000 + rates.requests_kcount / 1000


def _dearest(price: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    """Return the highest price that a prompt of at most so many tokens reaches."""
    if not isinstance(price, TieredPrices):
        return price
    return max([price.base, *(tier.price for tier in price.tiers if input_tokens > tier.start)])


def _price(input_mtok: Decimal | TieredPrices | None, output_mtok: Decimal | TieredPrices | None) -> Price | None:
    if input_mtok is None or output_mtok is None:
        return None
    tiered = isinstance(input_mtok, TieredPrices) or isinstance(output_mtok, TieredPrices)
    return Price(_lowest(input_mtok), _lowest(output_mtok), tiered)


def _lowest(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price
