"""Any OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, LM Studio, LiteLLM, or one that `OPENAI_BASE_URL` names."""

from openai import AsyncOpenAI
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from codecompanion.providers.connecting import Wanted
from codecompanion.providers.endpoints import base_url_of

NO_KEY = "none"
"""What is sent as a key where there is none: the SDK insists on one."""


def connect(wanted: Wanted) -> OpenAIChatModel:
    """Return a model behind chat completions.

    `OPENAI_API_KEY` is sent only to `compatible:` models, whose address the user gave with it; never to a local server.

    Raises:
        ModelUnavailable: Its address is not known.
        BadInput: Its address is no URL.
    """
    return OpenAIChatModel(wanted.name.model, provider=_provider(wanted))


def connect_embedder(wanted: Wanted) -> OpenAIEmbeddingModel:
    """Return a model that embeds; else as `connect`."""
    return OpenAIEmbeddingModel(wanted.name.model, provider=_provider(wanted))


def _provider(wanted: Wanted) -> OpenAICompatibleProvider:
    provider = wanted.name.provider
    key = wanted.environ.get("OPENAI_API_KEY", "").strip() if provider == "compatible" else ""
    client = AsyncOpenAI(
        api_key=key or NO_KEY, base_url=base_url_of(provider, wanted.environ), http_client=wanted.client, max_retries=0
    )
    return OpenAICompatibleProvider(provider, openai_client=client)
