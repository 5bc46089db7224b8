"""A small project with tests, and patches of it as pairs of texts."""

from codecompanion.domain.checks import Outcome, SuiteReport, TestOutcome
from codecompanion.domain.integrity import IntegrityFinding
from codecompanion.workspace.integrity import examine

SHOP = '''"""A shop."""


def total(prices):
    return sum(prices) - 1


def parse(text):
    if not text:
        raise ValueError("empty text")
    return text.split(",")


class Cart:
    def __init__(self, items):
        self.items = items

    def __eq__(self, other):
        return self.items == other.items
'''

TESTS = """import math
import unittest
from unittest import mock

import pytest

from shop import Cart, parse, total

EXPECTED = {"a": 1, "b": 2}


def check_total(prices, expected):
    assert total(prices) == expected
    assert total(prices) >= 0


def test_total():
    result = total([1, 2])
    assert result == 3
    assert total([]) == 0


def test_parse_refuses_nothing():
    with pytest.raises(ValueError, match="empty text"):
        parse("")


@pytest.mark.parametrize(("prices", "expected"), [([1], 1), ([2, 3], 5), ([4, 4], 8)])
def test_many(prices, expected):
    assert total(prices) == expected


def test_share():
    assert total([0.1, 0.2]) == pytest.approx(0.3, abs=1e-9)


def test_items():
    cart = Cart(["pear", "fig"])
    assert cart.items == ["pear", "fig"]
    assert len(cart.items) == 2
    for item in ["pear", "fig"]:
        assert item in cart.items


def test_log():
    log = mock.Mock()
    log(total([5]))
    log.assert_called_once_with(5)


def test_checked():
    check_total([7, 1], 8)


def test_names():
    assert parse("a,b") == list(EXPECTED)
    assert EXPECTED["b"] == total([2])


class TestCart:
    def test_equal(self):
        assert Cart([1]) == Cart([1])
        assert Cart([1]).items is not None


class CartCase(unittest.TestCase):
    def test_items(self):
        self.assertEqual(Cart([1, 2]).items, [1, 2])
        self.assertAlmostEqual(math.sqrt(2) * math.sqrt(2), 2.0, places=9)

    def test_empty(self):
        self.assertRaises(ValueError, parse, "")
        self.assertIn("a", parse("a,b"))
"""

PATH = "tests/test_shop.py"
EMPTY = SuiteReport()


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in the text"
    return text.replace(old, new)


def found(before: dict[str, str], after: dict[str, str], base: SuiteReport = EMPTY) -> tuple[IntegrityFinding, ...]:
    return examine(before, after, base, None)


def in_tests(old: str, new: str) -> tuple[IntegrityFinding, ...]:
    return found({PATH: TESTS}, {PATH: replaced(TESTS, old, new)})


def report(**outcomes: Outcome) -> SuiteReport:
    return SuiteReport(
        outcomes=tuple(TestOutcome(test_id=f"{PATH}::{name}", outcome=outcome) for name, outcome in outcomes.items())
    )


def passed(*names: str) -> SuiteReport:
    return SuiteReport(outcomes=tuple(TestOutcome(test_id=f"{PATH}::{name}", outcome="passed") for name in names))
