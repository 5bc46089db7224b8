"""Tests collected by the project's pytest."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from .suite import Result, Suite, frames_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[list[str]], Suite]

QUIET = {"xdist": "-n0", "pytest_cov": "--no-cov", "pytest_randomly": "-pno:randomly", "pytest_timeout": "--timeout=0"}


class PytestSuite(Suite):
    """A pytest session that has collected and not yet run."""

    def __init__(self, session: Any, errors: dict[str, str]) -> None:
        self._items = {item.nodeid: item for item in session.items}
        self._session = session
        self.ids = list(self._items)
        self.errors = errors
        self.failure = Result("passed")

    def run(self, test_id: str, next_id: str) -> Result:
        """Run one test with its fixtures."""
        self.failure = Result("passed")
        self._session.testsfailed = 0
        item = self._items[test_id]
        reports = runtestprotocol(item, log=False, nextitem=self._items.get(next_id))
        if any(report.failed for report in reports) or self.failure.outcome == "failed":
            return Result("failed", self.failure.message, self.failure.frames)
        passed = any(report.when == "call" and report.passed for report in reports)
        return Result("passed" if passed else "skipped")

    def screen(self, test_id: str, next_id: str) -> Result:
        """Call a test function that needs no fixtures directly; pytest's own way costs more than most tests."""
        item = self._items[test_id]
        arguments = direct_arguments(item)
        if arguments is None:
            return self.run(test_id, next_id)
        try:
            item.obj(**arguments)
        except BaseException as error:  # noqa: BLE001 - also SystemExit and pytest's outcomes
            return Result("failed", "%s: %s" % (type(error).__name__, error))  # noqa: UP031
        return Result("passed")

    def report(self, item: Any, call: Any) -> Any:
        """Make the report of a phase without the traceback's text, which costs more than most tests."""
        outcome, text = "passed", None
        if call.excinfo is not None:
            outcome, text = self._describe(call.excinfo)
        return pytest.TestReport(
            item.nodeid, item.location, dict.fromkeys(item.keywords, 1), outcome, text, call.when,
            [], call.duration, call.start, call.stop,
        )  # fmt: skip

    def _describe(self, excinfo: Any) -> Any:
        if isinstance(excinfo.value, pytest.skip.Exception):
            return "skipped", ("", 0, str(excinfo.value))
        text = "%s: %s" % (type(excinfo.value).__name__, excinfo.value)  # noqa: UP031
        self.failure = Result("failed", text, frames_of(excinfo.tb))
        return "failed", text


def direct_arguments(item: Any) -> Any:
    """Return the arguments of a plain test function, None when it needs fixtures, marks or a class."""
    if type(item) is not pytest.Function or (
        item.own_markers and any(mark.name != "parametrize" for mark in item.iter_markers())
    ):
        return None
    params = getattr(getattr(item, "callspec", None), "params", {})
    made = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - what pytest itself asks
    names = set(item.fixturenames)
    if names - set(params) or any(made[name][-1].func.__name__ != "get_direct_param_fixture_func" for name in names):
        return None
    return params


class Plugin:
    """Takes over the session once it is collected (`serve`), or before that (`serve_early`)."""

    def __init__(self, serve: Callable[[Suite], None] | None, serve_early: Callable[[Collect], None] | None = None) -> None:
        self._serve = serve
        self._serve_early = serve_early
        self._errors = {}
        self._suite: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: Any) -> bool | None:
        """Serve before anything of the project is imported, when that is asked for."""
        if self._serve_early is None:
            return None
        self._serve_early(functools.partial(self._collect, session))
        return True

    def _collect(self, session: Any, files: list[str]) -> PytestSuite:
        session.config.args[:] = files
        session.config.pluginmanager._noconftest = False  # noqa: SLF001 - there is no public way to load them late
        session.perform_collect()
        self._suite = PytestSuite(session, self._errors)
        return self._suite

    def pytest_collectreport(self, report: Any) -> None:
        """Remember what could not be collected."""
        if report.failed:
            self._errors[report.nodeid] = str(report.longrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Serve in place of the run."""
        if self._serve is not None:
            self._suite = PytestSuite(session, self._errors)
            self._serve(self._suite)
        return True

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """See `PytestSuite.report`; after pytest's own support of unittest has put its error into `call`."""
        return self._suite.report(item, call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Hear of failed subtests, which are reported beside their test."""
        if report.failed and self._suite.failure.outcome != "failed":
            self._suite.failure = Result("failed", str(report.longrepr))


def run_pytest(args: list[str], serve: Callable[[Suite], None]) -> str:
    """Collect with pytest and hand the suite to `serve`; return why that was not possible, or ""."""
    served = []

    def once(suite: Suite) -> None:
        served.append(suite)
        serve(suite)

    code = _main(args, Plugin(once))
    return "" if served else f"pytest ended with exit code {code} before it had collected"


def run_early(args: list[str], serve: Callable[[Collect], None]) -> None:
    """Get pytest ready without importing anything of the project, and hand over what collects files."""
    _main([*without_paths(args), "--noconftest"], Plugin(None, serve))


def _main(args: list[str], plugin: Plugin) -> int:
    quiet = [option for module, option in QUIET.items() if importlib.util.find_spec(module)]
    return int(pytest.main([*args, "-p", "no:cacheprovider", *quiet], plugins=[plugin]))


def files_of(test_ids: list[str]) -> list[str]:
    """Return what to collect for some tests: their files, and for a conftest that could not be loaded all of its folder."""
    files = dict.fromkeys(test_id.split("::")[0] for test_id in test_ids)
    return [file[: -len("conftest.py")] or "." if file.endswith("conftest.py") else file for file in files]


def without_paths(args: list[str]) -> list[str]:
    """Return pytest's options without the files and folders to collect."""
    valued = {"-c", "-k", "-m", "-p", "-o", "-W", "--rootdir", "--confcutdir", "--ignore", "--deselect"}
    before = ["", *args]
    return [
        arg
        for last, arg in zip(before, args)  # noqa: B905 - Python 3.8; `before` is longer by one
        if last in valued or arg.startswith("-") or not Path(arg.split("::")[0]).exists()
    ]
