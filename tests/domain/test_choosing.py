"""Facts decide first, in a fixed order, and what they leave undecided is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.candidates import Standing
from codecompanion.domain.choosing import by_facts, by_length


def standing(
    number: int, *, tree: str = "", passed: bool = True, lines: int = 4, failing: int = 0, broken: int = 0
) -> Standing:
    return Standing(
        candidate=f"code.c{number}",
        model="m",
        tree=tree or str(number),
        passed=passed,
        lines=lines,
        broken=broken,
        others_failing=("t",) * failing,
    )


LOST = Standing(candidate="code.c9", model="m", fault="no answer")


@pytest.mark.parametrize(
    ("standings", "left", "by"),
    [
        ((LOST,), (), "checks"),
        ((standing(1, passed=False, broken=3), standing(2, passed=False, broken=1), LOST), ("code.c2",), "checks"),
        ((standing(1, passed=False), standing(2, lines=400)), ("code.c2",), "checks"),
        ((standing(1, tree="same"), standing(2, tree="same")), ("code.c1",), "same change"),
        ((standing(1, failing=1, lines=1), standing(2, lines=90)), ("code.c2",), "cross tests"),
        ((standing(1, lines=8), standing(2, lines=4)), ("code.c2",), "size"),
        ((standing(1, lines=7), standing(2, lines=4)), ("code.c1", "code.c2"), "checks"),
    ],
    ids=["nobody", "none passes", "one passes", "the same", "tests of others", "clearly smaller", "about as long"],
)
def test_what_facts_decide(standings: tuple[Standing, ...], left: tuple[str, ...], by: str) -> None:
    choice = by_facts(standings)
    assert tuple(one.candidate for one in choice.left) == left
    assert choice.by == by


def test_a_tie_in_all_is_called_one() -> None:
    choice = by_length(by_facts((standing(1), standing(2))))
    assert (choice.left[0].candidate, choice.by) == ("code.c1", "order")
    assert "are a tie in all" in choice.reason


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(1, 9), st.sampled_from("abc")), min_size=1, max_size=5))
def test_nobody_who_fails_the_checks_is_taken_before_one_who_passes(rows: list[tuple[bool, int, int, str]]) -> None:
    standings = [
        standing(number, passed=passed, failing=failing, lines=lines, tree=tree)
        for number, (passed, failing, lines, tree) in enumerate(rows, 1)
    ]
    (taken,) = by_length(by_facts(standings)).left
    assert taken.passed or not any(one.passed for one in standings)
    same_files = [one for one in standings if one.tree == taken.tree]
    assert taken in same_files
