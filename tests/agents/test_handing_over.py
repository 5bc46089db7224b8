"""What breaks the rules of a handoff goes back with the reason; a review's blocker outweighs its score."""

from bumpy_run import BumpyRun
from codecompanion.domain.events import HandoffMade, ReviewCompleted


def handoffs(bumpy: BumpyRun, task_id: str) -> list[HandoffMade]:
    return [one for one in bumpy.of(HandoffMade) if one.task_id == task_id]


def test_a_writer_that_changed_what_was_not_agreed_is_sent_back(
    bumpy: BumpyRun,
) -> None:
    assert [(one.attempt, one.accepted, one.reason) for one in handoffs(bumpy, "code-generator-3")] == [
        (1, False, "changes outside the scope that was agreed: README.md"),
        (2, True, ""),
        (3, True, ""),
    ]


def test_what_was_changed_outside_of_the_scope_is_not_delivered(bumpy: BumpyRun) -> None:
    assert bumpy.result["files_changed"] == ["src/stockroom/stock.py", "tests/test_stock.py"]


def test_a_claim_keeps_the_evidence_that_exists_and_loses_what_was_made_up(bumpy: BumpyRun) -> None:
    _, second = handoffs(bumpy, "code-generator-2")
    claim, made_up = second.claims
    assert claim.text == "its test passes"
    assert len(claim.evidence) == 1, "E99 stands for nothing"
    assert made_up.evidence == ()
    assert made_up.text.startswith("E99 is cited")


def test_a_test_writer_hands_over_its_plan_and_its_change(bumpy: BumpyRun) -> None:
    assert [len(one.artifacts) for one in handoffs(bumpy, "test-writer-1")] == [2, 2]


def test_an_end_in_plain_text_is_a_summary(bumpy: BumpyRun) -> None:
    assert handoffs(bumpy, "code-generator-3")[-1].summary == "above says now what it returns."


def test_a_blocker_sends_a_change_back_whatever_the_score_and_doubts_are_hidden(bumpy: BumpyRun) -> None:
    first, second = bumpy.of(ReviewCompleted)
    assert (first.score, first.accepted, first.hidden) == (85, False, 1)
    assert first.findings == ("src/stockroom/stock.py:41: say what above returns",)
    assert (second.score, second.accepted, second.hidden) == (90, True, 0)
    assert first.reviewed == second.reviewed == ("code-generator-3",)
