"""The names of models: `provider:model`, or a short alias."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from codecompanion.domain.errors import BadInput

SCRIPTED = "scripted"
WITHOUT_A_WIRE = frozenset({SCRIPTED, "copy-paste"})
"""Providers whose answers come from a person or a file: the limits of the wire are not theirs."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """A provider and what it calls the model; `model` is "" where the provider is the model."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider


def parse_name(text: str, *, providers: Collection[str], aliases: Mapping[str, str], alone: Collection[str]) -> ModelName:
    """Return the model that a user means. The providers in `alone` need no model after them.

    Raises:
        BadInput: The provider is unknown, or the model is missing.
    """
    written = aliases.get(text.strip().lower(), text.strip())
    provider, colon, model = written.partition(":")
    if provider not in providers:
        known = [*aliases, *(f"{name}:MODEL" for name in sorted(providers))]
        near = get_close_matches(provider, [*aliases, *providers], n=1)
        raise BadInput(
            f"{text!r} names no model",
            cause="" if colon else "a model's name is provider:model, or an alias",
            fix=f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}",
        )
    if not model and provider not in alone:
        raise BadInput(
            f"{text!r} names a provider but no model", fix=f"{provider}:MODEL; `codecompanion models list` shows some"
        )
    return ModelName(provider, model)
