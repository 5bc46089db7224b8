"""Anthropic's models, over its Messages API."""

from anthropic import AsyncAnthropic
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from codecompanion.providers.connecting import Wanted
from codecompanion.providers.keys import require_key

BASE_URL = "https://api.anthropic.com"


def connect(wanted: Wanted) -> AnthropicModel:
    """Return the model; `ANTHROPIC_BASE_URL` names another endpoint.

    Raises:
        ModelUnavailable: There is no key.
        BadInput: The base URL is none.
    """
    client = AsyncAnthropic(
        api_key=require_key("anthropic", wanted.environ).value,
        base_url=wanted.base_url("ANTHROPIC_BASE_URL", BASE_URL),
        http_client=wanted.client,
        max_retries=0,
    )
    return AnthropicModel(wanted.name.model, provider=AnthropicProvider(anthropic_client=client))
