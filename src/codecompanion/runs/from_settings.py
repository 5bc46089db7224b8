"""What the settings say of every run, whatever it is asked."""

from decimal import Decimal
from typing import TypedDict

from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.routes import ProfileName
from codecompanion.domain.team import AUTO, is_teams
from codecompanion.runs.errands import COPY_PASTE
from codecompanion.settings import Settings
from codecompanion.wiring import App

A_DAY_S = 86_400.0


class FromSettings(TypedDict):
    """Fields of `RunStarted`, which says what they mean."""

    timeout_s: float
    test_command: str | None
    python: str | None
    seed: int
    max_budget_usd: Decimal | None
    fallback_models: tuple[str, ...]
    permission_mode: PermissionMode
    profile: ProfileName | None
    pool: tuple[str, ...]
    critical: bool


def from_settings(app: App, model: str) -> FromSettings:
    """Return what the settings say of a run that a model answers.

    Raises:
        BadInput: They name a model that does not exist.
        ModelUnavailable: They name one that has no key or address.
        PolicyRefused: They do not let the provider of one be asked.
    """
    settings, routed = app.settings, model == AUTO
    return FromSettings(
        timeout_s=_limit_s(settings, model),
        test_command=settings.test_command,
        python=settings.python,
        seed=settings.seed,
        max_budget_usd=settings.max_budget_usd,
        fallback_models=tuple(map(app.models.name_of, settings.fallback_models)) if is_teams(model) else (),
        permission_mode=settings.permission_mode,
        profile=settings.profile if routed else None,
        pool=app.models.named_pool() if routed else (),
        critical=routed and settings.critical,
    )


def _limit_s(settings: Settings, model: str) -> float:
    """Return how long a run may take, in seconds: a day where a person carries the prompts, unless a limit was set."""
    return settings.timeout_s if "timeout_s" in settings.model_fields_set or model != COPY_PASTE else A_DAY_S
