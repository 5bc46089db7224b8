"""Names the providers of models, by itself because it takes a second to load what they stand on."""

import random
import time
import warnings
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import anyio
from pydantic_ai.exceptions import UsageExtractionFailedWarning

from codecompanion.domain.errors import BadInput
from codecompanion.memory.file import MemoryFile
from codecompanion.memory.file_vectors import FileVectors
from codecompanion.memory.meaning import Meaning
from codecompanion.observability.redaction import Redactor
from codecompanion.ports import Embedder, ProviderLimits, VectorIndex
from codecompanion.providers.breaker import Breakers
from codecompanion.providers.connecting import Ask
from codecompanion.providers.embedding import open_embedder
from codecompanion.providers.limits import NoLimits
from codecompanion.providers.observing import CallObserver, NobodyListens
from codecompanion.providers.opening import ModelOpener
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.resilience import Circumstances
from codecompanion.settings import Settings

CONNECTORS: Mapping[str, str] = {
    "anthropic": "codecompanion.providers.anthropic:connect",
    "openai": "codecompanion.providers.openai:connect",
    "openai-chat": "codecompanion.providers.openai:connect_chat",
    "google": "codecompanion.providers.google:connect",
    "openrouter": "codecompanion.providers.openrouter:connect",
    **dict.fromkeys(
        ("compatible", "ollama", "vllm", "llama.cpp", "lm-studio", "litellm"), "codecompanion.providers.compatible:connect"
    ),
    "scripted": "codecompanion.providers.scripted:connect",
    "copy-paste": "codecompanion.providers.copy_paste:connect",
}
"""Every provider, and what opens its models."""

EMBEDDERS: Mapping[str, str] = {
    "openai": "codecompanion.providers.openai:connect_embedder",
    "google": "codecompanion.providers.google:connect_embedder",
    **dict.fromkeys(
        ("compatible", "ollama", "vllm", "llama.cpp", "lm-studio", "litellm"),
        "codecompanion.providers.compatible:connect_embedder",
    ),
}
"""Every provider that makes vectors of texts, and what opens its models."""


def policy_of(settings: Settings) -> CallPolicy:
    """Return the limits of calls that the settings ask for."""
    return CallPolicy(
        connect_s=settings.connect_timeout_s,
        first_byte_s=settings.first_byte_timeout_s,
        idle_s=settings.idle_timeout_s,
        call_s=settings.call_timeout_s,
        total_s=settings.total_timeout_s,
        attempts=settings.model_attempts,
        first_wait_s=settings.first_wait_s,
        streamed=settings.stream_models,
        private_hosts=settings.private_hosts,
    )


def model_opener(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    ask: Ask,
    observer: CallObserver | None = None,
    limits: ProviderLimits | None = None,
) -> ModelOpener:
    """Return what opens models; those it opens share their circuit breakers.

    Args:
        settings: Where the limits come from.
        environ: Where the keys and addresses are.
        ask: Shows a prompt to a person, for copy-paste.
        observer: Hears of every request.
        limits: Lets requests through as the limits of their providers leave room; None lets all through.

    Raises:
        BadInput: The settings limit a provider that does not exist.
    """
    policy = policy_of(settings)
    for setting, named in (
        ("max_parallel_requests", settings.max_parallel_requests),
        ("requests_per_minute", settings.requests_per_minute),
    ):
        if unknown := sorted(named.keys() - CONNECTORS.keys()):
            raise BadInput(
                f"the setting {setting} names the provider {unknown[0]!r}, which does not exist",
                fix=f"providers are {', '.join(CONNECTORS)}",
            )
    # Such usage is estimated and reported as that; the library's own warning would show the user a place in its source.
    warnings.filterwarnings("ignore", category=UsageExtractionFailedWarning)
    return ModelOpener(
        CONNECTORS,
        environ,
        policy,
        Breakers(policy.breaker_failures, policy.breaker_rest_s, time.monotonic),
        Circumstances(
            anyio.sleep,
            random.random,
            Redactor.from_environ(environ).text,
            observer or NobodyListens(),
            limits or NoLimits(),
        ),
        ask,
    )


@asynccontextmanager
async def open_meaning(
    settings: Settings, environ: Mapping[str, str], file: MemoryFile, shared: VectorIndex | None
) -> AsyncGenerator[Meaning]:
    """Open the embedder that the settings name, for the memory; its vectors lie in the file where there is no shared place.

    Raises like `open_embedder_of`.
    """
    async with open_embedder_of(settings, environ) as embedder:
        yield Meaning(embedder, shared or FileVectors(file))


@asynccontextmanager
async def open_embedder_of(settings: Settings, environ: Mapping[str, str]) -> AsyncGenerator[Embedder]:
    """Open the embedder that the settings name.

    Raises:
        BadInput: There is no such provider, or its base URL is none.
        ModelUnavailable: Its key or its address is missing.
    """
    world = Circumstances(anyio.sleep, random.random, Redactor.from_environ(environ).text)
    async with open_embedder(settings.embedder, EMBEDDERS, environ, policy_of(settings), world) as embedder:
        yield embedder
