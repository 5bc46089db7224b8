"""The keys of the providers, by the names that their users have set already. A key is never printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from codecompanion.domain.errors import ModelUnavailable

KEY_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openai-chat": ("OPENAI_API_KEY",),
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openrouter": ("OPENROUTER_API_KEY",),
}
"""The first of a provider's variables that is set counts. Providers that are not here need no key."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the variable that it was found in."""

    variable: str
    value: str = field(repr=False)


WITHOUT_KEY = (
    "export {names}, with a key from the provider's page; without one --model copy-paste carries the prompts to any web chat,"
    " and ollama:MODEL asks a server on this machine"
)


def find_key(provider: str, environ: Mapping[str, str]) -> Key | None:
    """Return the key of a provider, None when it has none or needs none. White space around it is not part of it."""
    found = ((name, environ.get(name, "").strip()) for name in KEY_VARIABLES.get(provider, ()))
    return next((Key(name, value) for name, value in found if value), None)


def require_key(provider: str, environ: Mapping[str, str]) -> Key:
    """Return the key of a provider.

    Raises:
        ModelUnavailable: It is not set, or holds what no header can carry.
    """
    key = find_key(provider, environ)
    if key is None:
        names = " or ".join(KEY_VARIABLES[provider])
        raise ModelUnavailable(
            f"there is no key for {provider}", cause=f"{names} is not set", fix=WITHOUT_KEY.format(names=names)
        )
    if not (key.value.isascii() and key.value.isprintable() and " " not in key.value):
        raise ModelUnavailable(
            f"the key for {provider} cannot be a key",
            cause=f"{key.variable} holds a space, a line break or a character outside ASCII",
            fix=f"set {key.variable} again, from the provider's page",
        )
    return key
