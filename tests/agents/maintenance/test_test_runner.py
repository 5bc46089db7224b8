from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from codecompanion.agents.maintenance.test_runner import run_tests
from codecompanion.agents.maintenance.testing.failures import error_of, place_of
from codecompanion.agents.maintenance.testing.junit_file import junit, write_junit
from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.domain.errors import BadInput, EnvironmentBroken
from maintenance_bench import OpenDesk, Told, said
from projects import SHOP, repository

pytestmark = pytest.mark.anyio

TWO_OF_ONE_CAUSE = "from shop import broken\n\ndef test_a():\n    broken()\n\ndef test_b():\n    broken()\n"
FAULTY = {"shop.py": "def broken():\n    raise KeyError('price')\n", "tests/test_shop.py": TWO_OF_ONE_CAUSE, "conftest.py": ""}


async def test_failures_of_one_cause_are_one_finding_with_its_place(desk: OpenDesk) -> None:
    report = await run_tests(await desk(FAULTY))
    assert (report.exit_code, report.title) == (1, "0 passed, 2 failed, 0 skipped")
    assert said(report) == [
        "shop.py:2: 2 tests failed, KeyError: 'price' [tests/test_shop.py::test_a, tests/test_shop.py::test_b]"
    ]
    assert report.figures["tests"] == {"passed": 0, "failed": 2, "errors": 0, "skipped": 0, "flaky": 0}


async def test_tests_that_pass_are_ok(desk: OpenDesk) -> None:
    report = await run_tests(await desk({"tests/test_x.py": "def test_x():\n    assert True\n", "conftest.py": ""}))
    assert (report.exit_code, report.findings, report.commands[0].exit_code) == (0, (), 0)


async def test_a_test_that_passes_when_run_again_is_flaky_and_no_fault(desk: OpenDesk) -> None:
    # It fails in company: the second time it is run alone.
    code = "COUNT = []\n\ndef test_first():\n    COUNT.append(1)\n\ndef test_alone():\n    assert not COUNT\n"
    report = await run_tests(await desk({"tests/test_x.py": code, "conftest.py": ""}))
    assert (report.exit_code, report.title) == (0, "1 passed, 0 failed, 0 skipped, 1 flaky")
    assert said(report, "warning")[0].startswith("tests/test_x.py::test_alone: the test failed and then passed")


async def test_what_a_test_leaves_behind_makes_no_other_flaky_nor_reaches_the_project(desk: OpenDesk) -> None:
    code = "import pathlib\n\ndef test_x():\n    f = pathlib.Path('seen')\n    was = f.exists()\n"
    code += "    f.write_text('x')\n    assert was\n"
    opened = await desk({"tests/test_x.py": code, "conftest.py": ""})
    report = await run_tests(opened)
    assert (report.exit_code, report.figures["flaky"]) == (1, [])
    assert not (opened.root / "seen").exists()


async def test_a_hanging_test_is_stopped_and_the_others_run(desk: OpenDesk) -> None:
    code = "import time\n\ndef test_hangs():\n    time.sleep(600)\n\ndef test_works():\n    pass\n"
    report = await run_tests(await desk({"tests/test_x.py": code, "conftest.py": ""}, timeout_s=20.0))
    assert report.title == "1 passed, 1 failed, 0 skipped"
    assert "TestTookTooLong" in said(report, "error")[0]


async def test_without_tests_it_says_how_to_name_them(desk: OpenDesk) -> None:
    report = await run_tests(await desk({"a.py": "X = 1\n"}))
    assert (report.exit_code, report.title) == (1, "there are no tests to run")
    assert "--test-command" in report.findings[0].fix


async def test_another_runner_is_run_as_a_command(desk: OpenDesk) -> None:
    report = await run_tests(await desk({"Makefile": "test:\n\techo 'Error: no paint left' && false\n"}))
    assert (report.exit_code, said(report)) == (1, [": 1 test failed, failure: Error: no paint left [make test]"])
    assert report.findings[0].fix == ""


async def test_only_tests_that_reach_the_change_are_run(desk: OpenDesk, tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/cart.py": "from shop.tax import rate\n",
        "shop/tax.py": "def rate():\n    return 1\n",
        "shop/mail.py": "",
        "tests/test_cart.py": "import shop.cart\n\ndef test_cart():\n    pass\n",
        "tests/test_mail.py": "import shop.mail\n\ndef test_mail():\n    pass\n",
        "README.md": "shop\n",
    }
    root = repository(tmp_path / "store", files)
    nothing = await run_tests(await desk(root=root, impacted=True))
    assert nothing.title == "nothing has changed since the base"
    (root / "shop/tax.py").write_text("def rate():\n    return 2\n")
    (root / "README.md").write_text("our shop\n")
    some = await run_tests(await desk(root=root, impacted=True))
    assert (some.title, some.figures["impacted"]) == ("1 passed, 0 failed, 0 skipped", ["tests/test_cart.py"])
    assert any("imports that are made at run time" in one for one in some.not_checked)
    (root / "settings.toml").write_text("x = 1\n")
    everything = await run_tests(await desk(root=root, impacted=True))
    assert (everything.title, everything.figures["impacted"]) == ("2 passed, 0 failed, 0 skipped", None)


async def test_impact_needs_a_repository_and_a_base_that_exists(desk: OpenDesk, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs a git repository"):
        await run_tests(await desk(SHOP, impacted=True))
    with pytest.raises(BadInput, match="is no commit"):
        await run_tests(await desk(root=repository(tmp_path / "other"), impacted=True, base="nowhere"))


async def test_progress_is_told(desk: OpenDesk, told: Told) -> None:
    await run_tests(await desk(FAULTY))
    assert told.lines == ["running the tests", "running 2 failed tests again, on a new copy"]


REPORT = SuiteReport(
    outcomes=(
        TestOutcome(
            test_id="tests/test_ü.py::test[<&\"'>]", outcome="failed", duration_s=0.5, message="E \x00 1 < 2 & \ud800\nE"
        ),
        TestOutcome(test_id="a.b.C.test_x", outcome="passed"),
        TestOutcome(test_id="t.py::test_flaky", outcome="failed"),
        TestOutcome(test_id="t.py::test_skipped", outcome="skipped", message="later"),
    ),
    flaky=("t.py::test_flaky",),
)


def test_a_junit_file_is_well_formed_whatever_tests_are_called_and_say(tmp_path: Path) -> None:
    write_junit(tmp_path / "out.xml", REPORT)
    suite = ET.fromstring((tmp_path / "out.xml").read_bytes())
    assert dict(suite.attrib) | {"time": ""} == {
        "name": "codecompanion",
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "time": "",
    }
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["test[<&\"'>]", "test_x", "test_flaky", "test_skipped"]
    assert [[child.tag for child in case] for case in cases] == [["failure"], [], ["properties"], ["skipped"]]
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]


def test_a_junit_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out.xml").mkdir()
    with pytest.raises(EnvironmentBroken, match="cannot be written"):
        write_junit(tmp_path / "out.xml", REPORT)
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]
    assert junit(SuiteReport()).startswith("<?xml")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("t.py:1: in f\n    g()\nE   shop.errors.NoMoney: none left", ("NoMoney", "none left")),
        ("E   assert 1 == 2\nE    +  where", ("AssertionError", "assert 1 == 2")),
        ('Traceback:\n  File "a.py", line 2, in f\nValueError: bad\n', ("ValueError", "bad")),
        ("\nnothing known\n", ("failure", "nothing known")),
        ("", ("failure", "")),
    ],
)
def test_the_error_of_a_failure_is_read(message: str, error: tuple[str, str]) -> None:
    assert error_of(message) == error


def test_the_innermost_place_of_the_project_is_taken() -> None:
    message = "tests/test_a.py:3: in test_a\nshop.py:9: in total\n/usr/lib/python3/decimal.py:1: in add\nE   X"
    assert place_of(message, frozenset(("tests/test_a.py", "shop.py")), "/root") == "shop.py:9"
    told = '  File "/root/shop.py", line 4, in f\nX: y'
    assert place_of(told, frozenset(("shop.py",)), "/root") == "shop.py:4"
    assert place_of("", frozenset(), "/root") == ""
