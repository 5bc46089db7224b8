import pytest

from stockroom.stock import NotEnough, Stock


@pytest.fixture
def stock() -> Stock:
    stock = Stock()
    stock.receive({"AB-123": 4, "CD-001": 10})
    return stock


def test_what_comes_in_is_there(stock: Stock) -> None:
    stock.receive({"AB-123": 2})
    assert stock.count("ab-123") == 6
    assert stock.count("XY-999") == 0


def test_what_is_taken_is_gone(stock: Stock) -> None:
    stock.take("AB-123", 3)
    assert stock.count("AB-123") == 1


def test_no_more_is_taken_than_is_there(stock: Stock) -> None:
    with pytest.raises(NotEnough):
        stock.take("AB-123", 5)
    assert stock.count("AB-123") == 4
