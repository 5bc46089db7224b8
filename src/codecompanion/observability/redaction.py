"""Keep secrets out of everything that is written down.

Two nets: the exact values of secrets that this process was given, and the shapes of well-known keys.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from codecompanion.domain.secret_shapes import KEY_SHAPES

MASK = "[redacted]"
MIN_SECRET_LENGTH = 8
"""Shorter values are not masked: they would hit ordinary words."""

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)

IDENTITY = frozenset(
    {
        *("repo", "base_commit", "tree", "commit", "ref", "path", "paths", "python", "executable", "prefixes", "args"),
        *("test_command", "failing", "flaky", "broken", "still_failing"),
        *("project", "run_id", "reservation_id"),
    }
)
"""Fields that name a thing: a masked name would name another. They hold paths, test ids and commands of the user's own."""


def _forms(secret: str) -> set[str]:
    """Return how a secret stands in texts: as it is, and as JSON and Python write it within quotes."""
    return {secret, *(text[1:-1] for text in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)))}


class Redactor:
    """Masks secrets in texts and in plain JSON data.

    Args:
        secrets: Exact values; those under 8 characters are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {form for secret in secrets if len(secret) >= MIN_SECRET_LENGTH for form in _forms(secret)}
        values = sorted(written, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, values))) if values else None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, also: Iterable[str] = ()) -> "Redactor":
        """Return a redactor that knows the values of all variables whose names say that they are secret, and others."""
        return cls([*(value for name, value in environ.items() if _SECRET_NAME.search(name)), *also])

    def text(self, text: str) -> str:
        """Return the text with every secret masked."""
        if self._values is not None:
            text = self._values.sub(MASK, text)
        return KEY_SHAPES.sub(MASK, text)

    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of JSON data with the secrets in its strings masked; keys and the fields in IDENTITY stay."""
        return {key: value if key in IDENTITY else self._value(value) for key, value in data.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.data(cast("dict[str, Any]", value))
        if isinstance(value, list):
            return [self._value(item) for item in cast("list[Any]", value)]
        return value
