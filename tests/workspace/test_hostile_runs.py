"""What tests and the code under test do to look as if they passed."""

from collections.abc import Mapping
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

FAILING = {"tests/test_shop.py": "from shop import price\n\n\ndef test_price():\n    assert price() == 1\n"}
WRONG = "def price():\n    return 2\n"
PATCHED = """
import sys

reports = vars(sys.modules["_py" + "test.reports"])["TestReport"]
make = reports.from_item_and_call


def calm(item, call):
    call.excinfo = None
    return make(item, call)


type.__setattr__(reports, "from_item_and_call", calm)
"""
HOOK = """
import pytest


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    vars(outcome.get_result())["outcome"] = "passed"
"""
LOGGED = """
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    vars(report)["outcome"] = "passed"
"""
CALLER = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
SKIPPED_CALL = "import pytest\n\n\ndef pytest_runtest_call(item):\n    pytest.skip('no')\n"
FORGED = """
import json, os

request = os.environ.get("CODECOMPANION_REQUEST", "")
folder = os.path.dirname(request)
for name in os.listdir(folder) if os.path.isdir(folder) else []:
    if name.startswith("results"):
        with open(os.path.join(folder, name), "a") as file:
            for line in (
                {"event": "ended", "id": "tests/test_shop.py::test_price", "outcome": "passed", "duration_s": 0, "message": ""},
                {"event": "finished"},
            ):
                file.write(json.dumps(line) + "\\n")
        os._exit(0)
"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


async def measured(sandbox: Sandbox, interpreter: Interpreter, root: Path, files: Mapping[str, str]) -> SuiteReport:
    write(root, {**FAILING, "shop.py": WRONG, **files})
    suite = TestSuite(runner="pytest")
    return (await CagedChecks(sandbox).measure(root, suite, interpreter, packages=("shop",), timeout_s=60)).report


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"shop.py": PATCHED + WRONG}, id="the code patches the runner"),
        pytest.param({"conftest.py": HOOK}, id="a hook rewrites reports"),
        pytest.param({"tests/conftest.py": HOOK}, id="a hook of the tests' folder does"),
        pytest.param({"conftest.py": LOGGED}, id="a hook rewrites them when they are logged"),
        pytest.param({"conftest.py": "exec(open('data.txt').read())\n", "data.txt": HOOK}, id="the hook stands in a text"),
        pytest.param({"conftest.py": CALLER}, id="tests are not called"),
        pytest.param({"conftest.py": SKIPPED_CALL}, id="every call is skipped"),
        pytest.param({"pytest.ini": "[pytest]\naddopts = -p support\n", "support.py": HOOK}, id="a plugin of the project does"),
    ],
)
@pytest.mark.attack("A80")
async def test_a_runner_that_passes_what_must_fail_is_found_out(
    sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path, files: dict[str, str]
) -> None:
    report = await measured(sandbox, interpreter, tmp_path, files)
    assert report.credulous, report


HONEST = """
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    setattr(item, "rep_" + report.when, report)
    report.sections.append(("args", str(item.function)))


def pytest_runtest_setup(item):
    if "slow" in item.keywords:
        pytest.skip("slow")


@pytest.fixture(autouse=True)
def each():
    yield
"""


@pytest.mark.parametrize("conftest", ["", HONEST])
async def test_an_honest_runner_is_believed(sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path, conftest: str) -> None:
    report = await measured(sandbox, interpreter, tmp_path, {"conftest.py": conftest})
    assert not report.credulous
    assert [outcome.outcome for outcome in report.outcomes] == ["failed"]
    assert report.complete


@pytest.mark.attack("A80")
async def test_what_the_code_under_test_writes_into_the_report_is_not_believed(
    sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path
) -> None:
    report = await measured(sandbox, interpreter, tmp_path, {"shop.py": FORGED + WRONG})
    assert report.passing == ()
