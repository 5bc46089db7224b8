"""Open a model by its name: find its provider, load it, and put it under the policy."""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import httpx2

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.providers.breaker import Breakers
from codecompanion.providers.catalogue import ALIASES
from codecompanion.providers.connecting import Ask, Connector, Wanted
from codecompanion.providers.limits import NoLimits
from codecompanion.providers.names import WITHOUT_A_WIRE, ModelName, parse_name
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.proxy import proxy_for
from codecompanion.providers.resilience import Circumstances, ResilientModel
from codecompanion.providers.transport import GuardedTransport


@dataclass(frozen=True, slots=True)
class ModelOpener:
    """Opens models that share their circuit breakers.

    `connectors` maps a provider to where its `Connector` is, as `module:function`, so that an SDK is loaded only when
    one of its models is opened.
    """

    connectors: Mapping[str, str]
    environ: Mapping[str, str]
    policy: CallPolicy
    breakers: Breakers
    circumstances: Circumstances
    ask: Ask

    def name_of(self, text: str) -> ModelName:
        """Return the model that a user means by a name or an alias.

        Raises:
            BadInput: There is none.
        """
        return parse_name(text, providers=self.connectors.keys(), aliases=ALIASES, alone={"copy-paste"})

    def open(self, text: str) -> ResilientModel:
        """Return a model, ready to be asked. As an async context manager it closes its connections when left.

        Raises:
            BadInput: The name or a base URL is wrong.
            ModelUnavailable: Its key or its address is missing.
        """
        name = self.name_of(text)
        without_a_wire = name.provider in WITHOUT_A_WIRE
        transport = GuardedTransport(self.policy, proxy_for=proxy_for(self.environ))
        client = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False, timeout=None)
        return ResilientModel(
            self._connector(name.provider)(Wanted(name, self.environ, client, self.ask)),
            name=str(name),
            policy=replace(self.policy, streamed=True) if without_a_wire else self.policy,
            breaker=self.breakers.of(str(name)),
            circumstances=replace(self.circumstances, limits=NoLimits()) if without_a_wire else self.circumstances,
            transport=transport,
        )

    def _connector(self, provider: str) -> Connector:
        try:
            return cast("Connector", pkgutil.resolve_name(self.connectors[provider]))
        except ImportError as error:
            raise ModelUnavailable(
                f"the provider {provider} cannot be loaded", cause=str(error), fix="install codecompanion again, whole"
            ) from error
