"""Payloads as JSON, so that numbers stay numbers."""

import json
from collections.abc import Mapping
from typing import Any, cast

_encoded = json.JSONEncoder(separators=(",", ":")).encode


def encoded(payload: Mapping[str, str | int]) -> str:
    """Return a payload as text."""
    return _encoded(dict(payload))


def decoded(text: str | bytes | None) -> dict[str, str | int]:
    """Return the payload that a text holds; an empty one, "look somewhere", when another program wrote it in its own way."""
    try:
        found: Any = json.loads(text or b"")
    except ValueError:
        return {}
    return cast("dict[str, str | int]", found) if isinstance(found, dict) else {}
