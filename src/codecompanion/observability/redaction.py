"""Keep secrets out of everything that is written down.

Two nets: the exact values of secrets that this process was given, in every form that programs give them, and the shapes of
well-known keys.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from codecompanion.domain.secret_shapes import BEARER, KEY_SHAPES, PRIVATE_KEY, is_secret_name
from codecompanion.observability.secret_forms import pattern_of

MASK = "[redacted]"
MIN_SECRET_LENGTH = 8
"""Shorter values are not masked: they would hit ordinary words."""
_DRAWN_LENGTH, _DRAWN_BITS = 16, 3.0
"""So long and so varied (bits of entropy a character) are values that were drawn at random, and not words."""

IDENTITY = frozenset(
    {
        *("repo", "base_commit", "tree", "commit", "ref", "path", "paths", "python", "executable", "prefixes", "args"),
        *("test_command", "failing", "flaky", "broken", "still_failing"),
        *("project", "run_id", "reservation_id"),
    }
)
"""Fields that name a thing: a masked name would name another. They hold paths, test ids and commands of the user's own.

Only the exact value of a key that was plainly drawn at random is masked in them too: a run that stops is the smaller harm.
"""


class Redactor:
    """Masks secrets in texts and in plain JSON data.

    Args:
        secrets: Exact values; those under 8 characters are ignored. `drawn` are those that were plainly drawn at random.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {value for secret in secrets if len(value := secret.strip()) >= MIN_SECRET_LENGTH}
        self._values = pattern_of(values)
        self.drawn = tuple(filter(_is_drawn, values))
        self._drawn = pattern_of(self.drawn)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, also: Iterable[str] = ()) -> "Redactor":
        """Return a redactor that knows the secret values of an environment, and others.

        Those are the values of all variables whose names say that they are secret, and the passwords in URLs.
        """
        named = (value for name, value in environ.items() if is_secret_name(name))
        passwords = (password for value in environ.values() for password in _passwords(value))
        return cls([*named, *passwords, *also])

    def text(self, text: str) -> str:
        """Return the text with every secret masked."""
        if self._values is not None:
            text = self._values.sub(MASK, text)
        for shape in (KEY_SHAPES, BEARER, PRIVATE_KEY):
            text = shape.sub(MASK, text)
        return text

    def exact(self, text: str) -> str:
        """Return the text with the exact values masked that were drawn at random, and nothing else changed."""
        return text if self._drawn is None else self._drawn.sub(MASK, text)

    def content(self, content: bytes) -> bytes:
        """Return bytes as `exact` returns a text; bytes that are no UTF-8 stay."""
        if self._drawn is None:
            return content
        text = content.decode("utf-8", "surrogateescape")
        masked = self._drawn.sub(MASK, text)
        return content if masked == text else masked.encode("utf-8", "surrogateescape")

    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of JSON data with the secrets in its strings masked; for keys and the fields in IDENTITY see there."""
        return {self.exact(key): self._named(value) if key in IDENTITY else self._value(value) for key, value in data.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.data(cast("dict[str, Any]", value))
        if isinstance(value, list):
            return [self._value(item) for item in cast("list[Any]", value)]
        return value

    def _named(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.exact(value)
        if isinstance(value, dict):
            return {self.exact(key): self._named(item) for key, item in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [self._named(item) for item in cast("list[Any]", value)]
        return value


def _is_drawn(value: str) -> bool:
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
    return len(value) >= _DRAWN_LENGTH and bits >= _DRAWN_BITS and not value.startswith(("/", "http://", "https://"))


def _passwords(value: str) -> list[str]:
    if "://" not in value or "@" not in value:
        return []
    try:
        password = urlsplit(value.strip()).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []
