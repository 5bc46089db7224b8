"""What a budget that runs low asks for: from 80 % on cheaper models, at 100 % none."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from codecompanion.domain.budget import NOTHING, Standing

CHEAPER_FROM = Decimal("0.8")
STOP_FROM = Decimal(1)


class Degradation(StrEnum):
    """How to go on. `PREFER_CHEAPER` asks a router for its most frugal profile; a model that a user named is still asked."""

    NONE = "none"
    PREFER_CHEAPER = "prefer-cheaper"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Degraded:
    """What the tightest limit asks for: its name, "" for none, and the part of it that is spent or reserved."""

    degradation: Degradation
    limit: str
    used: Decimal


def used_part(standing: Standing) -> Decimal | None:
    """Return the part of a limit that is spent or reserved, 1 for a limit of nothing; None without a limit."""
    if standing.limit_usd is None:
        return None
    return STOP_FROM if standing.limit_usd == 0 else (standing.spent_usd + standing.reserved_usd) / standing.limit_usd


def degradation_of(used: Decimal) -> Degradation:
    """Return what is asked for when such a part of a limit is used."""
    if used >= STOP_FROM:
        return Degradation.STOP
    return Degradation.PREFER_CHEAPER if used >= CHEAPER_FROM else Degradation.NONE


def degradation(standings: Iterable[Standing]) -> Degraded:
    """Return what all limits together ask for: what the one of which most is used does."""
    parts = [(used, standing.name) for standing in standings if (used := used_part(standing)) is not None]
    used, name = max(parts, default=(NOTHING, ""))
    return Degraded(degradation_of(used), name, used)
