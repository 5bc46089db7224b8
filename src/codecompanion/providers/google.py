"""Google's models, over the Gemini API."""

from google.genai import Client
from google.genai.types import HttpOptions, HttpRetryOptions
from pydantic_ai.embeddings.google import GoogleEmbeddingModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from codecompanion.providers.connecting import Wanted
from codecompanion.providers.keys import require_key

BASE_URL = "https://generativelanguage.googleapis.com"


def connect(wanted: Wanted) -> GoogleModel:
    """Return the model; `GOOGLE_GEMINI_BASE_URL` names another endpoint.

    Raises:
        ModelUnavailable: There is no key.
        BadInput: The base URL is none.
    """
    return GoogleModel(wanted.name.model, provider=_provider(wanted))


def connect_embedder(wanted: Wanted) -> GoogleEmbeddingModel:
    """Return a model that embeds; else as `connect`."""
    return GoogleEmbeddingModel(wanted.name.model, provider=_provider(wanted))


def _provider(wanted: Wanted) -> GoogleProvider:
    options = HttpOptions(
        base_url=wanted.base_url("GOOGLE_GEMINI_BASE_URL", BASE_URL),
        httpx_async_client=wanted.client,
        retry_options=HttpRetryOptions(attempts=1),
    )
    client = Client(vertexai=False, api_key=require_key("google", wanted.environ).value, http_options=options)
    return GoogleProvider(client=client)
