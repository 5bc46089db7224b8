"""What was learned: a fold of the stream "learning" into sums that suffice for means, rates and their intervals.

A million outcomes and ten make a state of about the same size: what it holds grows with models, roles, kinds of work and days.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import Field

from codecompanion.domain.events import ArmReset, Fact, OutcomeCorrected, OutcomeRecorded
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.domain.project import Value
from codecompanion.domain.reward import REWARD_VERSION, share_of

T = TypeVar("T")

BINS = 10
"""Predictions are compared with what happened in so many steps of equal width."""
MOST_OPEN = 10_000
"""So many delivered changes are followed; the oldest are let go."""
MOST_DAYS = 120
"""So many days with outcomes are kept of each model, to see trends in."""
SEPARATOR = "\t"


@dataclass(slots=True)
class Tally:
    """Sums over outcomes. Squares make variances.

    `measured` counts rewards, `judged` verdicts, `priced` and `timed` known amounts, and so on.
    """

    outcomes: int = 0
    measured: int = 0
    share: float = 0.0
    share_squares: float = 0.0
    judged: int = 0
    verified: int = 0
    priced: int = 0
    usd: float = 0.0
    usd_squares: float = 0.0
    timed: int = 0
    seconds: float = 0.0
    seconds_squares: float = 0.0
    retries: int = 0
    unclean: int = 0
    reviews: int = 0
    review_points: int = 0
    merges_known: int = 0
    merged: int = 0
    reverted: int = 0
    taken_back: int = 0
    survival_known: int = 0
    survived: float = 0.0

    def add(self, outcome: TaskOutcome, sign: Literal[1, -1] = 1) -> None:
        """Take an outcome in, or with -1 out again."""
        share, later = share_of(outcome), outcome.later
        survived = later.survived_7 if later.survived_30 is None else later.survived_30
        self.outcomes += sign
        self.retries += sign * outcome.retries
        self.unclean += sign * (outcome.clean is False)
        self.merges_known += sign * (later.merged is not None)
        self.merged += sign * (later.merged is True)
        self.reverted += sign * (later.reverted is True)
        self.taken_back += sign * later.taken_back
        if share is not None:
            self.measured += sign
            self.share += sign * share
            self.share_squares += sign * share * share
        if outcome.verified is not None:
            self.judged += sign
            self.verified += sign * outcome.verified
        if outcome.cost_usd is not None:
            self.priced += sign
            self.usd += sign * outcome.cost_usd
            self.usd_squares += sign * outcome.cost_usd**2
        if outcome.latency_s is not None:
            self.timed += sign
            self.seconds += sign * outcome.latency_s
            self.seconds_squares += sign * outcome.latency_s**2
        if outcome.review_score is not None:
            self.reviews += sign
            self.review_points += sign * outcome.review_score
        if survived is not None:
            self.survival_known += sign
            self.survived += sign * survived

    def plus(self, other: "Tally") -> "Tally":
        """Return the sum of two tallies."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__slots__))


@dataclass(slots=True)
class Bin:
    """Predicted chances of success in one step, and what happened."""

    count: int = 0
    predicted: float = 0.0
    happened: float = 0.0


@dataclass(slots=True)
class Calibration:
    """How what was expected of a model compares with what came. `bins` go from chance 0 to 1 in `BINS` equal steps.

    `brier` is the sum of squared errors of chances; the amounts are sums over outcomes for which both are known.
    """

    bins: list[Bin] = field(default_factory=lambda: [Bin() for _ in range(BINS)])
    brier: float = 0.0
    priced: int = 0
    usd_expected: float = 0.0
    usd: float = 0.0
    timed: int = 0
    seconds_expected: float = 0.0
    seconds: float = 0.0

    def add(self, outcome: TaskOutcome, sign: Literal[1, -1] = 1) -> None:
        """Take an outcome in, or with -1 out again; one that nothing was expected of changes nothing."""
        expected, share = outcome.expected, share_of(outcome)
        if expected is None:
            return
        if share is not None:
            step = self.bins[min(int(expected.success * BINS), BINS - 1)]
            step.count += sign
            step.predicted += sign * expected.success
            step.happened += sign * share
            self.brier += sign * (expected.success - share) ** 2
        if outcome.cost_usd is not None:
            self.priced += sign
            self.usd_expected += sign * expected.cost_usd
            self.usd += sign * outcome.cost_usd
        if outcome.latency_s is not None:
            self.timed += sign
            self.seconds_expected += sign * expected.latency_s
            self.seconds += sign * outcome.latency_s


class Learned(Value):
    """What all outcomes together say.

    `cells` are tallies by model, role and kind of work (see `cell_key`); `days` by model and day ("2026-11-26", UTC);
    `calibration` is by model; `open` are the outcomes of which the history may still tell more, by decision, the oldest first.
    They are JSON text (see `followed`): ten thousand take much longer to read than all the rest, and few are ever looked at.
    """

    reward_version: Literal[1] = REWARD_VERSION
    cells: dict[str, Tally] = Field(default_factory=dict)
    days: dict[str, dict[str, Tally]] = Field(default_factory=dict)
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    open: dict[str, str] = Field(default_factory=dict)

    @property
    def followed(self) -> list[TaskOutcome]:
        """The outcomes of which the history may still tell more; of their decisions only the model that was asked is kept."""
        return [TaskOutcome.model_validate_json(text) for text in self.open.values()]


NOTHING_LEARNED = Learned()


def cell_key(model: str, role: str, task_type: str) -> str:
    """Return the key of a cell; `cell_of` is its inverse."""
    return SEPARATOR.join((model, role, task_type))


def cell_of(key: str) -> tuple[str, str, str]:
    """Return the model, the role and the kind of work that a cell is about."""
    model, role, task_type = key.split(SEPARATOR)
    return model, role, task_type


def fold(learned: Learned, facts: Iterable[Fact]) -> Learned:
    """Return what is known after facts; one that is not about learning changes nothing."""
    book = _Book(dict(learned.cells), dict(learned.days), dict(learned.calibration), dict(learned.open))
    for fact in facts:
        match fact:
            case OutcomeRecorded(outcome=outcome):
                book.enter(outcome)
            case OutcomeCorrected(decision_id=decision_id, later=later) if decision_id in book.open:
                book.correct(decision_id, later)
            case ArmReset(model=model):
                book.forget(model)
            case _:
                pass
    return Learned(cells=book.cells, days=book.days, calibration=book.calibration, open=book.open)


class _Book:
    """What is known while facts are taken in. What the fold was given is copied when it is first written to."""

    def __init__(
        self,
        cells: dict[str, Tally],
        days: dict[str, dict[str, Tally]],
        calibration: dict[str, Calibration],
        is_open: dict[str, str],
    ) -> None:
        self.cells, self.days, self.calibration, self.open = cells, days, calibration, is_open
        self._own: set[tuple[str, ...]] = set()

    def enter(self, outcome: TaskOutcome) -> None:
        """Take an outcome in."""
        self._add(outcome, 1)
        self._add_to_day(outcome, 1)
        if outcome.is_open:
            self.open[outcome.decision_id] = _written(outcome)
            if len(self.open) > MOST_OPEN:
                del self.open[next(iter(self.open))]

    def correct(self, decision_id: str, later: Later) -> None:
        """Put an outcome of which more is known now in the place of the one before."""
        before = TaskOutcome.model_validate_json(self.open[decision_id])
        corrected = before.model_copy(update={"later": later})
        self._add(before, -1)
        self._add(corrected, 1)
        if corrected.at[:10] in self.days.get(corrected.model, {}):  # else it was let go
            self._add_to_day(before, -1)
            self._add_to_day(corrected, 1)
        if corrected.is_open:
            self.open[decision_id] = _written(corrected)
        else:
            del self.open[decision_id]

    def forget(self, model: str) -> None:
        """Take out all that is known of a model."""
        self.cells = {key: tally for key, tally in self.cells.items() if cell_of(key)[0] != model}
        self.open = {key: text for key, text in self.open.items() if TaskOutcome.model_validate_json(text).model != model}
        self.days.pop(model, None)
        self.calibration.pop(model, None)

    def _add(self, outcome: TaskOutcome, sign: Literal[1, -1]) -> None:
        key = cell_key(outcome.model, outcome.role, outcome.task_type)
        self.cells[key] = self._mine(("cell", key), self.cells.get(key), Tally)
        self.cells[key].add(outcome, sign)
        if outcome.expected is not None:
            known = self.calibration.get(outcome.model)
            mine = self._mine(("calibration", outcome.model), known, Calibration)
            if mine is not known and known is not None:
                mine.bins = [copy(step) for step in known.bins]
            mine.add(outcome, sign)
            self.calibration[outcome.model] = mine

    def _add_to_day(self, outcome: TaskOutcome, sign: Literal[1, -1]) -> None:
        model, day = outcome.model, outcome.at[:10]
        days = self._mine(("days", model), self.days.get(model), dict[str, Tally])
        self.days[model] = days
        days[day] = self._mine(("day", model, day), days.get(day), Tally)
        days[day].add(outcome, sign)
        if len(days) > MOST_DAYS:
            del days[min(days)]

    def _mine(self, name: tuple[str, ...], known: T | None, make: type[T]) -> T:
        if known is not None and name in self._own:
            return known
        self._own.add(name)
        return make() if known is None else copy(known)


def _written(outcome: TaskOutcome) -> str:
    """Return an outcome as it is kept while it is followed."""
    decided, expected = outcome.decided, outcome.expected
    if decided is not None:
        decided = None if expected is None else decided.model_copy(update={"candidates": (expected,)})
    return outcome.model_copy(update={"decided": decided}).model_dump_json(exclude_defaults=True)
