"""Vectors from a provider, over the guarded wire and under the limits of its models."""

import pkgutil
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import anyio
import httpx2
from pydantic_ai.embeddings import EmbeddingModel
from pydantic_ai.exceptions import UserError

from codecompanion.domain.errors import CodeCompanionError, ModelUnavailable
from codecompanion.providers.backoff import wait_before_retry
from codecompanion.providers.connecting import Wanted
from codecompanion.providers.failures import IncompleteAnswer, failure_of
from codecompanion.providers.names import parse_name
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.proxy import proxy_for
from codecompanion.providers.resilience import Circumstances
from codecompanion.providers.transport import GuardedTransport

EmbedderConnector = Callable[[Wanted], EmbeddingModel]
"""Opens a model that embeds: a provider's file that has one calls it `connect_embedder`."""


class ProviderEmbedder:
    """An `Embedder` behind a provider's API. A request that failed is sent again as the policy says."""

    def __init__(self, name: str, model: EmbeddingModel, policy: CallPolicy, circumstances: Circumstances) -> None:
        self._name = name
        self._model = model
        self._policy = policy
        self._world = circumstances
        self._dimensions: int | None = None

    @property
    def name(self) -> str:
        """The provider and the model."""
        return self._name

    @property
    def dimensions(self) -> int | None:
        """How many numbers a vector has; None before the first answer."""
        return self._dimensions

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        """Return a vector for each text; see `Embedder.embed`.

        Raises:
            ModelCallFailed: There is no answer; `category` says why.
        """
        number = 0
        while True:
            number += 1
            try:
                vectors = await self._ask(texts, as_query=as_query)
            except (CodeCompanionError, UserError):
                raise
            except Exception as error:  # noqa: BLE001 - SDKs raise what they like; `failure_of` knows the rest
                await self._wait_or_give_up(error, number)
            else:
                self._dimensions = len(vectors[0]) if vectors else self._dimensions
                return vectors

    async def _ask(self, texts: Sequence[str], *, as_query: bool) -> list[list[float]]:
        with anyio.fail_after(self._policy.call_s):
            result = await self._model.embed(texts, input_type="query" if as_query else "document")
        vectors = [list(vector) for vector in result.embeddings]
        if len(vectors) != len(texts) or not all(vectors) or len({len(vector) for vector in vectors}) > 1:
            raise IncompleteAnswer(self._name, f"{len(vectors)} vectors came for {len(texts)} texts, or not all of one length")
        return vectors

    async def _wait_or_give_up(self, error: Exception, number: int) -> None:
        failure = failure_of(error)
        wait_s = wait_before_retry(failure, self._policy, sent=number, draw=self._world.draw())
        if wait_s is None:
            failed = failure.as_error(self._name, attempts=number)
            failed.cause = self._world.redact(failed.cause)
            raise failed from error
        await self._world.sleep(wait_s)


@asynccontextmanager
async def open_embedder(
    text: str, connectors: Mapping[str, str], environ: Mapping[str, str], policy: CallPolicy, circumstances: Circumstances
) -> AsyncGenerator[ProviderEmbedder]:
    """Open the embedder that a user names as `provider:model`, and close its connections at the end.

    `connectors` maps a provider to where its `EmbedderConnector` is, as `module:function`.

    Raises:
        BadInput: There is no such provider, or its base URL is none.
        ModelUnavailable: Its key or its address is missing.
    """
    name = parse_name(text, providers=connectors.keys(), aliases={}, alone=())
    transport = GuardedTransport(policy, proxy_for=proxy_for(environ))
    client = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False, timeout=None)
    connect = cast("EmbedderConnector", pkgutil.resolve_name(connectors[name.provider]))
    try:
        yield ProviderEmbedder(str(name), connect(Wanted(name, environ, client, _nobody)), policy, circumstances)
    finally:
        with anyio.CancelScope(shield=True):
            await transport.aclose()


async def _nobody(_prompt: str) -> str:
    raise ModelUnavailable("a person cannot make vectors")
