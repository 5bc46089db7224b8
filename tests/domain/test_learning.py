"""What was learned is a fold of the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.events import ArmReset, Fact, OutcomeCorrected, OutcomeRecorded
from codecompanion.domain.learning import NOTHING_LEARNED, Learned, Tally, cell_key, fold
from codecompanion.domain.outcomes import Later
from outcomes import CORRECTED, OUTCOME, RECORDED, RESET, outcome

CELL = cell_key("openai:gpt-6.1-sol", "code_generator", "change")


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


def test_to_take_an_outcome_out_again_leaves_nothing() -> None:
    tally = Tally()
    tally.add(OUTCOME)
    tally.add(OUTCOME, -1)
    assert tally == Tally()
