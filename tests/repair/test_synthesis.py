from collections.abc import Awaitable, Callable
from textwrap import dedent
from typing import Any

import pytest

from codecompanion.domain.repair import RepairResult
from codecompanion.repair.synthesis import Seen, conditions

Repair = Callable[..., Awaitable[RepairResult]]


def seen(*rows: tuple[dict[str, Any], bool, bool]) -> list[Seen]:
    return [Seen(*row) for row in rows]


@pytest.mark.parametrize(
    ("rows", "own", "expected"),
    [
        pytest.param(
            seen(({"x": 1}, True, True), ({"x": 5}, True, False), ({"x": 2}, True, True)),
            "",
            "x <= 2",
            id="a bound of the code",
        ),
        pytest.param(
            seen(({"a": 3, "b": 4}, True, True), ({"a": 9, "b": 4}, True, False), ({"a": 4, "b": 8}, True, True)),
            "",
            "a < b",
            id="two variables",
        ),
        pytest.param(
            seen(({"x": None}, True, False), ({"x": "..."}, True, True), ({"x": ""}, True, True)),
            "",
            "x is not None",
            id="absence",
        ),
        pytest.param(
            seen(({"x": "", "len(x)": 0}, True, False), ({"x": "...", "len(x)": 3}, True, True)), "", "x", id="emptiness"
        ),
        pytest.param(
            seen(
                ({"n": 1, "ok": True}, True, True), ({"n": 2, "ok": False}, True, False), ({"n": 2, "ok": True}, False, False)
            ),
            "n < m",
            "n < m and ok",
            id="more than the condition that is there",
        ),
        pytest.param(
            seen(
                ({"a": True, "b": True}, True, True),
                ({"a": True, "b": False}, True, False),
                ({"a": False, "b": True}, True, False),
                ({"a": False, "b": False}, True, False),
            ),
            "",
            "a and b",
            id="two at once",
        ),
    ],
)
def test_a_small_condition_is_found_that_fits_all_that_was_seen(rows: list[Seen], own: str, expected: str) -> None:
    assert expected in conditions(rows, own, [0, 1, 2])


def test_no_condition_names_a_value_that_only_a_test_has() -> None:
    rows = seen(({"x": 417}, True, False), ({"x": 3}, True, True), ({"x": 999}, True, True))
    assert conditions(rows, "", [0, 1, 2]) == []


def test_nothing_is_made_where_all_want_the_same() -> None:
    assert conditions(seen(({"x": 1}, True, True), ({"x": 2}, False, True)), "x > 1", [0, 1]) == []


@pytest.mark.anyio
async def test_a_guard_is_made_of_what_tests_saw(repair: Repair) -> None:
    code = """
        class Account:
            def __init__(self, balance, floor):
                self.balance = balance
                self.floor = floor
                self.refused = 0

            def pay(self, amount):
                left = self.balance - amount
                self.balance = left
                return self.balance
        """
    tests = """
        from account import Account

        def paid(balance, floor, *amounts):
            account = Account(balance, floor)
            return [account.pay(amount) for amount in amounts]

        def test_below_the_floor():
            assert paid(100, 30, 80) == [100]

        def test_far_below_the_floor():
            assert paid(10, -5, 70) == [10]

        def test_down_to_the_floor():
            assert paid(50, 10, 40) == [10]

        def test_plenty():
            assert paid(500, 0, 1, 2, 3) == [499, 497, 494]
        """
    names = ("below_the_floor", "far_below_the_floor", "down_to_the_floor", "plenty")
    ids = [f"test_account.py::test_{name}" for name in names]
    files = {"account.py": dedent(code), "test_account.py": dedent(tests)}
    result = await repair(files, failing=tuple(ids[:2]), passing=tuple(ids[2:]))
    assert result.patches
    fixed = result.patches[0].files["account.py"]
    space: dict[str, Any] = {}
    exec(compile(fixed, "account.py", "exec"), space)
    account = space["Account"](7, 3)
    assert [account.pay(amount) for amount in (5, 4, 1)] == [7, 3, 3], fixed
