"""What the reports of two runs say, which tests are new, and that no text is too odd."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.domain.integrity import IntegrityKind as Kind
from codecompanion.workspace.integrity import examine
from shop_patches import EMPTY, PATH, SHOP, TESTS, passed, report

CONFTEST = "import pytest\n\n\n@pytest.fixture\ndef shop():\n    return 1\n"

PYPROJECT = """
[tool.pytest.ini_options]
addopts = ["-ra"]
testpaths = ["tests", "more"]
xfail_strict = true
filterwarnings = ["error"]
"""


def test_a_test_that_ran_and_is_skipped_or_missing_after_the_change_is_found_by_the_reports() -> None:
    base = report(test_a="passed", test_b="failed", test_c="passed", test_d="skipped")
    after = report(test_a="passed", test_b="skipped", test_d="skipped")
    findings = examine({"shop.py": "x = 1\n"}, {"shop.py": "x = 2\n"}, base, after)
    assert [(one.kind, one.test_id) for one in findings] == [
        (Kind.TEST_DELETED, f"{PATH}::test_c"),
        (Kind.TEST_DISABLED, f"{PATH}::test_b"),
    ]
    assert all(one.severity == "blocks" for one in findings)


def test_reports_count_the_parameters_of_a_test_and_do_not_compare_them() -> None:
    base = passed("test_a[1]", "test_a[2]", "test_b[x]")
    after = passed("test_a[1]", "test_b[y]")
    assert [(one.kind, one.test_id) for one in examine({}, {}, base, after)] == [(Kind.CASES_REMOVED, f"{PATH}::test_a")]


def test_a_mark_that_a_filter_drops_blocks_once_the_report_shows_it() -> None:
    marked = TESTS.replace("def test_total(", "@pytest.mark.slow\ndef test_total(")
    before, after = {PATH: TESTS}, {PATH: marked}
    assert {one.severity for one in examine(before, after, passed("test_total"), passed("test_total"))} == {"tell"}
    assert {one.severity for one in examine(before, after, passed("test_total"), SuiteReport())} == {"tell", "blocks"}


def test_a_report_that_did_not_come_to_its_end_says_nothing_of_what_is_missing() -> None:
    base, after = report(test_a="passed"), SuiteReport(complete=False)
    assert examine({}, {}, base, after) == ()


def test_a_file_that_cannot_be_loaded_is_a_failure_and_not_a_deletion() -> None:
    broken = SuiteReport(outcomes=(TestOutcome(test_id=PATH, outcome="error"),))
    assert examine({}, {}, report(test_a="passed"), broken) == ()


def test_a_renamed_test_is_not_missed_in_the_report() -> None:
    after = {PATH: TESTS.replace("def test_total(", "def test_the_total(")}
    assert examine({PATH: TESTS}, after, report(test_total="passed"), report(test_the_total="passed")) == ()


def test_tests_that_the_runner_reported_are_tests_whatever_they_are_called() -> None:
    before = {"checks/shop.py": "def holds():\n    assert total([1]) == 1\n"}
    ran = SuiteReport(outcomes=(TestOutcome(test_id="checks/shop.py::holds", outcome="passed"),))
    assert [one.kind for one in examine(before, {"checks/shop.py": ""}, ran, None)] == [Kind.TEST_DELETED]


def test_a_unittest_id_names_its_file() -> None:
    case = "class Adding(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(1 + one(), 2)\n"
    before = {"suite.py": f"import unittest\n\n\n{case}"}
    ran = SuiteReport(outcomes=(TestOutcome(test_id="suite.Adding.test_one", outcome="failed"),))
    after = {"suite.py": before["suite.py"].replace("self.assertEqual(1 + one(), 2)", "pass")}
    assert [one.kind for one in examine(before, after, ran, None)] == [Kind.ASSERTION_REMOVED]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from([TESTS, SHOP, CONFTEST, PYPROJECT, "(" * 5_000, "a" + "+a" * 5_000, "\0", "x = " + "[" * 150]),
)
PATHS = st.sampled_from([PATH, "shop.py", "conftest.py", "pyproject.toml", "package.json", "a.test.ts", "pytest.ini", "x.snap"])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(PATHS, TEXTS, max_size=3), st.dictionaries(PATHS, TEXTS, max_size=3), st.integers(0, 2_000))
def test_no_text_makes_it_raise(before: dict[str, str], after: dict[str, str], cut: int) -> None:
    examine(before, after, EMPTY, None)
    examine(before, {path: text[cut:] for path, text in before.items()}, EMPTY, SuiteReport())
