"""A budget that runs low asks for cheaper models, and one that is used up for none."""

from decimal import Decimal

import pytest

from codecompanion.domain.budget import Standing
from codecompanion.domain.degrading import Degradation, Degraded, degradation, degradation_of, used_part


def standing(name: str, limit: str | None, spent: str = "0", reserved: str = "0") -> Standing:
    return Standing(name, None if limit is None else Decimal(limit), Decimal(spent), Decimal(reserved))


@pytest.mark.parametrize(
    ("limit", "used"),
    [
        (standing("run", "2", "0.5", "0.25"), Decimal("0.375")),
        (standing("run", "1", "0.5", "0.25"), Decimal("0.75")),
        (standing("run", "0"), Decimal(1)),
        (standing("run", None, "9"), None),
    ],
    ids=["spent and reserved", "of one dollar", "a limit of nothing", "no limit"],
)
def test_what_is_reserved_is_used_as_what_is_spent_is(limit: Standing, used: Decimal | None) -> None:
    assert used_part(limit) == used


@pytest.mark.parametrize(
    ("used", "asked"),
    [
        ("0.79", Degradation.NONE),
        ("0.8", Degradation.PREFER_CHEAPER),
        ("0.99", Degradation.PREFER_CHEAPER),
        ("1", Degradation.STOP),
        ("1.2", Degradation.STOP),
    ],
)
def test_the_bounds_belong_to_what_is_stricter(used: str, asked: Degradation) -> None:
    assert degradation_of(Decimal(used)) is asked


def test_the_limit_of_which_most_is_used_decides() -> None:
    limits = [
        standing("day", "10", "1"),
        standing("run", "1", "0.9"),
        standing("week", None, "99"),
        standing("month", "100", "5"),
    ]
    assert degradation(limits) == Degraded(Degradation.PREFER_CHEAPER, "run", Decimal("0.9"))


def test_without_limits_nothing_is_asked_for() -> None:
    assert degradation([]) == Degraded(Degradation.NONE, "", Decimal(0))
    assert degradation([standing("day", None, "9")]) == Degraded(Degradation.NONE, "", Decimal(0))
