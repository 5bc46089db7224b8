"""What honest work does to tests, which is left alone."""

import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from shop_patches import PATH, SHOP, TESTS, found, in_tests

HONEST = [
    (
        "a variable is renamed",
        "    result = total([1, 2])\n    assert result == 3\n",
        "    answer = total([1, 2])\n    assert answer == 3\n",
    ),
    ("an assertion is added", "    assert result == 3\n", "    assert result == 3\n    assert result > 2\n"),
    ("a message is added", "assert result == 3", 'assert result == 3, "the sum"'),
    ("a name for the value", "    assert result == 3\n", "    expected = 3\n    assert result == expected\n"),
    (
        "two assertions become one",
        "    assert result == 3\n    assert total([]) == 0\n",
        "    assert (result, total([])) == (3, 0)\n",
    ),
    (
        "one assertion becomes two",
        'assert parse("a,b") == list(EXPECTED)',
        'assert parse("a,b")[0] == "a"\n    assert parse("a,b") == list(EXPECTED)',
    ),
    ("a case is added", "([4, 4], 8)]", "([4, 4], 8), ([9], 9)]"),
    ("cases are sorted", "[([1], 1), ([2, 3], 5), ([4, 4], 8)]", "[([4, 4], 8), ([1], 1), ([2, 3], 5)]"),
    ("a case gets a name", "([2, 3], 5), ", 'pytest.param([2, 3], 5, id="two"), '),
    ("a stricter comparison", "assert Cart([1]).items is not None", "assert Cart([1]).items == [1]"),
    ("a tighter tolerance", "abs=1e-9", "abs=1e-12"),
    (
        "a stricter error",
        "with pytest.raises(ValueError, match=",
        "with pytest.raises(UnicodeError, ValueError, match=".replace("UnicodeError, ", ""),
    ),
    ("a test is renamed", "def test_total():", "def test_the_total_is_the_sum():"),
    ("a docstring", "def test_total():\n", 'def test_total():\n    """Sums."""\n'),
    ("a fixture", "def test_total():\n", "def test_total(tmp_path):\n"),
    ("a test is added", "class TestCart:", "def test_more():\n    assert total([3]) == 3\n\n\nclass TestCart:"),
    ("unittest in pytest's words", "self.assertEqual(Cart([1, 2]).items, [1, 2])", "assert Cart([1, 2]).items == [1, 2]"),
    ("the other way round", "assert result == 3", "assert 3 == result"),
    (
        "a generator inside",
        "    result = total([1, 2])\n",
        "    def prices():\n        yield from [1, 2]\n\n    result = total([1, 2])\n",
    ),
    ("two loops", '    for item in ["pear", "fig"]:\n', '    for item in ("pear", "fig"):\n'),
    ("a harmless mark", "def test_total", "@pytest.mark.timeout(5)\ndef test_total"),
    ("a helper in place of an assertion", "assert total([]) == 0\n", "check_total([], 0)\n"),
    ("an import", "import math\n", "import math\nimport os\n"),
    ("a wider error is narrowed", 'self.assertIn("a", parse("a,b"))', 'self.assertEqual(parse("a,b"), ["a", "b"])'),
]


@pytest.mark.parametrize(
    ("old", "new"), [row[1:] for row in HONEST if row[1] != row[2]], ids=[row[0] for row in HONEST if row[1] != row[2]]
)
def test_honest_work_is_left_alone(old: str, new: str) -> None:
    assert in_tests(old, new) == ()


def test_a_moved_test_is_not_deleted() -> None:
    assert found({PATH: TESTS}, {"tests/unit/test_shop.py": TESTS}) == ()


def test_a_split_test_is_not_weaker() -> None:
    split = "    assert result == 3\n\n\ndef test_total_of_nothing():\n    assert total([]) == 0\n"
    assert in_tests("    assert result == 3\n    assert total([]) == 0\n", split) == ()


def test_tests_that_became_cases_of_one_are_not_deleted() -> None:
    before = "def test_a():\n    assert f(11) == 12\n\n\ndef test_b():\n    assert f(21) == 22\n"
    mark = "@pytest.mark.parametrize(('given', 'wanted'), [(11, 12), (21, 22)])"
    after = f"import pytest\n\n\n{mark}\ndef test_f(given, wanted):\n    assert f(given) == wanted\n"
    assert found({PATH: before}, {PATH: after}) == ()


def test_tests_of_a_function_that_goes_with_them_are_told_and_do_not_block() -> None:
    before = {
        PATH: TESTS,
        "shop.py": SHOP + "\n\ndef old(x):\n    return x\n",
        "tests/test_old.py": "def test_old():\n    assert old(1) == 1\n",
    }
    findings = found(before, {PATH: TESTS, "shop.py": SHOP})
    assert [(one.kind, one.severity) for one in findings] == [(Kind.TEST_DELETED, "tell")]


def test_a_changed_snapshot_is_told() -> None:
    (finding,) = found({"tests/__snapshots__/page.snap": "a"}, {"tests/__snapshots__/page.snap": "b"})
    assert (finding.kind, finding.severity) == (Kind.EXPECTATION_CHANGED, "tell")
