"""The limits of what models may cost: what they are, how they stand, and how to set one."""

import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from codecompanion.domain.budget import Standing, plain
from codecompanion.domain.degrading import degradation, degradation_of, used_part
from codecompanion.domain.errors import BadInput, EnvironmentBroken, PolicyRefused
from codecompanion.settings import Settings, Sourced, shown, user_file
from codecompanion.wiring import App

SETTING_OF: Mapping[str, str] = {
    "run": "max_budget_usd",
    "day": "budget_day_usd",
    "week": "budget_week_usd",
    "month": "budget_month_usd",
    "project": "budget_project_usd",
}
MOST_USD = 1_000_000


async def budgets_of(app: App, sourced: Sourced, project: Path) -> dict[str, Any]:
    """Return every limit with where it was set and how it stands, and what all of them together ask for."""
    settings = sourced.settings
    standings = await app.governor(None).standings(app.clock.now(), project=str(project))
    tightest = degradation(standings)
    return {
        "schema_version": 1,
        "type": "budgets",
        "project": str(project),
        "degradation": tightest.degradation.value,
        "tightest": tightest.limit or None,
        "limits": [
            {"limit": "run", "limit_usd": _usd(settings.max_budget_usd), "source": _source(sourced, "run")},
            *(_limit(standing, sourced) for standing in standings),
        ],
    }


def limit_of(sourced: Sourced, name: str) -> tuple[str | None, str]:
    """Return a limit as US dollars in decimal text, None for none, and where it is set."""
    amount: Decimal | None = getattr(sourced.settings, SETTING_OF[name])
    return _usd(amount), _source(sourced, name)


def set_budget(environ: Mapping[str, str], name: str, amount: str, *, project: Path | None) -> Path:
    """Write a limit of the user, or of a project, into its settings file and return the file's path. "none" takes it out.

    The rest of the file stays as it is, comments too.

    Args:
        environ: The environment, which may name the user's file.
        name: "run", "day", "week", "month" or "project".
        amount: US dollars.
        project: The root of the repository whose limit it is, None for the user's own.

    Raises:
        BadInput: There is no such limit, or it is no amount.
        PolicyRefused: A project's limit would be above the user's.
        EnvironmentBroken: The file cannot be read or written.
    """
    if name not in SETTING_OF:
        raise BadInput(f"there is no limit {name!r}", fix=f"one of {', '.join(SETTING_OF)}")
    setting, usd = SETTING_OF[name], _amount(amount)
    if project is None:
        path = user_file(environ)
    else:
        path = project / ".codecompanion" / "config.toml"
        _refuse_above(Sourced.load(environ).settings, name, usd)
    document = _read(path)
    if usd is not None:
        document[setting] = plain(usd)
    elif setting in document:
        document.remove(setting)
    _write(path, tomlkit.dumps(document))
    return path


def _refuse_above(users: Settings, name: str, usd: Decimal | None) -> None:
    own: Decimal | None = getattr(users, SETTING_OF[name])
    if usd is not None and own is not None and usd > own:
        raise PolicyRefused(
            f"your own limit per {name} is ${plain(own)}, and a project may only lower it",
            fix=f"codecompanion budget set {name} {plain(usd)} raises your own",
        )


def _amount(text: str) -> Decimal | None:
    if text == "none":
        return None
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or not 0 <= usd <= MOST_USD:
        raise BadInput(f"{text!r} is no amount", fix='write US dollars, like 2.50, or "none" for no limit')
    return usd


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadInput(f"{shown(path)} is not valid TOML", cause=str(error)) from error
    except OSError as error:
        raise EnvironmentBroken(f"{shown(path)} cannot be read", cause=str(error)) from error


def _write(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EnvironmentBroken(f"{shown(path)} cannot be written", cause=str(error)) from error


def _limit(standing: Standing, sourced: Sourced) -> dict[str, Any]:
    used = used_part(standing)
    return {
        "limit": standing.name,
        "limit_usd": _usd(standing.limit_usd),
        "source": _source(sourced, standing.name),
        "spent_usd": _usd(standing.spent_usd),
        "reserved_usd": _usd(standing.reserved_usd),
        "left_usd": _usd(standing.left_usd),
        "used": None if used is None else round(float(used), 6),
        "degradation": None if used is None else degradation_of(used).value,
    }


def _source(sourced: Sourced, name: str) -> str:
    return sourced.sources.get(SETTING_OF[name], "default")


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
