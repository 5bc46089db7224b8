import pytest

from bookshop.cart import Cart
from bookshop.catalog import Book, Catalog


@pytest.fixture
def cart() -> Cart:
    return Cart(Catalog([Book("1111", "A Tale of Two Tests", 1_200), Book("2222", "The Testing of Tales", 900)]))


def test_an_empty_cart_has_no_books(cart: Cart) -> None:
    assert cart.count == 0


def test_the_same_book_twice_is_two_books(cart: Cart) -> None:
    cart.add("1111")
    cart.add("11-11")
    assert cart.count == 2


def test_a_small_order_pays_for_shipping(cart: Cart) -> None:
    cart.add("2222")
    assert cart.total_cents() == 900 + 450


def test_three_books_get_the_discount(cart: Cart) -> None:
    cart.add("1111", 2)
    cart.add("2222")
    assert cart.total_cents() == 3_135 + 450
