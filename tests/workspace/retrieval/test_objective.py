"""What an objective says, however it was written down."""

import pytest

from codecompanion.workspace.retrieval.objective import SUBJECT_WEIGHT, read_objective

FULL_LINE = "Fix how the size of a basket is limited when parsing"


def test_a_sentence_that_is_broken_into_full_lines_is_one_subject() -> None:
    wrapped = read_objective(f"{FULL_LINE}\n  large coupons.\n\nSpotted by accident.")
    assert wrapped.weights["coupon"] == wrapped.weights["basket"] == SUBJECT_WEIGHT
    assert wrapped.weights["accident"] < SUBJECT_WEIGHT


@pytest.mark.parametrize(
    "text",
    [
        f"{FULL_LINE}\n\nlarge coupons",
        f"{FULL_LINE}\n* large coupons",
        f"{FULL_LINE}\n2. large coupons",
        "Fix it\nlarge coupons",
    ],
    ids=["an empty line", "an item", "a numbered item", "a short line"],
)
def test_what_does_not_go_on_with_the_first_line_explains_it(text: str) -> None:
    assert read_objective(text).weights["coupon"] < SUBJECT_WEIGHT


def test_the_markup_of_a_changelog_says_nothing() -> None:
    plain = read_objective("Fixed `Cart` in `shop.total`")
    assert read_objective("Fixed :class:`Cart` in :py:meth:`shop.total`") == plain
    assert read_objective(":tags: bug, shop\n:tickets: 1234\n\nFixed `Cart` in `shop.total`").weights == plain.weights


def test_a_mark_in_front_of_a_subject_does_not_swallow_it() -> None:
    assert read_objective(":bug: Fix the basket").weights.keys() >= {"basket"}
