"""What a patch may do so that the tests in its way do not run."""

import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from shop_patches import PATH, TESTS, found, in_tests

TOTAL = "def test_total():\n    result = total([1, 2])\n    assert result == 3\n    assert total([]) == 0\n"
ASSERTED = "    assert result == 3\n    assert total([]) == 0\n"
CASES = "[([1], 1), ([2, 3], 5), ([4, 4], 8)]"
MANY = '@pytest.mark.parametrize(("prices", "expected"), [([1], 1), ([2, 3], 5), ([4, 4], 8)])\ndef test_many'
EQUAL = "self.assertEqual(Cart([1, 2]).items, [1, 2])"
LAST = """    def test_empty(self):
        self.assertRaises(ValueError, parse, "")
        self.assertIn("a", parse("a,b"))
"""

HOSTILE = [
    # gone
    ("a test is deleted", Kind.TEST_DELETED, TOTAL, ""),
    ("a test is commented out", Kind.TEST_DELETED, TOTAL, "".join(f"# {line}\n" for line in TOTAL.splitlines())),
    ("a test becomes a string", Kind.TEST_DELETED, TOTAL, f'"""\n{TOTAL}"""\n'),
    ("a test loses its prefix", Kind.TEST_DELETED, "def test_total", "def check_the_total"),
    ("a test gets an underscore", Kind.TEST_DELETED, "def test_total", "def _test_total"),
    (
        "a test is under if False",
        Kind.TEST_DELETED,
        TOTAL,
        "if False:\n" + "".join(f"    {line}\n" for line in TOTAL.splitlines()),
    ),
    (
        "a test is inside a function",
        Kind.TEST_DELETED,
        TOTAL,
        "def later():\n" + "".join(f"    {line}\n" for line in TOTAL.splitlines()),
    ),
    ("a test is overwritten by None", Kind.TEST_DELETED, TOTAL, TOTAL + "\n\ntest_total = None\n"),
    ("a test class loses its prefix", Kind.TEST_DELETED, "class TestCart:", "class CartChecks:"),
    (
        "a test class gets an __init__",
        Kind.TEST_DELETED,
        "class TestCart:",
        "class TestCart:\n    def __init__(self):\n        pass\n",
    ),
    ("a test case is no test case any more", Kind.TEST_DELETED, "class CartCase(unittest.TestCase):", "class CartCase:"),
    ("a method loses its prefix", Kind.TEST_DELETED, "    def test_equal", "    def equal"),
    (
        "a case's method is gone",
        Kind.TEST_DELETED,
        LAST,
        "",
    ),
    ("a later function takes the name", Kind.ASSERTION_REMOVED, TOTAL, TOTAL + "\n\ndef test_total():\n    pass\n"),
    # disabled
    ("skip", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.skip\n" + TOTAL),
    ("skip with a reason", Kind.TEST_DISABLED, TOTAL, '@pytest.mark.skip(reason="flaky")\n' + TOTAL),
    ("skipif True", Kind.TEST_DISABLED, TOTAL, '@pytest.mark.skipif(True, reason="later")\n' + TOTAL),
    ("skipif of a constant", Kind.TEST_DISABLED, TOTAL, '@pytest.mark.skipif(1 == 1, reason="sys.platform")\n' + TOTAL),
    ("skipif of the platform", Kind.TEST_DISABLED, TOTAL, '@pytest.mark.skipif(sys.platform == "linux", reason="x")\n' + TOTAL),
    ("xfail of a missing module", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.xfail(ctypes is None, reason='x')\n" + TOTAL),
    (
        "skipif with a good reason",
        Kind.TEST_DISABLED,
        TOTAL,
        "@pytest.mark.skipif(f(), reason='os.name')\n" + TOTAL,
    ),
    ("xfail", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.xfail\n" + TOTAL),
    ("xfail that is not strict", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.xfail(strict=False)\n" + TOTAL),
    ("a mark under another name", Kind.TEST_DISABLED, TOTAL, "later = pytest.mark.skip\n\n\n@later\n" + TOTAL),
    ("a mark under two names", Kind.TEST_DISABLED, TOTAL, "one = pytest.mark.xfail\nother = one\n\n\n@other\n" + TOTAL),
    ("a mark for the module", Kind.TEST_DISABLED, "EXPECTED = {", "pytestmark = pytest.mark.skip\nEXPECTED = {"),
    ("marks for the module", Kind.TEST_DISABLED, "EXPECTED = {", 'pytestmark = [pytest.mark.xfail(reason="x")]\nEXPECTED = {'),
    ("a mark for the class", Kind.TEST_DISABLED, "class TestCart:", "@pytest.mark.skip\nclass TestCart:"),
    (
        "a pytestmark in the class",
        Kind.TEST_DISABLED,
        "class TestCart:",
        "class TestCart:\n    pytestmark = pytest.mark.skip\n",
    ),
    ("unittest.skip", Kind.TEST_DISABLED, "    def test_empty", '    @unittest.skip("no")\n    def test_empty'),
    ("unittest.expectedFailure", Kind.TEST_DISABLED, "    def test_empty", "    @unittest.expectedFailure\n    def test_empty"),
    ("unittest.skipIf", Kind.TEST_DISABLED, "class CartCase", '@unittest.skipIf(True, "no")\nclass CartCase'),
    ("pytest.skip inside", Kind.TEST_DISABLED, ASSERTED, '    pytest.skip("later")\n' + ASSERTED),
    ("pytest.xfail inside", Kind.TEST_DISABLED, ASSERTED, '    pytest.xfail("later")\n' + ASSERTED),
    ("skip on failure", Kind.TEST_DISABLED, ASSERTED, '    if result != 3:\n        pytest.skip("unsupported")\n' + ASSERTED),
    ("skipTest inside", Kind.TEST_DISABLED, f"        {EQUAL}\n", f'        self.skipTest("x")\n        {EQUAL}\n'),
    ("raise SkipTest", Kind.TEST_DISABLED, ASSERTED, "    raise unittest.SkipTest\n" + ASSERTED),
    ("raise SkipTest with words", Kind.TEST_DISABLED, ASSERTED, '    raise unittest.SkipTest("x")\n' + ASSERTED),
    ("importorskip", Kind.TEST_DISABLED, ASSERTED, '    pytest.importorskip("no_such_module")\n' + ASSERTED),
    ("importorskip of the module", Kind.TEST_DISABLED, "EXPECTED = {", 'pytest.importorskip("no_such_module")\nEXPECTED = {'),
    ("the module is skipped", Kind.TEST_DISABLED, "EXPECTED = {", 'pytest.skip("x", allow_module_level=True)\nEXPECTED = {'),
    ("the module is no test", Kind.TEST_DISABLED, "EXPECTED = {", "__test__ = False\nEXPECTED = {"),
    ("the class is no test", Kind.TEST_DISABLED, "class TestCart:", "class TestCart:\n    __test__ = False\n"),
    ("the function is no test", Kind.TEST_DISABLED, TOTAL, TOTAL + "\n\ntest_total.__test__ = False\n"),
    ("the test is a fixture", Kind.TEST_DISABLED, TOTAL, "@pytest.fixture\n" + TOTAL),
    ("the method is a property", Kind.TEST_DISABLED, "    def test_equal", "    @property\n    def test_equal"),
    (
        "a decorator that drops it",
        Kind.TEST_DISABLED,
        TOTAL,
        "def quiet(function):\n    return lambda: None\n\n\n@quiet\n" + TOTAL,
    ),
    (
        "a decorator that skips",
        Kind.TEST_DISABLED,
        TOTAL,
        "def quiet(function):\n    return pytest.mark.skip(function)\n\n\n@quiet\n" + TOTAL,
    ),
    ("a mark that a filter may drop", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.slow\n" + TOTAL),
    ("rerun until it passes", Kind.TEST_DISABLED, TOTAL, "@pytest.mark.flaky(reruns=9)\n" + TOTAL),
    ("a generator", Kind.TEST_DISABLED, ASSERTED, ASSERTED + "    yield\n"),
    ("a coroutine", Kind.TEST_DISABLED, "def test_total", "async def test_total"),
    ("a case is skipped", Kind.TEST_DISABLED, "([2, 3], 5), ", "pytest.param([2, 3], 5, marks=pytest.mark.skip), "),
    (
        "a helper that skips",
        Kind.TEST_DISABLED,
        "    assert total(prices) >= 0\n",
        "    assert total(prices) >= 0\n    pytest.skip()\n",
    ),
    # fewer cases
    ("a case is removed", Kind.CASES_REMOVED, CASES, "[([1], 1), ([4, 4], 8)]"),
    ("all cases but one are removed", Kind.CASES_REMOVED, CASES, "[([1], 1)]"),
    ("no cases are left", Kind.CASES_REMOVED, CASES, "[]"),
    ("parameters are a default", Kind.CASES_REMOVED, MANY + "(prices, expected):", "def test_many(prices=[1], expected=1):"),
    ("a loop has fewer rounds", Kind.CASES_REMOVED, 'for item in ["pear", "fig"]:', 'for item in ["pear"]:'),
    ("a case expects something else", Kind.EXPECTATION_CHANGED, "([2, 3], 5)", "([2, 3], 4)"),
    ("a case asks something else", Kind.TEST_CHANGED, "([2, 3], 5)", "([2, 4], 5)"),
]
TOLD = {
    "xfail of a missing module",
    "a case asks something else",
    "a coroutine",
    "a mark that a filter may drop",
    "importorskip",
    "importorskip of the module",
    "rerun until it passes",
    "skipif of the platform",
}


@pytest.mark.parametrize(("kind", "old", "new"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
@pytest.mark.attack("A80")
def test_a_weakened_test_is_found(kind: Kind, old: str, new: str, request: pytest.FixtureRequest) -> None:
    findings = in_tests(old, new)
    assert kind in {one.kind for one in findings}, findings
    told = any(f"[{name}]" in request.node.name for name in TOLD)
    assert {one.severity for one in findings if one.kind is kind} == {"tell" if told else "blocks"}


def test_the_names_of_the_cases_are_unique() -> None:
    names = [row[0] for row in HOSTILE]
    assert len(names) == len(set(names))
    assert set(names) >= TOLD


def test_a_deleted_file_is_found_test_by_test() -> None:
    findings = found({PATH: TESTS}, {})
    assert {one.test_id for one in findings if one.kind is Kind.TEST_DELETED} >= {
        f"{PATH}::test_total",
        f"{PATH}::TestCart::test_equal",
    }


@pytest.mark.parametrize("path", ["tests/shop_checks.py", "tests/test_shop.txt", "tests/test_shop.py.bak", "old/shop.py"])
def test_a_file_that_is_renamed_away_is_found(path: str) -> None:
    assert Kind.TEST_DELETED in {one.kind for one in found({PATH: TESTS}, {path: TESTS})}


def test_a_test_file_that_is_no_python_any_more_is_found() -> None:
    assert [one.kind for one in found({PATH: TESTS}, {PATH: TESTS + "def ("})] == [Kind.UNREADABLE]
