"""Many vendors' models behind one key, over OpenRouter."""

from openai import AsyncOpenAI
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

from codecompanion.providers.connecting import Wanted
from codecompanion.providers.keys import require_key

BASE_URL = "https://openrouter.ai/api/v1"


def connect(wanted: Wanted) -> OpenRouterModel:
    """Return the model; `OPENROUTER_BASE_URL` names another endpoint.

    Raises:
        ModelUnavailable: There is no key.
        BadInput: The base URL is none.
    """
    client = AsyncOpenAI(
        api_key=require_key("openrouter", wanted.environ).value,
        base_url=wanted.base_url("OPENROUTER_BASE_URL", BASE_URL),
        http_client=wanted.client,
        max_retries=0,
    )
    return OpenRouterModel(wanted.name.model, provider=OpenRouterProvider(openai_client=client))
