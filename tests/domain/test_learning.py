"""What was learned is a fold of the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.events import ArmReset, Fact, OutcomeCorrected, OutcomeRecorded, PatchUndone
from codecompanion.domain.learning import (
    MOST_DAYS,
    MOST_OPEN,
    NOTHING_LEARNED,
    Bin,
    Calibration,
    Learned,
    Tally,
    cell_key,
    cell_of,
    fold,
)
from codecompanion.domain.outcomes import Decided, Expected, Later, TaskOutcome
from codecompanion.domain.reward import share_of
from outcomes import CORRECTED, OUTCOME, RECORDED, RESET, outcome

MODEL = "openai:gpt-6.1-sol"
CELL = cell_key(MODEL, "code_generator", "change")
LATER = Later(merged=True, survived_7=0.5, taken_back=False)
KNOWN = OUTCOME.model_copy(update={"later": LATER, "retries": 3, "cost_usd": 0.5, "latency_s": 4.0, "verified": True})
BOOKED = Tally(
    outcomes=1,
    measured=1,
    share=0.75,
    share_squares=0.5625,
    judged=1,
    verified=1,
    priced=1,
    usd=0.5,
    usd_squares=0.25,
    timed=1,
    seconds=4.0,
    seconds_squares=16.0,
    retries=3,
    reviews=1,
    review_points=90,
    merges_known=1,
    merged=1,
    survival_known=1,
    survived=0.5,
)


def of_chance(success: float, *, verified: bool | None = True, cost_usd: float | None = 0.5) -> TaskOutcome:
    """Return an outcome of which a chance, 0.25 dollars and 8 seconds were expected."""
    expected = Expected(model=MODEL, success=success, cost_usd=0.25, latency_s=8, propensity=1)
    decided = Decided(policy="p", profile="balanced", candidates=(expected,))
    changes = {"decided": decided, "verified": verified, "cost_usd": cost_usd, "latency_s": 4.0, "proven_by": ("new_tests",)}
    return OUTCOME.model_copy(update=changes)


@st.composite
def one_fact(draw: st.DrawFn) -> Fact:
    number, model = draw(st.integers(0, 5)), draw(st.sampled_from(["x:a", "x:b"]))
    kind, part = draw(st.sampled_from(["outcome", "outcome", "later", "reset"])), draw(st.sampled_from([None, 0.5, 1.0]))
    yes = draw(st.sampled_from([True, False, None]))
    if kind == "outcome":
        delivered = "e" * 40 if draw(st.booleans()) else ""
        return OutcomeRecorded(outcome=outcome(number, model=model, verified=yes, cost_usd=part, delivered=delivered))
    if kind == "later":
        return OutcomeCorrected(decision_id=f"d{number}", later=Later(merged=True, reverted=yes, survived_7=part))
    return ArmReset(model=model, reason="")


facts = st.lists(one_fact(), max_size=30)


@given(facts, st.integers(0, 30))
def test_a_snapshot_anywhere_changes_nothing(told: list[Fact], cut: int) -> None:
    snapshot = Learned.model_validate_json(fold(NOTHING_LEARNED, told[:cut]).model_dump_json())
    assert fold(snapshot, told[cut:]) == fold(NOTHING_LEARNED, told)


@given(facts)
def test_what_the_fold_was_given_stays_as_it_was(told: list[Fact]) -> None:
    before = fold(NOTHING_LEARNED, told)
    text = before.model_dump_json()
    fold(before, [RECORDED, CORRECTED, *told])
    assert before.model_dump_json() == text


def test_an_outcome_is_counted_in_its_cell() -> None:
    tally = fold(NOTHING_LEARNED, [RECORDED]).cells[CELL]
    assert (tally.outcomes, tally.verified, tally.share, tally.usd, tally.seconds) == (1, 1, 1.0, 0.25, 40.0)


def test_what_the_history_says_replaces_what_was_known() -> None:
    learned = fold(NOTHING_LEARNED, [RECORDED, CORRECTED])
    tally = learned.cells[CELL]
    assert (tally.outcomes, tally.share, tally.merged, tally.survived) == (1, 0.75, 1, 0.5)
    assert learned.days["openai:gpt-6.1-sol"]["2026-11-26"].share == 0.75
    assert list(learned.open) == [OUTCOME.decision_id]


def test_a_change_that_was_reverted_is_not_followed_any_more() -> None:
    gone = OutcomeCorrected(decision_id=OUTCOME.decision_id, later=Later(merged=True, reverted=True))
    learned = fold(NOTHING_LEARNED, [RECORDED, gone])
    assert not learned.open
    assert learned.cells[CELL].share == 0.0


def test_a_model_that_is_reset_is_unknown_and_the_others_are_not() -> None:
    other = OutcomeRecorded(outcome=outcome(2, model="openai:b"))
    learned = fold(NOTHING_LEARNED, [RECORDED, other, RESET, CORRECTED])
    assert list(learned.cells) == [cell_key("openai:b", "code_generator", "change")]
    assert list(learned.days) == ["openai:b"]
    assert not learned.calibration


def test_predictions_are_compared_with_what_happened() -> None:
    calibration = fold(NOTHING_LEARNED, [RECORDED]).calibration["openai:gpt-6.1-sol"]
    assert [(step.count, step.predicted, step.happened) for step in calibration.bins if step.count] == [(1, 0.75, 1.0)]
    assert calibration.brier == pytest.approx(0.0625)
    assert (calibration.usd_expected, calibration.usd) == (0.2, 0.25)


@pytest.mark.parametrize(
    "one",
    [
        OUTCOME,
        KNOWN,
        of_chance(0.3, verified=False),
        outcome(1, clean=False, retries=2, later=Later(merged=True, reverted=True, survived_30=0.5, taken_back=True)),
    ],
    ids=["plain", "later", "refuted", "all that can be held against it"],
)
def test_to_take_an_outcome_out_again_leaves_nothing(one: TaskOutcome) -> None:
    tally, calibration = Tally(), Calibration()
    tally.add(one)
    calibration.add(one)
    tally.add(one, -1)
    calibration.add(one, -1)
    assert tally == Tally()
    assert calibration == Calibration()


def test_what_is_known_of_an_outcome_is_summed_and_squared() -> None:
    tally = Tally()
    tally.add(KNOWN)
    assert tally == BOOKED
    tally.add(KNOWN)
    assert tally == BOOKED.plus(BOOKED)
    assert (tally.outcomes, tally.usd, tally.usd_squares, tally.review_points, tally.survived) == (2, 1.0, 0.5, 180, 1.0)


def test_what_was_not_measured_is_counted_as_an_outcome_and_nothing_else() -> None:
    tally = Tally()
    tally.add(outcome(1, verified=None, cost_usd=None, latency_s=None, review_score=None, review_accepted=None, clean=None))
    assert tally == Tally(outcomes=1)


def test_what_is_held_against_an_outcome_is_counted() -> None:
    tally = Tally()
    gone = Later(merged=False, reverted=True, survived_7=1.0, survived_30=0.25, taken_back=True)
    tally.add(outcome(1, verified=False, cost_usd=None, latency_s=None, review_score=None, clean=False, later=gone))
    assert tally == Tally(
        outcomes=1, measured=1, judged=1, unclean=1, merges_known=1, reverted=1, taken_back=1, survival_known=1, survived=0.25
    )


@pytest.mark.parametrize(("chance", "step"), [(0.0, 0), (0.09, 0), (0.1, 1), (0.55, 5), (0.99, 9), (1.0, 9)])
def test_a_chance_is_counted_in_its_tenth(chance: float, step: int) -> None:
    calibration = Calibration()
    calibration.add(of_chance(chance))
    assert len(calibration.bins) == 10
    assert [number for number, one in enumerate(calibration.bins) if one.count] == [step]
    assert calibration.bins[step] == Bin(1, chance, 1.0)


def test_what_was_expected_is_summed_beside_what_came() -> None:
    calibration = Calibration()
    for _ in range(2):
        calibration.add(of_chance(0.25))
    assert calibration.bins[2] == Bin(2, 0.5, 2.0)
    assert calibration.brier == pytest.approx(2 * 0.75**2)
    assert (calibration.priced, calibration.usd_expected, calibration.usd) == (2, 0.5, 1.0)
    assert (calibration.timed, calibration.seconds_expected, calibration.seconds) == (2, 16.0, 8.0)


def test_what_did_not_come_is_not_compared() -> None:
    calibration = Calibration()
    calibration.add(of_chance(0.25, verified=None, cost_usd=None).model_copy(update={"latency_s": None}))
    assert calibration == Calibration()
    assert not fold(NOTHING_LEARNED, [OutcomeRecorded(outcome=outcome(1))]).calibration


def test_the_key_of_a_cell_can_be_taken_apart() -> None:
    assert cell_of(CELL) == (MODEL, "code_generator", "change")
    assert cell_of(cell_key("openai:a b", "solo", "")) == ("openai:a b", "solo", "")


def test_the_oldest_changes_that_are_followed_are_let_go() -> None:
    followed = {f"d{number}": OUTCOME.model_dump_json() for number in range(MOST_OPEN - 1)}
    full = fold(Learned(open=followed), [RECORDED])
    assert len(full.open) == MOST_OPEN
    over = fold(full, [OutcomeRecorded(outcome=OUTCOME.model_copy(update={"decision_id": "one more"}))])
    assert len(over.open) == MOST_OPEN
    assert "d0" not in over.open
    assert list(over.open)[-2:] == [OUTCOME.decision_id, "one more"]


def test_only_the_newest_days_of_a_model_are_kept_and_no_more_is_learned_of_others() -> None:
    days = [f"2026-{1 + number // 28:02}-{1 + number % 28:02}" for number in range(MOST_DAYS + 1)]
    followed = [OUTCOME.model_copy(update={"decision_id": day, "at": f"{day}T10:00:00Z"}) for day in days]
    full = fold(NOTHING_LEARNED, [OutcomeRecorded(outcome=one) for one in followed[:-1]])
    assert list(full.days[MODEL]) == days[:-1]
    over = fold(full, [OutcomeRecorded(outcome=followed[-1])])
    assert list(over.days[MODEL]) == days[1:]
    late = fold(over, [OutcomeCorrected(decision_id=days[0], later=LATER), OutcomeCorrected(decision_id=days[1], later=LATER)])
    assert list(late.days[MODEL]) == days[1:]
    assert late.days[MODEL][days[1]].merged == 1
    assert (late.days[MODEL][days[1]].outcomes, late.cells[CELL].outcomes, late.cells[CELL].merged) == (1, MOST_DAYS + 1, 2)


def test_a_model_that_is_reset_is_followed_no_more() -> None:
    other = OUTCOME.model_copy(update={"decision_id": "d2", "model": "openai:b"})
    learned = fold(NOTHING_LEARNED, [RECORDED, OutcomeRecorded(outcome=other), RESET])
    assert list(learned.open) == ["d2"]
    assert list(learned.calibration) == ["openai:b"]
    assert fold(learned, [CORRECTED]) == learned
    assert fold(NOTHING_LEARNED, [RESET]) == NOTHING_LEARNED


def test_what_is_corrected_twice_says_the_last_word() -> None:
    worse = OutcomeCorrected(decision_id=OUTCOME.decision_id, later=Later(merged=True, reverted=False, survived_7=0.0))
    learned = fold(NOTHING_LEARNED, [RECORDED, CORRECTED, worse])
    assert (learned.cells[CELL].outcomes, learned.cells[CELL].share, learned.cells[CELL].survived) == (1, 0.5, 0.0)
    assert [one.later for one in learned.followed] == [worse.later]


def test_of_a_decision_only_the_model_that_was_asked_is_followed() -> None:
    (followed,) = fold(NOTHING_LEARNED, [RECORDED]).followed
    assert followed.expected == OUTCOME.expected
    assert followed.decided is not None
    assert len(followed.decided.candidates) == 1
    assert followed.model_copy(update={"decided": OUTCOME.decided}) == OUTCOME
    unexpected = OUTCOME.model_copy(update={"model": "openai:c"})
    assert [one.decided for one in fold(NOTHING_LEARNED, [OutcomeRecorded(outcome=unexpected)]).followed] == [None]


def test_a_fact_of_another_kind_teaches_nothing_and_ends_nothing() -> None:
    other = PatchUndone(paths=("a.py",))
    assert fold(NOTHING_LEARNED, [other, RECORDED]) == fold(NOTHING_LEARNED, [RECORDED])


def test_a_review_of_no_points_that_sent_the_work_back_leaves_nothing() -> None:
    assert share_of(outcome(1, review_score=None, review_accepted=False)) == 0.0
    assert share_of(outcome(1, review_score=0, review_accepted=False)) == 0.0


def again(number: int, model: str = MODEL) -> OutcomeRecorded:
    """Return one more outcome of the day of `OUTCOME`, of which the same was expected as of that."""
    expected = Expected(model=model, success=0.75, cost_usd=0.2, latency_s=30.0, propensity=1)
    decided = Decided(policy="p", profile="balanced", candidates=(expected,))
    changes = {"decision_id": f"d{number}", "model": model, "decided": decided}
    return OutcomeRecorded(outcome=OUTCOME.model_copy(update=changes))


def test_outcomes_of_one_day_and_model_are_added_up_also_after_a_snapshot() -> None:
    for learned in (
        fold(NOTHING_LEARNED, [again(1), again(2), again(3)]),
        fold(fold(NOTHING_LEARNED, [again(1), again(2)]), [again(3)]),
    ):
        assert learned.days[MODEL]["2026-11-26"].outcomes == learned.cells[CELL].outcomes == 3
        calibration = learned.calibration[MODEL]
        assert (calibration.bins[7].count, calibration.priced, calibration.timed) == (3, 3, 3)


def test_what_is_corrected_is_compared_once() -> None:
    calibration = fold(NOTHING_LEARNED, [RECORDED, CORRECTED]).calibration[MODEL]
    assert (calibration.bins[7], calibration.priced) == (Bin(1, 0.75, 0.75), 1)
    assert calibration.brier == 0.0


def test_sums_that_the_fold_was_given_are_not_written_to_whatever_models_come() -> None:
    before = fold(NOTHING_LEARNED, [again(1, "openai:a"), again(2, "openai:b")])
    text = before.model_dump_json()
    after = fold(before, [again(3, "openai:a"), again(4, "openai:b"), again(5, "openai:a")])
    assert before.model_dump_json() == text
    assert [after.calibration[model].bins[7].count for model in ("openai:a", "openai:b")] == [3, 2]
