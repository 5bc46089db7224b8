"""A judge's weight follows from what later facts, or a person, said of its verdicts."""

from codecompanion.domain.checks import Counts
from codecompanion.domain.consensus import ACCEPT, SEND_BACK
from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.events import (
    ApprovalGiven,
    ConsensusReached,
    Fact,
    JudgeVoted,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    encode,
)
from codecompanion.domain.judges import JudgeRecord, verdicts_of, weight_in, weights_of

QUESTION = "is the change accepted"


def events(*facts: Fact) -> list[Event]:
    drafts = [
        Draft(str(n), type(f).__name__, f.schema_version, "2026-01-01T00:00:00.000000Z", encode(f), "x")
        for n, f in enumerate(facts)
    ]
    return list(seal(drafts, "run", after_version=0, prev_hash="0" * 64, after_position=0))


def vote(judge: str, option: str) -> JudgeVoted:
    return JudgeVoted(task_id="review", attempt=1, judge=judge, options=(option,))


def reached(outcome: str) -> ConsensusReached:
    return ConsensusReached(
        task_id="review", attempt=1, question=QUESTION, outcome=outcome, method="hybrid", shares={}, weights={}, reason=""
    )


VOTES = (vote("a", ACCEPT), vote("b", SEND_BACK))
APPLIED, UNDONE = PatchApplied(paths=("a.py",)), PatchUndone(paths=("a.py",))


def test_a_change_that_was_kept_proves_who_accepted_it_right() -> None:
    assert verdicts_of(events(*VOTES, reached(ACCEPT), APPLIED)) == [("a", True), ("b", False)]


def test_a_change_that_was_taken_out_again_proves_who_doubted_it_right() -> None:
    assert verdicts_of(events(*VOTES, reached(ACCEPT), APPLIED, UNDONE)) == [("a", False), ("b", True)]


def test_a_person_who_settles_a_dispute_proves_one_side_right() -> None:
    settled = ApprovalGiven(subject=QUESTION, approved=True, by="user", choice=SEND_BACK)
    assert verdicts_of(events(*VOTES, reached(""), settled)) == [("a", False), ("b", True)]


def test_what_nobody_tried_proves_nobody_right() -> None:
    assert verdicts_of(events(*VOTES, reached(ACCEPT))) == []
    assert verdicts_of(events(*VOTES, reached(""), APPLIED)) == []


def test_weights_are_learned_from_all_runs_and_unknown_judges_have_the_usual_one() -> None:
    kept = events(*VOTES, reached(ACCEPT), APPLIED)
    weights = weights_of([kept, kept])
    assert weights == {"a": JudgeRecord(2, 0).weight, "b": JudgeRecord(0, 2).weight}
    assert weights["a"] > weight_in(weights, "nobody knows it") > weights["b"] == 0.0
    assert weight_in(weights, "a") == weights["a"]


def test_a_change_that_does_not_hold_in_the_users_files_proves_who_doubted_it_right() -> None:
    def revalidated(*, passed: bool) -> Fact:
        return PatchRevalidated(counts=Counts(), passed=passed, evidence=("e",))

    accepted = (*VOTES, reached(ACCEPT))
    assert verdicts_of(events(*accepted, revalidated(passed=False))) == [("a", False), ("b", True)]
    assert verdicts_of(events(*accepted, APPLIED, revalidated(passed=True))) == [("a", True), ("b", False)]
    assert verdicts_of(events(*accepted, revalidated(passed=True))) == []


def test_every_question_that_was_settled_counts() -> None:
    again = [one.model_copy(update={"attempt": 2}) for one in (*VOTES, reached(ACCEPT))]
    assert verdicts_of(events(*VOTES, reached(ACCEPT), *again, APPLIED)) == [("a", True), ("b", False)] * 2


def test_who_voted_for_nothing_is_neither_right_nor_wrong() -> None:
    silent = vote("c", ACCEPT).model_copy(update={"options": ()})
    assert verdicts_of(events(silent, VOTES[0], reached(ACCEPT), APPLIED)) == [("a", True)]
