"""What a provider's file is given to open a model."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx2
from pydantic_ai.models import Model

from codecompanion.providers.names import ModelName
from codecompanion.providers.urls import checked_url

Ask = Callable[[str], Awaitable[str]]
"""Shows a prompt to a person and returns the answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model that is to be opened: its name, the environment, the guarded client to send with, and a person to ask."""

    name: ModelName
    environ: Mapping[str, str]
    client: httpx2.AsyncClient
    ask: Ask

    def base_url(self, variable: str, default: str) -> str:
        """Return the base URL that a variable names, or the default.

        Raises:
            BadInput: It is no URL.
        """
        return checked_url(self.environ.get(variable, "").strip() or default, variable)


Connector = Callable[[Wanted], Model]
"""Opens a model: each provider's file has one, called `connect`."""
