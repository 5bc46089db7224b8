import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import Measurement, Sandbox
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.sandboxes.choose import choose_sandbox

pytestmark = pytest.mark.anyio

PYTEST = TestSuite(runner="pytest")
UNITTEST = TestSuite(runner="unittest")
Measure = Callable[..., Awaitable[Measurement]]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "worktree"
    folder.mkdir()
    return folder


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def left_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def outcomes(report: SuiteReport) -> dict[str, str]:
    return {outcome.test_id: outcome.outcome for outcome in report.outcomes}


def message(report: SuiteReport, test_id: str) -> str:
    return next(outcome.message for outcome in report.outcomes if outcome.test_id == test_id)


KINDS = """
import pytest, unittest

def test_passes(): pass
def test_fails(): assert 1 == 2, "one is not two"
def test_skips(): pytest.skip("not here")
@pytest.mark.xfail
def test_expected(): assert False
@pytest.fixture
def broken(): raise RuntimeError("no fixture")
def test_needs(broken): pass
@pytest.fixture
def untidy():
    yield
    raise RuntimeError("tear-down")
def test_untidy(untidy): pass
@pytest.mark.parametrize("text", ["a::b", "x[y] z"])
def test_each(text): assert text
class TestGroup:
    def test_method(self): pass
"""


async def test_pytest_reports_every_kind_of_outcome_and_says_it_live(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"tests/test_kinds.py": KINDS})
    heard: list[tuple[str, str]] = []
    measured = await CagedChecks(sandbox).measure(
        root, PYTEST, interpreter, timeout_s=60, on_test=lambda test_id, outcome: heard.append((test_id, outcome))
    )
    report, name = measured.report, "tests/test_kinds.py::"
    assert outcomes(report) == {
        f"{name}test_passes": "passed",
        f"{name}test_fails": "failed",
        f"{name}test_skips": "skipped",
        f"{name}test_expected": "skipped",
        f"{name}test_needs": "error",
        f"{name}test_untidy": "error",
        f"{name}test_each[a::b]": "passed",
        f"{name}test_each[x[y] z]": "passed",
        f"{name}TestGroup::test_method": "passed",
    }
    assert heard == list(outcomes(report).items())
    assert "one is not two" in message(report, f"{name}test_fails")
    assert report.complete
    assert measured.argv == (interpreter.executable, "-m", "pytest")
    assert measured.result.exit_code == 1
    assert left_in(root) == ["tests", "tests/test_kinds.py"]


UNITTEST_KINDS = """
import unittest

class Kinds(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(1, 2, "one is not two")
    def test_raises(self): raise RuntimeError("boom")
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n): self.assertNotEqual(n, 1)
    @unittest.skip("not here")
    def test_skips(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("no class")
    def test_needs(self): pass

@unittest.skip("whole class")
class Skipped(unittest.TestCase):
    def test_any(self): pass
"""


async def test_unittest_reports_every_kind_of_outcome(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(
        root, {"tests/__init__.py": "", "tests/test_kinds.py": UNITTEST_KINDS, "tests/test_broken.py": "import tests.nothing"}
    )
    measured = await CagedChecks(sandbox).measure(root, UNITTEST, interpreter, packages=["tests"], timeout_s=60)
    report, name = measured.report, "tests.test_kinds."
    assert outcomes(report) == {
        "tests.test_broken": "error",
        f"{name}Kinds.test_passes": "passed",
        f"{name}Kinds.test_fails": "failed",
        f"{name}Kinds.test_raises": "failed",
        f"{name}Kinds.test_parts": "failed",
        f"{name}Kinds.test_skips": "skipped",
        f"{name}Kinds.test_expected": "skipped",
        f"{name}Broken.test_needs": "error",
        f"{name}Skipped.test_any": "skipped",
    }
    assert "one is not two" in message(report, f"{name}Kinds.test_fails")
    assert "no class" in message(report, f"{name}Broken.test_needs")
    assert "tests.nothing" in message(report, "tests.test_broken")
    assert report.complete
    assert report.imported["tests.test_kinds"] == "tests/test_kinds.py"


DEADLY = {
    "exit": ("import os; os._exit(7)", "exit code 7"),
    "kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "signal 11"),
    "interrupt": ("raise KeyboardInterrupt", "the process ended"),
}


@pytest.mark.parametrize("suite", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
@pytest.mark.parametrize("death", DEADLY)
async def test_a_test_that_ends_the_process_is_an_error_and_the_others_run(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, suite: TestSuite, death: str
) -> None:
    code, told = DEADLY[death]
    body = "import unittest\n\nclass T(unittest.TestCase):\n    def test_a(self): pass\n    def test_c(self): self.fail()\n"
    write(root, {"test_it.py": f"{body}    def test_b(self):\n        {code}\n"})
    report = (await CagedChecks(sandbox).measure(root, suite, interpreter, timeout_s=60)).report
    prefix = "test_it.py::T::" if suite is PYTEST else "test_it.T."
    assert outcomes(report) == {f"{prefix}test_a": "passed", f"{prefix}test_b": "error", f"{prefix}test_c": "failed"}
    assert told in message(report, f"{prefix}test_b")
    assert report.complete


async def test_a_file_that_ends_the_process_when_imported_is_an_error(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"test_a.py": "import os; os._exit(0)", "test_b.py": "def test_fine(): pass"})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"test_a.py": "error", "test_b.py::test_fine": "passed"}
    assert report.complete


async def test_more_deaths_than_restarts_leave_the_report_incomplete(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"test_a.py": "import os, pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_n(n): os._exit(1)\n"})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert len(report.outcomes) == 6
    assert not report.complete


@pytest.mark.parametrize("suite", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
@pytest.mark.parametrize(
    "hang",
    [
        "import time; time.sleep(60)",
        "while True: pass",
        "\n        while True:\n            try:\n                while True: pass\n            except Exception: pass",
        "import time\n        try: time.sleep(60)\n        except: time.sleep(60)",
    ],
    ids=["sleeps", "spins", "catches exceptions", "catches everything once"],
)
async def test_a_test_that_hangs_is_stopped_and_the_others_run(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, suite: TestSuite, hang: str
) -> None:
    body = "import unittest\n\nclass T(unittest.TestCase):\n    def test_b(self): pass\n"
    write(root, {"test_it.py": f"{body}    def test_a(self):\n        {hang}\n"})
    report = (await CagedChecks(sandbox, test_limit_s=0.5).measure(root, suite, interpreter, timeout_s=60)).report
    prefix = "test_it.py::T::" if suite is PYTEST else "test_it.T."
    assert outcomes(report) == {f"{prefix}test_a": "error", f"{prefix}test_b": "passed"}
    assert "longer than 0.5 s" in message(report, f"{prefix}test_a")
    assert report.complete


async def test_a_test_deaf_to_signals_is_killed_and_the_others_run(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    deaf = (
        "import signal, time\ndef test_a():\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n    time.sleep(90)\n"
    )
    write(root, {"test_it.py": f"{deaf}def test_b(): pass\n"})
    report = (await CagedChecks(sandbox, test_limit_s=0.2).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"test_it.py::test_a": "error", "test_it.py::test_b": "passed"}


async def test_a_file_that_hangs_when_imported_is_stopped(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"test_a.py": "while True: pass", "test_b.py": "def test_fine(): pass"})
    report = (await CagedChecks(sandbox, test_limit_s=1).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"test_a.py": "error", "test_b.py::test_fine": "passed"}
    assert "longer than 1 s" in message(report, "test_a.py")


HOSTILE = """
import os, pathlib, shutil
OUTPUT = pathlib.Path(os.environ["CODECOMPANION_REQUEST"]).parent
RESULTS = next(OUTPUT.glob("results-*"))
def test_a_writes_rubbish():
    with RESULTS.open("ab") as file:
        file.write(b'\\xff[]{"event":1}\\n' + b'{"event": "ended"}\\n"' + b"x" * 9_000_000 + b"\\n")
def test_b_cannot_change_what_reports():
    plugin = next(OUTPUT.parent.rglob("pytest_plugin.py"))
    plugin.write_text("")
def test_c_deletes_everything():
    for path in pathlib.Path.cwd().iterdir(): shutil.rmtree(path) if path.is_dir() else path.unlink()
"""


@pytest.mark.attack("A76")
async def test_hostile_tests_change_nothing_but_their_worktree(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"test_it.py": HOSTILE, "sub/other.py": ""})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert list(outcomes(report).values()) == ["passed", "failed", "passed"]
    assert left_in(root) == []


LEADING_AWAY = """
def test_a():
    RESULTS.unlink()
    RESULTS.symlink_to("/etc/passwd")
"""


async def test_a_test_that_leads_the_results_elsewhere_is_an_error(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"test_it.py": HOSTILE.partition("def ")[0] + LEADING_AWAY})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"test_it.py::test_a": "error"}


async def test_a_message_that_is_no_unicode_is_told_all_the_same(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"test_it.py": "def test_a(): raise ValueError('caf\\udce9')\n"})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert "caf" in message(report, "test_it.py::test_a")


async def test_the_limit_of_the_whole_run_names_the_test_and_leaves_the_report_incomplete(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(
        root, {"test_it.py": "import time, pytest\n@pytest.mark.parametrize('n', range(99))\ndef test_n(n): time.sleep(0.5)\n"}
    )
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=4)).report
    assert [outcome.outcome for outcome in report.outcomes][-1] == "error"
    assert "time limit" in report.outcomes[-1].message
    assert not report.complete


async def test_a_flood_of_output_is_cut_and_the_test_still_reported(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"test_it.py": "def test_a():\n    for _ in range(200): print('x' * 100_000)\n    assert False\n"})
    measured = await CagedChecks(sandbox).measure(root, TestSuite(runner="pytest", args=("-s",)), interpreter, timeout_s=60)
    assert outcomes(measured.report) == {"test_it.py::test_a": "failed"}
    assert measured.result.truncated
    assert len(measured.result.stdout) < 2 * 1024**2


@pytest.mark.parametrize("suite", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
async def test_only_the_tests_that_were_asked_for_run(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, suite: TestSuite
) -> None:
    body = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n    def test_b(self): pass\n"
    write(root, {"test_one.py": body, "test_two.py": body})
    only = "test_two.py::T::test_b" if suite is PYTEST else "test_two.T.test_b"
    report = (await CagedChecks(sandbox).measure(root, suite, interpreter, only=[only, "test_gone.py::x"], timeout_s=60)).report
    assert outcomes(report) == {only: "passed"}
    assert report.complete


@pytest.mark.parametrize("only", ["tests/test_a.py", "tests", "tests/test_a.py::TestIn", "tests/test_a.py::TestIn::test_each"])
async def test_a_file_a_folder_a_class_or_a_function_stands_for_its_tests(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, only: str
) -> None:
    each = "import pytest\n\nclass TestIn:\n    @pytest.mark.parametrize('n', [1, 2])\n    def test_each(self, n): pass\n"
    write(root, {"tests/test_a.py": each, "test_b.py": "def test_b(): pass\n"})
    measured = await CagedChecks(sandbox).measure(root, PYTEST, interpreter, only=[only], timeout_s=60)
    assert list(outcomes(measured.report)) == [f"tests/test_a.py::TestIn::test_each[{n}]" for n in (1, 2)]


async def test_a_module_stands_for_its_unittests(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    case = "import unittest\n\nclass Case(unittest.TestCase):\n    def test_it(self): pass\n"
    write(root, {"test_a.py": case, "test_b.py": case})
    measured = await CagedChecks(sandbox).measure(root, UNITTEST, interpreter, only=["test_b"], timeout_s=60)
    assert list(outcomes(measured.report)) == ["test_b.Case.test_it"]


async def test_a_syntax_error_in_the_project_is_an_outcome_of_the_file(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(
        root, {"calc.py": "def add(:\n", "test_a.py": "import calc\ndef test_a(): pass\n", "test_b.py": "def test_b(): pass\n"}
    )
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, packages=["calc"], timeout_s=60)).report
    assert outcomes(report) == {"test_a.py": "error", "test_b.py::test_b": "passed"}
    assert "SyntaxError" in message(report, "test_a.py")


@pytest.mark.parametrize("text", ["import calc\n", "def add(:\n", "raise RuntimeError('no')\n", "from pkg import gone\n"])
async def test_a_conftest_that_cannot_be_loaded_is_an_outcome_of_the_file(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, text: str
) -> None:
    write(
        root,
        {"tests/conftest.py": text, "calc.py": "def add(:\n", "pkg/__init__.py": "", "tests/test_b.py": "def test_b(): pass\n"},
    )
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, packages=["calc", "pkg"], timeout_s=60)).report
    assert [(o.test_id, o.outcome) for o in report.outcomes if o.outcome == "error"] == [("tests/conftest.py", "error")]


@pytest.mark.parametrize("suite", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
@pytest.mark.parametrize("place", ["test_it.py", "calc.py"])
async def test_a_missing_dependency_is_named_with_its_fix(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, suite: TestSuite, place: str
) -> None:
    write(root, {"calc.py": "", "test_it.py": "import calc\n"})
    write(root, {place: "import surely_not_installed.deep\n" + (root / place).read_text()})
    with pytest.raises(EnvironmentBroken, match="'surely_not_installed' is missing in") as caught:
        await CagedChecks(sandbox).measure(root, suite, interpreter, packages=["calc"], timeout_s=60)
    assert "-m pip install surely_not_installed" in caught.value.fix


async def test_a_dependency_missing_in_conftest_is_named(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"conftest.py": "import surely_not_installed\n", "test_it.py": "def test_a(): pass\n"})
    with pytest.raises(EnvironmentBroken, match="'surely_not_installed' is missing"):
        await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)


@pytest.mark.parametrize("module", ["calc.gone", "json.gone", "sibling.gone"])
async def test_a_missing_module_of_the_project_is_an_ordinary_failure(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, module: str
) -> None:
    write(root, {"calc.py": "", "tests/sibling.py": "", "tests/test_it.py": f"import {module}\n"})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, packages=["calc"], timeout_s=60)).report
    assert outcomes(report) == {"tests/test_it.py": "error"}


async def test_an_option_of_a_missing_plugin_is_told_in_pytests_words(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"pytest.ini": "[pytest]\naddopts = --surely-unknown=3\n", "test_it.py": "def test_a(): pass\n"})
    with pytest.raises(EnvironmentBroken) as caught:
        await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)
    assert "--surely-unknown" in caught.value.cause


async def test_a_missing_pytest_is_named(sandbox: Sandbox, interpreter: Interpreter, empty_venv: Path, root: Path) -> None:
    bare = interpreter.model_copy(
        update={"executable": f"{empty_venv}/bin/python", "prefixes": (str(empty_venv), *interpreter.prefixes)}
    )
    write(root, {"test_it.py": "def test_a(): pass\n"})
    with pytest.raises(EnvironmentBroken, match="pytest is missing in"):
        await CagedChecks(sandbox).measure(root, PYTEST, bare, timeout_s=60)


async def test_no_tests_give_an_empty_report(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"calc.py": ""})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert (report.outcomes, report.complete) == ((), True)


async def test_options_of_the_project_do_not_cut_the_run_short(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"pytest.ini": "[pytest]\naddopts = -x --maxfail=1 -q\nfilterwarnings = error\n"})
    write(root, {"test_it.py": "def test_a(): assert False\ndef test_b(): pass\n"})
    report = (await CagedChecks(sandbox).measure(root, PYTEST, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"test_it.py::test_a": "failed", "test_it.py::test_b": "passed"}


async def test_the_worktree_comes_before_an_installed_copy(
    sandbox: Sandbox, interpreter: Interpreter, venv_with_pytest: Path, root: Path, tmp_path: Path
) -> None:
    mine = shutil.copytree(venv_with_pytest, tmp_path / "venv", symlinks=True)
    installed = next(mine.glob("lib/python*/site-packages"))
    write(installed, {"calc.py": "where = 'installed'\n", "other.py": "where = 'installed'\n"})
    write(root, {"src/calc.py": "where = 'worktree'\n"})
    write(
        root,
        {"test_it.py": "import calc, other\ndef test_a(): assert (calc.where, other.where) == ('worktree', 'installed')\n"},
    )
    seen = interpreter.model_copy(update={"executable": f"{mine}/bin/python", "prefixes": (str(mine), *interpreter.prefixes)})
    suite = TestSuite(runner="pytest", import_roots=(".", "src"))
    report = (await CagedChecks(sandbox).measure(root, suite, seen, packages=["calc"], timeout_s=60)).report
    assert outcomes(report) == {"test_it.py::test_a": "passed"}
    assert report.imported == {"calc": "src/calc.py"}


async def test_a_shadowing_copy_is_found_out(sandbox: Sandbox, interpreter: Interpreter, root: Path, tmp_path: Path) -> None:
    write(tmp_path, {"installed/calc.py": "where = 'installed'\n"})
    write(root, {"calc.py": "where = 'worktree'\n"})
    write(
        root,
        {"test_it.py": f"import sys\nsys.path.insert(0, {str(tmp_path / 'installed')!r})\nimport calc\ndef test_a(): pass\n"},
    )
    seen = interpreter.model_copy(update={"prefixes": (*interpreter.prefixes, str(tmp_path / "installed"))})
    with pytest.raises(EnvironmentBroken, match=r"'calc' from .*installed/calc.py, not from the worktree"):
        await CagedChecks(sandbox).measure(root, PYTEST, seen, packages=["calc"], timeout_s=60)


async def test_a_command_that_runs_pytest_reports_test_by_test(sandbox: Sandbox, interpreter: Interpreter, root: Path) -> None:
    write(root, {"test_it.py": "def test_a(): pass\ndef test_b(): assert False\n"})
    suite = TestSuite(runner="command", args=("sh", "-c", f"cd . && {interpreter.executable} -m pytest"))
    measured = await CagedChecks(sandbox).measure(root, suite, interpreter, timeout_s=60)
    assert outcomes(measured.report) == {"test_it.py::test_a": "passed", "test_it.py::test_b": "failed"}
    assert measured.argv == suite.args


JUNIT = """<testsuites><testsuite name="s"><testcase classname="a.B" name="works" time="0.5"/>
<testcase classname="a.B" name="fails"><failure message="no">trace</failure></testcase>
<testcase name="skips"><skipped/></testcase></testsuite></testsuites>"""


async def test_a_command_that_writes_junit_is_read_and_older_reports_are_not(
    sandbox: Sandbox, interpreter: Interpreter, root: Path
) -> None:
    write(root, {"old.xml": JUNIT.replace("works", "stale"), "new.txt": JUNIT})
    suite = TestSuite(runner="command", args=("sh", "-c", "cp new.txt new.xml; exit 1"))
    report = (await CagedChecks(sandbox).measure(root, suite, interpreter, timeout_s=60)).report
    assert outcomes(report) == {"a.B::works": "passed", "a.B::fails": "failed", "skips": "skipped"}
    assert message(report, "a.B::fails") == "no\ntrace"


@pytest.mark.parametrize(("code", "outcome"), [(0, "passed"), (3, "failed")])
async def test_any_other_command_is_one_test_by_its_exit_code(
    sandbox: Sandbox, interpreter: Interpreter, root: Path, code: int, outcome: str
) -> None:
    suite = TestSuite(runner="command", args=("sh", "-c", f"echo words; exit {code}"))
    report = (await CagedChecks(sandbox).measure(root, suite, interpreter, timeout_s=60)).report
    assert outcomes(report) == {f"sh -c 'echo words; exit {code}'": outcome}
    assert report.complete
