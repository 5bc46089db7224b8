"""A pytest plugin that reports each test as it starts and ends, and stops those that hang."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from .canary import believed
from .limit import Limit
from .probe import imported_files
from .report import Report, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Generator

# Read before any code of the project is loaded.
_REQUESTS = [read_request()]
_WORSE = ("passed", "skipped", "failed", "error")


class Reporter:
    """Turns pytest's hooks into the lines of a report."""

    def __init__(self, config: pytest.Config, request: Request) -> None:
        self._request = request
        self._report = Report(self._request.results, self._request.mark)
        self._limit = Limit(self._request.limit_s)
        self._limits_itself = bool(getattr(config.option, "timeout", None) or _ini(config, "timeout"))
        self._messages: list[str] = []
        self._outcome, self._duration_s = "passed", 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the tests that were not asked for or have run already."""
        left_out = [item for item in items if not self._request.wants(item.nodeid)]
        if left_out:
            items[:] = [item for item in items if self._request.wants(item.nodeid)]
            config.hook.pytest_deselected(items=left_out)

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Name a file before it is imported, in case the import ends the process."""
        if isinstance(collector, pytest.File):
            self._report.started(collector.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a file that could not be imported or that skips itself."""
        if report.failed:
            self._report.unimportable(report.nodeid or ".", report.longreprtext)
        elif report.skipped:
            self._report.ended(report.nodeid, "skipped", 0.0, report.longreprtext)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what will run."""
        self._report.collected([item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name the test before it runs, in case it ends the process."""
        self._limit.begin()
        self._outcome, self._duration_s, self._messages = "passed", 0.0, []
        self._report.started(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the phases of a test."""
        outcome = str(report.outcome)
        if outcome == "rerun":
            self._outcome, self._messages = "passed", []
            return
        self._duration_s += report.duration
        if outcome != "passed":
            self._messages.append(report.longreprtext)
        self._worsen("error" if outcome == "failed" and report.when != "call" else outcome)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Report the whole test."""
        if self._limit.exceeded:
            self._outcome = "error"
            self._messages.insert(0, self._limit.message)
        self._report.ended(nodeid, self._outcome, self._duration_s, "\n".join(self._messages))

    def _worsen(self, outcome: str) -> None:
        # What failed in the call stays "failed", whatever its teardown says.
        if self._outcome != "failed" and _WORSE.index(outcome) > _WORSE.index(self._outcome):
            self._outcome = outcome

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, None]:
        """Limit the set-up."""
        yield from self._limited()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, None]:
        """Limit the test."""
        yield from self._limited()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, None]:
        """Limit the tear-down."""
        yield from self._limited()

    def _limited(self) -> Generator[None, Any, None]:
        if self._limits_itself:
            yield
            return
        self._limit.start()
        yield
        self._limit.stop()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say whether failures are seen at all, where the project's modules came from, and that this is the end."""
        if believed(session):
            self._report.believes()
        self._report.imported(imported_files(self._request.packages))
        self._report.finished()


def _ini(config: pytest.Config, name: str) -> object:
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make the run complete and repeatable, whatever the project's options say, and report it."""
    steady: dict[str, Any] = {"maxfail": 0, "dist": "no", "numprocesses": None, "tx": [], "randomly_reorganize": False}
    for name, value in steady.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    request = _REQUESTS[0]
    rootdir = str(getattr(config, "rootpath", None) or getattr(config, "rootdir", "."))
    # Files that ended the process when they were imported; the hook for this has other arguments in each pytest.
    done = [os.path.join(rootdir, test_id) for test_id in request.done]  # noqa: PTH118
    config.option.ignore = [*(config.option.ignore or []), *filter(os.path.isfile, done)]
    config.pluginmanager.register(Reporter(config, request), "codecompanion-reporter")
