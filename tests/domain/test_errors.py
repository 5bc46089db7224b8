"""What an error says and how a process ends by it."""

import pytest

from codecompanion.domain.errors import (
    BadInput,
    CodeCompanionError,
    FailureCategory,
    HistoryRegressed,
    LogCorrupt,
    ModelCallFailed,
    OverBudget,
    VersionConflict,
    first_leaf,
)


def said(error: CodeCompanionError) -> tuple[str, str, str, str]:
    return str(error), error.what, error.cause, error.fix


def test_an_error_says_what_happened_why_and_what_helps() -> None:
    assert said(BadInput("no", cause="why", fix="do")) == ("no", "no", "why", "do")
    assert said(BadInput("no")) == ("no", "no", "", "")
    over = OverBudget("no", limit="day", cause="why", fix="do")
    assert (said(over), over.limit) == (("no", "no", "why", "do"), "day")
    assert said(OverBudget("no", limit="day")) == ("no", "no", "", "")


def test_a_model_that_did_not_answer_says_how_often_it_was_asked() -> None:
    failed = ModelCallFailed("no", category=FailureCategory.TIMEOUT, cause="why", fix="do", attempts=3, retry_after_s=2.5)
    assert said(failed) == ("no", "no", "why", "do")
    assert (failed.category, failed.attempts, failed.retry_after_s) == (FailureCategory.TIMEOUT, 3, 2.5)
    bare = ModelCallFailed("no", category=FailureCategory.UNKNOWN)
    assert (said(bare), bare.attempts, bare.retry_after_s) == (("no", "no", "", ""), 1, None)


def test_a_slower_writer_is_told_both_versions() -> None:
    conflict = VersionConflict("r1", expected=3, actual=5)
    assert str(conflict) == "stream 'r1' is at version 5, not 3"
    assert (conflict.expected, conflict.actual) == (3, 5)


def test_a_log_that_does_not_verify_names_the_event() -> None:
    corrupt = LogCorrupt("r1", 7, "it was changed")
    assert str(corrupt) == "event 7 of 'r1' does not verify: it was changed"
    assert corrupt.fix == "restore the state folder from a backup; the events before this one are intact"
    assert (corrupt.stream_id, corrupt.version, corrupt.reason) == ("r1", 7, "it was changed")


def test_a_log_that_lost_events_says_so() -> None:
    lost = HistoryRegressed("r1", 7, "it ends at 5")
    assert lost.what == "the log lost what it had acknowledged of 'r1': it ends at 5"
    assert lost.fix == (
        "look at what is lost, for it may have had effects; then codecompanion resume RUN, or restore the database"
    )
    assert (lost.stream_id, lost.version, lost.reason) == ("r1", 7, "it ends at 5")
    assert str(lost) == lost.what
    assert HistoryRegressed("r1", 7, "it ends at 5", fix="ask").fix == "ask"


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_the_first_error_is_found_at_any_depth(depth: int) -> None:
    first = error = ValueError("first")
    for _ in range(depth):
        error = ExceptionGroup("of tasks", [error, KeyError("second")])
    assert first_leaf(error) is first
