"""What is known of each model at each kind of work, with intervals: the rows behind `router stats`."""

from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.domain.learning import Calibration, Learned, Tally, cell_of
from codecompanion.routing.intervals import Interval, mean_of, wilson


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model in a role at a kind of work ("" for all of them together).

    `verified` is the rate of verified work, `reward` the mean reward (`domain.reward`), each with the interval that holds the
    true value in 9 of 10 cases; None when nothing was measured. `cost_usd` and `latency_s` are means, None below two known.
    """

    model: str
    role: str
    task_type: str
    tally: Tally
    verified: Interval | None
    reward: Interval | None
    cost_usd: Interval | None
    latency_s: Interval | None


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How good the predictions of a model were. `bins` are (predicted, happened, count) of those that were ever predicted.

    `brier` is the mean squared error of the chances (0 is perfect, 0.25 is what "one half" always has); `cost_ratio` and
    `latency_ratio` are what it took over what was expected. None when nothing was predicted.
    """

    model: str
    count: int
    brier: float | None
    bins: tuple[tuple[float, float, int], ...]
    cost_ratio: float | None
    latency_ratio: float | None


def profiles(learned: Learned, *, by_task_type: bool = True) -> list[ModelProfile]:
    """Return a row for each model, role and kind of work, or for each model and role."""
    sums: dict[tuple[str, str, str], Tally] = {}
    for key, tally in learned.cells.items():
        model, role, task_type = cell_of(key)
        place = (model, role, task_type if by_task_type else "")
        sums[place] = sums.get(place, Tally()).plus(tally)
    return [profile_of(*place, tally) for place, tally in sorted(sums.items(), key=lambda one: (one[0][1:], one[0][0]))]


def profile_of(model: str, role: str, task_type: str, tally: Tally) -> ModelProfile:
    """Return a tally with its means and their intervals."""
    return ModelProfile(
        model=model,
        role=role,
        task_type=task_type,
        tally=tally,
        verified=wilson(tally.verified, tally.judged) if tally.judged else None,
        reward=wilson(tally.share, tally.measured) if tally.measured else None,
        cost_usd=mean_of(tally.usd, tally.usd_squares, tally.priced),
        latency_s=mean_of(tally.seconds, tally.seconds_squares, tally.timed),
    )


def calibrations(learned: Learned) -> list[Calibrated]:
    """Return how good the predictions of each model were."""
    return [_calibrated(model, one) for model, one in sorted(learned.calibration.items())]


def _calibrated(model: str, one: Calibration) -> Calibrated:
    count = sum(step.count for step in one.bins)
    return Calibrated(
        model=model,
        count=count,
        brier=one.brier / count if count else None,
        bins=tuple((step.predicted / step.count, step.happened / step.count, step.count) for step in one.bins if step.count),
        cost_ratio=one.usd / one.usd_expected if one.priced and one.usd_expected > 0 else None,
        latency_ratio=one.seconds / one.seconds_expected if one.timed and one.seconds_expected > 0 else None,
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    result = Tally()
    for tally in tallies:
        result = result.plus(tally)
    return result
