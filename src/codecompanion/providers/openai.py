"""OpenAI's models: over the Responses API, or over chat completions as `openai-chat:`."""

from openai import AsyncOpenAI
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from codecompanion.providers.connecting import Wanted
from codecompanion.providers.keys import require_key

BASE_URL = "https://api.openai.com/v1"


def connect(wanted: Wanted) -> OpenAIResponsesModel:
    """Return the model behind the Responses API; `OPENAI_BASE_URL` names another endpoint.

    Raises:
        ModelUnavailable: There is no key.
        BadInput: The base URL is none.
    """
    return OpenAIResponsesModel(wanted.name.model, provider=_provider(wanted))


def connect_chat(wanted: Wanted) -> OpenAIChatModel:
    """Return the model behind chat completions, for endpoints that have no Responses API; else as `connect`."""
    return OpenAIChatModel(wanted.name.model, provider=_provider(wanted))


def connect_embedder(wanted: Wanted) -> OpenAIEmbeddingModel:
    """Return a model that embeds; else as `connect`."""
    return OpenAIEmbeddingModel(wanted.name.model, provider=_provider(wanted))


def _provider(wanted: Wanted) -> OpenAIProvider:
    client = AsyncOpenAI(
        api_key=require_key("openai", wanted.environ).value,
        base_url=wanted.base_url("OPENAI_BASE_URL", BASE_URL),
        organization=wanted.environ.get("OPENAI_ORG_ID"),
        project=wanted.environ.get("OPENAI_PROJECT_ID"),
        http_client=wanted.client,
        max_retries=0,
    )
    return OpenAIProvider(openai_client=client)
