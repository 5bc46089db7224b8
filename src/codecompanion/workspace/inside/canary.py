"""Tests that always fail, run beside the project's own after the last of those: a runner that passes them passes anything."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

_MOST_FOLDERS = 200


class _NoArguments:
    """What pytest asks about a test function before it calls it."""

    argnames: tuple[str, ...] = ()


class Canary(pytest.Item):
    """A test that fails, and goes through the same hooks as others."""

    _fixtureinfo = _NoArguments()

    @property
    def obj(self) -> Any:
        """The function that fails."""
        return _fail

    @property
    def funcargs(self) -> dict[str, Any]:
        """The arguments of that function."""
        return {}

    def runtest(self) -> None:
        """Call the function as pytest would, through the hook that projects can replace."""
        self.ihook.pytest_pyfunc_call(pyfuncitem=self)

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:  # noqa: ARG002 - pytest's own names
        """Say why it failed without a traceback: to parse every file on it takes longer than many a project's tests."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Say where it is."""
        return getattr(self, "path", None) or self.fspath, 0, self.name


def _fail() -> None:
    raise AssertionError("this test always fails")


def believed(session: pytest.Session) -> bool:
    """Whether a test that always fails is said to have passed, or to be none, in a folder of the tests that ran."""
    folders = {item.nodeid.partition("::")[0].rpartition("/")[0]: item.parent for item in getattr(session, "items", ())}
    return any(_is_believed(session, parent) for parent in list(folders.values())[:_MOST_FOLDERS])


def _is_believed(session: pytest.Session, parent: Any) -> bool:
    try:
        canary: Canary = Canary.from_parent(parent, name="test_always_fails")  # pyright: ignore[reportUnknownMemberType] - pytest's **kw
        reports = runtestprotocol(canary, log=False, nextitem=None)
        hook = session.config.pluginmanager.subset_hook_caller("pytest_runtest_logreport", _strangers(session))
        for report in reports:
            hook(report=report)
        # Where its set-up fails there is no call, and nothing is learned.
        return any(report.when == "call" and report.outcome != "failed" for report in reports)
    except Exception:  # noqa: BLE001 - a hook that stumbles over it says nothing of others
        return False


def _strangers(session: pytest.Session) -> list[Any]:
    """Return the plugins that are not the project's: a terminal would print the report, and count a failure."""
    root = str(getattr(session.config, "rootpath", None) or session.config.rootdir)  # type: ignore[attr-defined] - the older name
    return [one for one in session.config.pluginmanager.get_plugins() if not _is_below(root, one)]


def _is_below(root: str, plugin: Any) -> bool:
    file = getattr(plugin, "__file__", None) or getattr(sys.modules.get(type(plugin).__module__), "__file__", None)
    return isinstance(file, str) and file.startswith(f"{root}/") and "/site-packages/" not in file
