"""An embedder behind a provider's wire, on this machine."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from codecompanion.domain.errors import BadInput, FailureCategory, ModelCallFailed, ModelUnavailable
from codecompanion.providers.embedding import ProviderEmbedder, open_embedder
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.resilience import Circumstances
from codecompanion.wiring.providers import EMBEDDERS
from embedding_server import Embeddings, serving, vector_of
from providers_bench import KEY, environ_for, no_sleep

pytestmark = pytest.mark.anyio

NAMES = {
    "openai": "openai:text-embedding-3-small",
    "compatible": "compatible:nomic-embed-text",
    "google": "google:gemini-embedding-001",
}


@asynccontextmanager
async def embedder(name: str, served: Embeddings, **limits: Any) -> AsyncGenerator[ProviderEmbedder]:
    world = Circumstances(no_sleep, lambda: 0.5, lambda text: text.replace(KEY, "[redacted]"))
    policy = replace(CallPolicy(), **limits)
    async with (
        serving(served) as port,
        open_embedder(NAMES[name], EMBEDDERS, environ_for(port), policy, world) as opened,
    ):
        yield opened


@pytest.mark.parametrize("provider", NAMES)
async def test_each_text_has_its_vector(provider: str) -> None:
    async with embedder(provider, served := Embeddings()) as opened:
        assert (opened.name, opened.dimensions) == (NAMES[provider], None)
        assert await opened.embed(["a", "four"]) == [vector_of("a"), vector_of("four")]
        assert opened.dimensions == 2
    [request] = served.requests
    assert KEY in request.headers.get("authorization", "") + request.headers.get("x-goog-api-key", "")


async def test_a_local_server_gets_no_key() -> None:
    async with embedder("compatible", served := Embeddings()) as opened:
        await opened.embed(["a"])
    assert served.requests[0].headers["authorization"] == f"Bearer {KEY}"
    world = Circumstances(no_sleep, lambda: 0.5, str)
    async with serving(served) as port:
        environ = {**environ_for(1), "OLLAMA_HOST": f"http://127.0.0.1:{port}"}
        async with open_embedder("ollama:nomic-embed-text", EMBEDDERS, environ, CallPolicy(), world) as opened:
            await opened.embed(["a"])
    assert served.requests[1].path == "/v1/embeddings"
    assert KEY not in json.dumps(dict(served.requests[1].headers))


async def test_what_is_searched_for_is_told_from_what_is_searched_where_a_model_can() -> None:
    async with embedder("google", served := Embeddings()) as opened:
        await opened.embed(["a"])
        await opened.embed(["a"], as_query=True)
    kinds = [request.json()["requests"][0]["taskType"] for request in served.requests]
    assert kinds == ["RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY"]


async def test_a_server_that_is_busy_is_asked_again() -> None:
    async with embedder("openai", served := Embeddings(refusals=[429, 503])) as opened:
        assert await opened.embed(["a"]) == [vector_of("a")]
    assert len(served.requests) == 3


@pytest.mark.parametrize(
    ("statuses", "category", "sent"),
    [([401], FailureCategory.AUTH, 1), ([503] * 9, FailureCategory.CONNECTION, 3), ([404], FailureCategory.INVALID_REQUEST, 1)],
)
async def test_a_server_that_refuses_is_a_failure_with_its_category_and_without_the_key(
    statuses: list[int], category: FailureCategory, sent: int
) -> None:
    async with embedder("openai", served := Embeddings(refusals=statuses)) as opened:
        with pytest.raises(ModelCallFailed) as failed:
            await opened.embed(["a"])
    assert failed.value.category is category
    assert failed.value.attempts == len(served.requests) == sent
    assert "[redacted]" in failed.value.cause
    assert KEY not in failed.value.cause


async def test_an_answer_that_leaves_texts_out_is_none() -> None:
    async with embedder("openai", Embeddings(short=True), attempts=1) as opened:
        with pytest.raises(ModelCallFailed, match="without its end") as failed:
            await opened.embed(["a", "b"])
    assert "1 vectors came for 2 texts" in failed.value.cause


@pytest.mark.parametrize(
    ("name", "error", "what"),
    [
        ("anthropic:claude-sonnet-5-5", BadInput, "names no model"),
        ("openai", BadInput, "names a provider but no model"),
        ("openai:text-embedding-3-small", ModelUnavailable, "there is no key for openai"),
        ("compatible:x", ModelUnavailable, "is not said"),
    ],
)
async def test_an_embedder_that_cannot_be_opened_is_told(name: str, error: type[Exception], what: str) -> None:
    world = Circumstances(no_sleep, lambda: 0.5, str)
    with pytest.raises(error, match=what):
        async with open_embedder(name, EMBEDDERS, {}, CallPolicy(), world):
            pass
