"""The models that are known by name: whose family they are, and in which form they write edits best.

Any other model of a provider can be used too; what is not known of it is said to be unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.providers.names import ModelName

EDIT_FORMS: Mapping[str, str] = {"anthropic": "search_replace", "openai": "apply_patch", "google": "search_replace"}
"""The form of edits that a family was trained on or does best with; the names are those of `workspace.edits`."""
OTHER_EDIT_FORM = "search_replace"

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("claude",),
    "openai": ("gpt", "o1", "o3", "o4", "codex"),
    "google": ("gemini", "gemma"),
    "deepseek": ("deepseek",),
    "qwen": ("qwen", "qwq"),
    "moonshot": ("kimi",),
    "zai": ("glm",),
    "mistral": ("mistral", "ministral", "codestral", "devstral", "magistral"),
    "meta": ("llama",),
    "xai": ("grok",),
}
"""How the names of a family's models begin. A reviewer should be of another family than the author."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model without asking it. `family` is "unknown" when its name does not tell."""

    name: ModelName
    family: str
    edit_form: str
    alias: str = ""


KNOWN: tuple[tuple[str, str], ...] = (
    ("anthropic:claude-opus-5-5", "opus"),
    ("anthropic:claude-sonnet-5-5", "sonnet"),
    ("anthropic:claude-haiku-5-5", "haiku"),
    ("anthropic:claude-fable-5-2", "fable"),
    ("openai:gpt-6-astra", "astra"),
    ("openai:gpt-6.1-sol", "sol"),
    ("openai:gpt-6.1-terra", "terra"),
    ("openai:gpt-6-luna", "luna"),
    ("google:gemini-4-argon", "gemini"),
    ("google:gemini-3.8-flash", "flash"),
    ("google:gemini-3.5-flash-lite", "flash-lite"),
    ("openrouter:z-ai/glm-5.3", "glm"),
    ("openrouter:moonshotai/kimi-k3", "kimi"),
    ("openrouter:deepseek/deepseek-v4-flash", "deepseek"),
    ("openrouter:qwen/qwen3-coder", "qwen"),
)
"""Names and aliases, the newest of each line as of the price list that this version ships with."""

ALIASES: Mapping[str, str] = {alias: name for name, alias in KNOWN}


def card_of(name: ModelName) -> ModelCard:
    """Return what is known of a model."""
    family = _family(name.model)
    alias = next((alias for full, alias in KNOWN if full == str(name)), "")
    return ModelCard(name, family, EDIT_FORMS.get(family, OTHER_EDIT_FORM), alias)


def _family(model: str) -> str:
    short = model.rpartition("/")[2].lower()
    return next((family for family, starts in FAMILIES.items() if short.startswith(starts)), "unknown")
