"""What models there are, what they cost, and whether one answers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic_ai.messages import ModelRequest, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from codecompanion.providers.answers import ESTIMATED
from codecompanion.providers.catalogue import KNOWN, card_of
from codecompanion.providers.endpoints import LocalServer
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.providers.names import ModelName
from codecompanion.providers.opening import ModelOpener
from codecompanion.providers.prices import cost_of, facts_of
from codecompanion.providers.printable import printable

PROMPT = "Reply with the single word: ready"
MOST_TOKENS = 256


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that can be named. Prices are US dollars per million tokens; None is unknown.

    `key` is the variable that its key was found in, "" when it needs none, None when it needs one and there is none.
    """

    name: str
    alias: str
    family: str
    edit_form: str
    context_tokens: int | None
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    tiered: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """A model that answered. `cost_usd` is None when its price is unknown; `estimated` is whether tokens were counted by us."""

    model: str
    answered_by: str
    latency_s: float
    input_tokens: int
    output_tokens: int
    estimated: bool
    cost_usd: float | None


def list_models(environ: Mapping[str, str], servers: list[LocalServer], at: datetime) -> list[ListedModel]:
    """Return the models that are known by name, then those that servers of this machine offer."""
    known = [ModelName(*name.split(":", 1)) for name, _ in KNOWN]
    local = [ModelName(server.provider, model) for server in servers for model in server.models]
    return [_listed(name, environ, at) for name in (*known, *local)]


async def check_model(opener: ModelOpener, text: str, at: datetime) -> ModelCheck:
    """Send a short prompt to a model and return what it took.

    Raises:
        BadInput: There is no such model.
        ModelUnavailable: It has no key or address, or (`ModelCallFailed`) it did not answer.
    """
    name = opener.name_of(text)
    async with opener.open(text) as model:
        begun = time.perf_counter()
        prompt = ModelRequest.user_text_prompt(PROMPT)
        response = await model.request([prompt], ModelSettings(max_tokens=MOST_TOKENS), ModelRequestParameters())
        latency_s = time.perf_counter() - begun
    return _checked(name, response, latency_s, at)


def _listed(name: ModelName, environ: Mapping[str, str], at: datetime) -> ListedModel:
    card, facts = card_of(name), facts_of(name, at)
    key = find_key(name.provider, environ)
    return ListedModel(
        name=str(name),
        alias=card.alias,
        family=card.family,
        edit_form=card.edit_form,
        context_tokens=facts.context_tokens,
        input_usd_per_mtok=float(facts.price.input_usd) if facts.price else None,
        output_usd_per_mtok=float(facts.price.output_usd) if facts.price else None,
        tiered=facts.price.tiered if facts.price else False,
        key=key.variable if key else None if name.provider in KEY_VARIABLES else "",
    )


def _checked(name: ModelName, response: ModelResponse, latency_s: float, at: datetime) -> ModelCheck:
    # The price is that of the model that answered, which need not be the one that was asked.
    answered = ModelName(name.provider, printable(response.model_name or name.model))
    cost = cost_of(answered, response.usage, at)
    return ModelCheck(
        model=str(name),
        answered_by=str(answered),
        latency_s=round(latency_s, 3),
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        estimated=bool((response.metadata or {}).get(ESTIMATED)),
        cost_usd=None if cost is None else float(cost),
    )
