import pytest

from bookshop.pricing import discount_percent, discounted, shipping_cents


@pytest.mark.parametrize(("count", "percent"), [(0, 0), (2, 0), (4, 5), (9, 5), (11, 10), (49, 10), (51, 15)])
def test_more_books_cost_less_each(count: int, percent: int) -> None:
    assert discount_percent(count) == percent


def test_exactly_enough_books_are_enough() -> None:
    assert discount_percent(3) == 5
    assert discount_percent(10) == 10


def test_rounding_favours_the_customer() -> None:
    assert discounted(999, 4) == 949


def test_large_orders_ship_free() -> None:
    assert shipping_cents(5_000) == 0
    assert shipping_cents(4_999) == 450
