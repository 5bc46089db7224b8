import pytest

from codecompanion.agents.integrity import CHANGES_TESTS


@pytest.mark.parametrize(
    ("objective", "asked"),
    [
        ("Remove the old exporter and its tests", True),
        ("change the rounding; update the tests of prices to match", True),
        ("rewrite the slow test of the parser", True),
        ("Fix the bug in totals. Then run the tests.", False),
        ("Make the tests pass", False),
        ("fix totals so that the tests pass", False),
        ("add a test for empty input", False),
        ("the latest contest page is broken, change its title", False),
    ],
)
def test_only_an_objective_that_changes_tests_lets_them_say_less(objective: str, asked: bool) -> None:  # noqa: FBT001 - a table
    assert (CHANGES_TESTS.search(objective) is not None) is asked
