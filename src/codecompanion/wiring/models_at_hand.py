"""Answers which models can be asked, by the settings and the environment of an app."""

import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from codecompanion.domain.team import AUTO, is_teams
from codecompanion.settings import Settings

USABLE_MODEL = "codecompanion.wiring.team:usable_model"
REVIEWER = "codecompanion.wiring.team:reviewer_for"
NAMED_POOL = "codecompanion.wiring.team:named_pool"
ANYONE = "codecompanion.wiring.team:anyone_can_be_asked"
"""Loaded when a model is asked for: what they stand on takes a second."""


@dataclass(frozen=True, slots=True)
class ModelsAtHand:
    """The models that the settings allow and the environment has keys or addresses for.

    Attributes:
        settings: What is allowed.
        environ: Where keys and addresses are looked for.
        open_them: Whether a model that is named must have its key or address; off for what does not send.
    """

    settings: Settings
    environ: Mapping[str, str]
    open_them: bool = True

    def reviewer_for(self, model: str) -> str | None:
        """Return the model that reviews what another one writes; None for the same one, or for the builtin mind.

        Raises:
            BadInput: The settings name one that does not exist.
            ModelUnavailable: The settings name one that has no key or address.
        """
        if not is_teams(model):
            return None
        choose: Callable[..., str | None] = pkgutil.resolve_name(REVIEWER)
        return choose(model, self.settings, self.environ)

    def name_of(self, text: str) -> str:
        """Return the whole name of a model that can be asked, from a name or an alias.

        Raises:
            BadInput: There is no such model.
            ModelUnavailable: Its key or its address is missing.
            PolicyRefused: The settings do not let its provider be asked.
        """
        if not is_teams(text) or text == AUTO:
            return text
        check: Callable[..., str] = pkgutil.resolve_name(USABLE_MODEL)
        return check(text, self.settings, self.environ, opens=self.open_them)

    def named_pool(self) -> tuple[str, ...]:
        """Return the whole names of the models that the settings let a router choose from, () for all.

        Raises:
            BadInput: One of them names no model.
        """
        name: Callable[[Settings], tuple[str, ...]] = pkgutil.resolve_name(NAMED_POOL)
        return name(self.settings)

    async def anyone_can_be_asked(self) -> bool:
        """Return whether there is a model that a router could choose."""
        find: Callable[..., Awaitable[bool]] = pkgutil.resolve_name(ANYONE)
        return await find(self.settings, self.environ)
