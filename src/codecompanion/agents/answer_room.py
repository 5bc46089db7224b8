"""How long an answer may be: usually, and once more when it was cut off there."""

from typing import Any, cast

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

MOST_OUTPUT_TOKENS = 16_384
"""What an answer may have at most: what is reserved for a call depends on it."""
RAISED_OUTPUT_TOKENS = 32_768
"""What one may have that was cut off there. All models of the catalogue can write as much; one that cannot says so."""
KNOWN_LIMITS = ("anthropic_max_output_tokens",)
"""Where a model's profile says how much it can write."""


def room_of(settings: ModelSettings | None) -> int:
    """Return the tokens that an answer may have."""
    return (settings or {}).get("max_tokens", MOST_OUTPUT_TOKENS)


def with_more_room(model: Model[Any], settings: ModelSettings | None) -> ModelSettings | None:
    """Return settings that allow a longer answer, None when the model cannot write more than they allow."""
    profile = cast("dict[str, Any]", model.profile)
    limits = [int(profile[name]) for name in KNOWN_LIMITS if profile.get(name)]
    more = min([RAISED_OUTPUT_TOKENS, *limits])
    raised: ModelSettings = {**(settings or {}), "max_tokens": more}
    return raised if more > room_of(settings) else None
