"""The models that a router may choose from, and what is known of each before it is asked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic_ai.usage import RequestUsage

from codecompanion.agents.answer_room import MOST_OUTPUT_TOKENS
from codecompanion.agents.money import Prices
from codecompanion.domain.budget import Standing
from codecompanion.domain.degrading import Degradation, degradation
from codecompanion.domain.routes import ProfileName, RouteFeatures
from codecompanion.providers.breaker import Breakers
from codecompanion.providers.catalogue import KNOWN, card_of
from codecompanion.providers.endpoints import ADDRESS_VARIABLES, LOCAL_PORTS, LocalServer
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.providers.names import ModelName
from codecompanion.providers.prices import facts_of
from codecompanion.routing.eligibility import Contender, Needs
from codecompanion.routing.run_features import CHARACTERS_PER_TOKEN

USUAL_USAGE = RequestUsage(input_tokens=60_000, output_tokens=6_000)
"""About what an attempt of an agent takes in all its requests: a first guess for the cost, which measured costs outweigh."""
NO_CHAT = ("embed", "rerank", "whisper", "tts")
"""Words in the names of local models that do something else than to answer."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Whom a router may choose from.

    Attributes:
        names: The models that the user named, as provider:model; () for all that are known and those that run on this machine.
        environ: Where keys and addresses are.
        allowed: Reports whether a provider may be asked.
        prices: Knows the prices.
        breakers: Know which models keep failing.
        find_servers: Looks for servers on this machine.
        standings: Returns how every limit of money stands.
        priced: Whether a model of unknown price is refused.
    """

    names: Sequence[str]
    environ: Mapping[str, str]
    allowed: Callable[[str], bool]
    prices: Prices
    breakers: Breakers
    find_servers: Callable[[Mapping[str, str]], Awaitable[list[LocalServer]]]
    standings: Callable[[], Awaitable[Sequence[Standing]]]
    priced: bool = False

    async def contenders(self, features: RouteFeatures) -> list[Contender]:
        """Return all of them, those that may not be asked as well."""
        now = datetime.now(UTC)
        names = self.names or [*(name for name, _ in KNOWN), *await self._local()]
        return [self._contender(name, features, now) for name in dict.fromkeys(names)]

    async def needs(self, features: RouteFeatures, not_family: str = "") -> Needs:
        """Return what a task asks of a model."""
        room = features.prompt_tokens + MOST_OUTPUT_TOKENS
        left = [standing.left_usd for standing in await self.standings()]
        return Needs(room, min((usd for usd in left if usd is not None), default=None), self.priced, not_family)

    async def profile(self, wanted: ProfileName) -> ProfileName:
        """Return by which profile is chosen: the wanted one, and the most frugal one when a limit runs low."""
        is_low = degradation(await self.standings()).degradation is not Degradation.NONE
        return ProfileName.FRUGAL if is_low else wanted

    async def _local(self) -> list[str]:
        servers = await self.find_servers(self.environ)
        return [str(ModelName(server.provider, model)) for server in servers for model in server.models]

    def _contender(self, text: str, features: RouteFeatures, now: datetime) -> Contender:
        provider, _, model = text.partition(":")
        name = ModelName(provider, model)
        usual = self.prices.cost(text, USUAL_USAGE, now)
        return Contender(
            model=text,
            family=card_of(name).family,
            no_key=missing_key(provider, self.environ),
            allowed=self.allowed(provider),
            resting_s=self.breakers.of(text).resting_s(),
            calls_tools=provider not in LOCAL_PORTS or not any(word in model.lower() for word in NO_CHAT),
            context_tokens=facts_of(name, now).context_tokens,
            usual_usd=None if usual is None else float(usual),
            worst_usd=self.prices.worst(text, int(features.prompt_tokens * CHARACTERS_PER_TOKEN), MOST_OUTPUT_TOKENS, now),
        )


def can_be_asked(text: str, environ: Mapping[str, str], allowed: Callable[[str], bool]) -> bool:
    """Return whether a model has a key or an address, and its provider may be asked."""
    provider = text.partition(":")[0]
    return allowed(provider) and not missing_key(provider, environ)


def missing_key(provider: str, environ: Mapping[str, str]) -> str:
    """Return what a provider cannot be asked without, "" when nothing is missing."""
    if provider in KEY_VARIABLES:
        variables = " or ".join(KEY_VARIABLES[provider])
        return "" if find_key(provider, environ) else f"there is no key: {variables} is not set"
    variable = ADDRESS_VARIABLES.get(provider)
    if provider not in LOCAL_PORTS and variable is not None and not environ.get(variable, "").strip():
        return f"where it is is not said: {variable} is not set"
    return ""
