"""A request to a model as text: what is hashed, kept, priced and shown. Times and ids of the moment are not part of it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

OF_THE_MOMENT = frozenset({"timestamp", "run_id", "conversation_id"})
_PARAMETERS: TypeAdapter[ModelRequestParameters] = TypeAdapter(ModelRequestParameters)


def request_json(messages: Sequence[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters) -> str:
    """Return all that decides an answer as canonical JSON."""
    request = {
        "messages": ModelMessagesTypeAdapter.dump_python(list(messages), mode="json"),
        "settings": dict(settings or {}),
        "parameters": _PARAMETERS.dump_python(parameters, mode="json"),
    }
    return json.dumps(lasting(request), sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def sha256_of(text: str) -> str:
    """Return the sha256 of a text's UTF-8 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def lasting(value: Any) -> Any:
    """Return a JSON value without what differs from one moment to the next, and without nulls."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: lasting(one) for key, one in items if key not in OF_THE_MOMENT and one is not None}
    if isinstance(value, list):
        return [lasting(one) for one in cast("list[Any]", value)]
    return value
