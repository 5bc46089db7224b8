"""Puts a team of agents together; by itself because what they stand on takes a second to load."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

from pydantic_ai.models import Model
from pydantic_ai.usage import RequestUsage

from codecompanion.agents.kept_answers import AnswerKeeper
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.mcp_tools import OpenServers
from codecompanion.agents.model_calls import ModelCalls
from codecompanion.agents.money import Governor
from codecompanion.agents.pool import Pool, can_be_asked
from codecompanion.agents.team import AgentTeam
from codecompanion.domain.budget import Standing
from codecompanion.domain.errors import PolicyRefused
from codecompanion.domain.events import RunStarted
from codecompanion.domain.team import AUTO
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.one_at_a_time import OneAtATime
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import EventStore, Person, ProviderLimits, ResponseCache, Sandbox
from codecompanion.providers.breaker import Breakers
from codecompanion.providers.catalogue import ALIASES, KNOWN, card_of
from codecompanion.providers.endpoints import find_local_servers
from codecompanion.providers.names import ModelName, parse_name
from codecompanion.providers.prices import PRICE_VERSION, cost_of, worst_cost, worst_known
from codecompanion.providers.second_opinion import second_opinion
from codecompanion.routing.learning_engine import History
from codecompanion.routing.run_outcomes import KnownOutcomes
from codecompanion.routing.run_router import RunRouter
from codecompanion.settings import Settings
from codecompanion.wiring.providers import CONNECTORS, model_opener


class ListedPrices:
    """The prices of the list that comes with the package."""

    version = PRICE_VERSION

    def worst(self, model: str, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
        """Return what a request can cost at most, None for an unknown price."""
        return worst_cost(full_name(model), input_tokens, output_tokens, at)

    def worst_known(self, input_tokens: int, output_tokens: int, at: datetime) -> Decimal:
        """Return what a request of that size costs at the dearest price that is known."""
        return worst_known(input_tokens, output_tokens, at)

    def cost(self, model: str, usage: RequestUsage, at: datetime) -> Decimal | None:
        """Return what a request cost, None for an unknown price."""
        return cost_of(full_name(model), usage, at)


def full_name(model: str) -> ModelName:
    """Return the model that a name or an alias means.

    Raises:
        BadInput: There is none.
    """
    return parse_name(model, providers=CONNECTORS.keys(), aliases=ALIASES, alone={"copy-paste"})


def usable_model(text: str, settings: Settings, environ: Mapping[str, str], *, opens: bool = True) -> str:
    """Return the whole name of a model that can be asked, from a name or an alias; nothing is sent.

    With `opens` off only the name is looked at.

    Raises:
        BadInput: There is no such model.
        PolicyRefused: The settings do not let its provider be asked.
        ModelUnavailable: Its key or its address is missing.
    """
    name = full_name(text)
    if not provider_allowed(settings, name.provider):
        raise PolicyRefused(
            f"the provider of {name} may not be asked",
            cause=f"the setting allowed_providers names {', '.join(settings.allowed_providers)}",
            fix="name a model of one of these, or change the setting if it is yours (codecompanion config show)",
        )
    if opens:
        model_opener(settings, environ, ask=Nobody().carry).open(text)
    return str(name)


def reviewer_for(model: str, settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return the model that reviews what another one writes; None for the same one.

    Raises:
        BadInput: The settings name one that does not exist.
        ModelUnavailable: The settings name one that has no key or address.
    """
    if settings.reviewer:
        return usable_model(settings.reviewer, settings, environ)
    if model == AUTO:
        return None  # the router chooses the reviewer, too
    allowed = partial(provider_allowed, settings)
    other = second_opinion(full_name(model), environ, datetime.now(UTC), allowed=allowed)
    return None if other is None else str(other)


def team_of(  # noqa: PLR0913 - each is a thing of its own
    request: RunStarted,
    tools: Toolbox,
    sandbox: Sandbox,
    *,
    settings: Settings,
    environ: Mapping[str, str],
    governor: Governor,
    person: Person,
    memories: Callable[[str, int], Awaitable[str]],
    recall: Callable[[str], Awaitable[str]],
    history: Callable[[], Awaitable[History]],
    log: EventStore,
    draw: Callable[[], float] = random.random,
    judge_weights: Callable[[], Awaitable[Mapping[str, float]]],
    responses: ResponseCache | None = None,
    limits: ProviderLimits | None = None,
    open_model: Callable[[str], Model[Any]] | None = None,
    mcp: OpenServers | None = None,
) -> AgentTeam:
    """Return the team of a run. No model is opened before it is asked; `open_model` opens them instead of the providers.

    `history` is what the router learns from beside the run's own `log`, `draw` its chance: random numbers from [0, 1).
    """
    keeper = None
    if responses is not None:
        keeper = AnswerKeeper(responses, addresses=_addresses(environ), every=settings.response_cache == "always")
    calls = ModelCalls(tools, request.repo, governor, ListedPrices(), keeper=keeper, on_wait=tools.hearing.on_wait)
    person = OneAtATime(person)  # candidates may ask side by side
    opener = model_opener(settings, environ, ask=person.carry, observer=calls, limits=limits)
    return AgentTeam(
        AgentKit(
            calls=calls,
            open_model=cache(open_model or opener.open),  # one of each, so that breakers, connections and scripts are shared
            edit_form=lambda model: card_of(full_name(model)).edit_form,
            sandbox=sandbox,
            state_dir=settings.state_dir,
            ask=person.answer,
            say=tools.hearing.say,
            family=lambda model: card_of(full_name(model)).family,
            router=RunRouter(KnownOutcomes(history, log, tools.run_id), draw),
            pool=pool_of(request, tools.run_id, governor, opener.breakers, settings=settings, environ=environ),
            memories=memories,
            recall=recall,
            mcp=mcp,
            judge_weights=judge_weights,
        )
    )


def pool_of(
    request: RunStarted,
    run_id: str,
    governor: Governor,
    breakers: Breakers,
    *,
    settings: Settings,
    environ: Mapping[str, str],
) -> Pool:
    """Return the models that the router of a run may choose from."""

    async def standings() -> list[Standing]:
        return await governor.standings(datetime.now(UTC), run_id=run_id, project=request.repo)

    return Pool(
        names=request.pool,
        environ=environ,
        allowed=partial(provider_allowed, settings),
        prices=ListedPrices(),
        breakers=breakers,
        find_servers=find_local_servers,
        standings=standings,
        priced=settings.strict_prices,
    )


def named_pool(settings: Settings) -> tuple[str, ...]:
    """Return the whole names of the models that the settings let a router choose from, () for all.

    Raises:
        BadInput: One of them names no model.
    """
    return tuple(dict.fromkeys(str(full_name(name)) for name in settings.models))


async def anyone_can_be_asked(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Return whether a router would find a model with a key, or at an address, that the settings allow."""
    allowed = partial(provider_allowed, settings)
    names = named_pool(settings)
    if any(can_be_asked(name, environ, allowed) for name in names or (name for name, _ in KNOWN)):
        return True
    return not names and any(allowed(server.provider) for server in await find_local_servers(environ))


def provider_allowed(settings: Settings, provider: str) -> bool:
    """Return whether the settings let a provider be asked."""
    return not settings.allowed_providers or provider in settings.allowed_providers


def _addresses(environ: Mapping[str, str]) -> str:
    """Return the addresses of providers that the user named, in order."""
    named = {name: value for name, value in environ.items() if name.endswith("_BASE_URL") or name == "OLLAMA_HOST"}
    return "\n".join(f"{name}={value}" for name, value in sorted(named.items()))
