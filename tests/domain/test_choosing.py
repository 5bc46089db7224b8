"""Facts decide first, in a fixed order, and what they leave undecided is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.candidates import Standing
from codecompanion.domain.choosing import Choice, by_facts, by_length


def standing(
    number: int,
    *,
    tree: str = "",
    passed: bool = True,
    lines: int = 4,
    failing: int = 0,
    broken: int = 0,
    still: int = 0,
    integrity: int = 0,
) -> Standing:
    return Standing(
        candidate=f"code.c{number}",
        model="m",
        tree=tree or str(number),
        passed=passed,
        lines=lines,
        broken=broken,
        still_failing=still,
        integrity=integrity,
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


@pytest.mark.parametrize(
    ("standings", "reason"),
    [
        ((LOST,), "no candidate handed over a change"),
        ((standing(1),), "it is the only candidate"),
        ((standing(1, passed=False), standing(2)), "only c2 (m) passes the checks, of 2"),
        ((standing(1, tree="t"), standing(2, tree="t")), "c1 (m) and c2 (m) made the same change"),
        ((standing(1, failing=1), standing(2)), "none of the others' new tests fail on c2 (m), more on c1 (m)"),
        (
            (standing(1, failing=3), standing(2, failing=2), standing(3, failing=1)),
            "1 of the others' new tests fails on c3 (m), more on c1 (m) and c2 (m)",
        ),
        ((standing(1, failing=3), standing(2, failing=2)), "2 of the others' new tests fail on c2 (m), more on c1 (m)"),
        ((standing(1, lines=2), standing(2, lines=1)), "c2 (m) is clearly smaller: 1 changed line, the next 2"),
        (
            (standing(1), standing(2)),
            "c1 (m) and c2 (m) pass the checks and each other's tests, and are about as long",
        ),
        (
            (standing(1, passed=False, broken=2, still=1), standing(2, passed=False, broken=1, still=3)),
            (
                "no candidate passes the checks; least is held against c1 (m): "
                "2 tests broken, 1 still failing, 0 against honest tests"
            ),
        ),
        (
            (standing(1, passed=False, broken=1, still=3, integrity=1), standing(2, passed=False, integrity=2)),
            (
                "no candidate passes the checks; least is held against c1 (m): "
                "1 test broken, 3 still failing, 1 against honest tests"
            ),
        ),
    ],
)
def test_the_reason_is_said_in_a_sentence(standings: tuple[Standing, ...], reason: str) -> None:
    assert by_facts(standings).reason == reason


def test_of_those_that_pass_no_checks_tests_that_say_less_weigh_most_and_then_all_that_fail() -> None:
    cheat, poor = standing(1, passed=False, integrity=1), standing(2, passed=False, broken=9)
    assert by_facts((cheat, poor)).left == (poor,)
    one, other = standing(1, passed=False, broken=2), standing(2, passed=False, broken=1, still=2)
    assert by_facts((one, other)).left == (one,)
    long, short = standing(1, passed=False, broken=1, lines=9), standing(2, passed=False, still=1, lines=3)
    assert by_facts((long, short)).left == (short,)


def test_the_shorter_of_what_is_left_wins_and_a_choice_that_is_made_stays() -> None:
    short, long = standing(2, lines=1), standing(1, lines=2)
    choice = by_length(Choice((long, short), "judges", "disputed"))
    assert choice == Choice((short,), "size", "disputed; c2 (m) is the shortest, 1 changed line")
    assert by_length(choice) is choice
    nobody = Choice((), "checks", "nobody")
    assert by_length(nobody) is nobody


def test_the_first_that_was_asked_is_taken_of_those_that_tie() -> None:
    longer, first, second = standing(1, lines=5), standing(2), standing(3)
    choice = by_length(by_facts((longer, first, second)))
    assert choice.left == (first,)
    assert choice.reason == (
        "c1 (m) and c2 (m) and c3 (m) pass the checks and each other's tests, and are about as long; "
        "c2 (m) and c3 (m) are a tie in all, and the first that was asked is taken"
    )
