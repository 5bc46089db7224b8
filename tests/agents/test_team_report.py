"""The report tells what was proven and also what went wrong, each with the event that shows it."""

from bumpy_run import BumpyRun


def test_a_run_that_stumbled_and_came_to_a_good_end_says_both(bumpy: BumpyRun) -> None:
    assert (bumpy.result["status"], bumpy.result["report"]["passed"]) == ("verified", True)
    for text in (
        "before the change all 16 tests passed",
        "test writer (test-writer-1), attempt 1, was refuted: no new test fails on the unchanged code",
        "new tests failed before the code was changed: tests/test_stock.py::test_count, tests/test_stock.py::test_below",
        "code generator (code-generator-3), attempt 1, was sent back: changes outside the scope that was agreed: README.md",
        "project manager (plan), attempt 1, survived: an answer neither used a tool nor handed anything over",
        "after the change 19 tests pass and none that passed before fails",
        "only these files changed: src/stockroom/stock.py (modified), tests/test_stock.py (modified)",
    ):
        assert any(claim.startswith(text) for claim in bumpy.claims), text


def test_what_no_event_shows_is_marked_by_citing_none(bumpy: BumpyRun) -> None:
    uncited = [claim["text"] for claim in bumpy.result["report"]["claims"] if not claim["evidence"]]
    assert uncited[:3] == [
        "code generator (code-generator-2), attempt 1, said: below is there.",
        "code generator (code-generator-2) says: below is right.",
        "E99 is cited for 'its test passes' and names no recorded command",
    ]
    assert uncited[-1] == "behaviour that no test covers is what you want"


def test_the_figures_count_what_happened(bumpy: BumpyRun) -> None:
    metrics = bumpy.result["report"]["metrics"]
    assert metrics == {"tasks": 4, "attempts": 9, "reviews_below_the_bar": 1, "answers_not_usable": 2}


def test_a_replay_draws_the_same_conclusions(bumpy: BumpyRun) -> None:
    assert bumpy.replayed.diff == bumpy.result["diff"]
