"""The server that has everything imported but the project: a child imports and collects with a candidate's text."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

from .fork import forked
from .install import serve_on_import
from .load import run_suite
from .runs import run_in_order, verdict, wall_s

if TYPE_CHECKING:
    from .fork import Send
    from .suite import Suite
    from .wire import Message, Wire


class FreshServer:
    """Answers with everything imported but the project: a child imports and collects with the candidate's text."""

    def __init__(self, config: Message, wire: Wire) -> None:
        self._config, self._wire = config, wire
        for name in config["modules"]:
            _import_if_possible(name)
        gc.freeze()

    def serve(self) -> None:
        """Answer requests in order."""
        self._wire.answer({"ready": True})
        for request in self._wire.requests():
            messages, ending = forked(lambda send: self._child(request, send), wall_s(request["limits"]) + request["start_s"])  # noqa: B023
            self._wire.answer(verdict(messages, ending, request["tests"]))

    def _child(self, request: Message, send: Send) -> None:
        self._wire.drop()
        serve_on_import(request["files"])

        def serve(suite: Suite) -> None:
            known = set(suite.ids)
            wanted = [test_id for test_id in request["tests"] if test_id in known]
            run_in_order(suite.run, {**request, "tests": wanted}, send)
            _send_broken(suite, request["tests"], send)

        run_suite(self._config, self._args(request["tests"]), serve)

    def _args(self, tests: list[str]) -> list[str]:
        if self._config["runner"] == "unittest":
            return self._config["args"]
        from .pytest_suite import files_of, without_paths  # noqa: PLC0415 - pytest may be missing

        return [*without_paths(self._config["args"]), *files_of(tests)]


def _send_broken(suite: Suite, tests: list[str], send: Send) -> None:
    """Answer for ids that are no tests but files that could not be collected: they pass once they can."""
    known = set(suite.ids)
    for test_id in tests:
        if test_id not in known:
            cured = test_id not in suite.errors and any(other.startswith(test_id) for other in known)
            send(
                {
                    "test": test_id,
                    "outcome": "passed" if cured else "failed",
                    "message": suite.errors.get(test_id, "not collected"),
                    "frames": [],
                }
            )


def _import_if_possible(name: str) -> None:
    with contextlib.suppress(BaseException):  # a module that refuses here is imported again by whoever needs it
        __import__(name)
