"""A change that makes unittest pass what must fail is found out, and honest ways of testing are not accused."""

from pathlib import Path

import anyio
import pytest

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import Sandbox
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from projects import write

pytestmark = pytest.mark.anyio

TEST = "import unittest\nimport shop\n\nclass T(shop.Case):\n    def test_a(self):\n        self.assertEqual(shop.a(), 2)\n"
HEAD = "import unittest\n\nCase = unittest.TestCase\n\ndef a():\n    return 1\n\n"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


async def measured(sandbox: Sandbox, interpreter: Interpreter, root: Path, shop: str) -> SuiteReport:
    write(root, {"test_shop.py": TEST, "shop.py": shop})
    return (await CagedChecks(sandbox).measure(root, TestSuite(runner="unittest"), interpreter, timeout_s=60)).report


@pytest.mark.parametrize(
    "trick",
    [
        pytest.param("unittest.TestCase.assertEqual = lambda *_: None\n", id="an assertion does nothing"),
        pytest.param("unittest.TestCase._callTestMethod = lambda *_: None\n", id="tests are not called"),
        pytest.param(
            "import sys\nfor m in list(sys.modules.values()):\n    if hasattr(m, 'ReportingResult'):\n"
            "        m.ReportingResult.addFailure = lambda *_: None\n",
            id="failures are taken for successes",
        ),
        pytest.param(
            "class Case(unittest.TestCase):\n    def _callTestMethod(self, method):\n        pass\n", id="a base class does it"
        ),
    ],
)
async def test_a_runner_that_passes_what_must_fail_is_found_out(
    sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path, trick: str
) -> None:
    report = await measured(sandbox, interpreter, tmp_path, HEAD + trick)
    assert [one.outcome for one in report.outcomes] == ["passed"]
    assert report.credulous


@pytest.mark.parametrize(
    "honest",
    [
        pytest.param("", id="plain"),
        pytest.param(
            "class Case(unittest.IsolatedAsyncioTestCase):\n    async def asyncSetUp(self):\n        1 / 0\n", id="async"
        ),
        pytest.param("class Case(unittest.TestCase):\n    def setUp(self):\n        raise OSError\n", id="a set-up that fails"),
        pytest.param("@unittest.skip('not here')\nclass Case(unittest.TestCase):\n    pass\n", id="skipped"),
    ],
)
async def test_an_honest_runner_is_believed(sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path, honest: str) -> None:
    report = await measured(sandbox, interpreter, tmp_path, HEAD + honest)
    assert not report.credulous
    assert len(report.outcomes) == 1
    assert report.complete
