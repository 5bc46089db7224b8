"""Candidates are named after their item, and a name tells which is which."""

import pytest

from codecompanion.domain.candidates import candidate_id, is_candidate, place_of, short_name


def test_a_candidate_is_named_after_its_item() -> None:
    assert candidate_id("code.parser", 12) == "code.parser.c12"
    assert is_candidate("code.parser.c12")
    assert short_name("code.parser.c12") == "c12"
    assert place_of("r1", "code.parser.c12") == "r1-c12"


@pytest.mark.parametrize("task", ["code", "code.c0", "code.c01", "code.c1.more", ".c1", "code.cx"])
def test_an_item_is_no_candidate_and_has_no_shorter_name(task: str) -> None:
    assert not is_candidate(task)
    assert short_name(task) == task
