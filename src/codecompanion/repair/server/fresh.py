"""The server that has everything imported but the project: a child imports and collects with a candidate's text."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import contextlib
import functools
import gc
from typing import TYPE_CHECKING

from .fork import forked
from .install import serve_on_import
from .load import run_suite
from .runs import run_in_order, verdict, wall_s
from .suite import loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from .fork import Send
    from .suite import Suite
    from .wire import Message, Wire


class FreshServer:
    """Answers with everything imported but the project: a child imports and collects with the candidate's text."""

    def __init__(self, config: Message, wire: Wire) -> None:
        self._config, self._wire = config, wire
        for name in config["modules"]:
            _import_if_possible(name)

    def serve(self) -> None:
        """Answer requests in order."""
        if self._config["runner"] == "unittest":
            self._loop(self._load_and_answer)
            return
        from .pytest_suite import files_of, run_early  # noqa: PLC0415 - pytest may be missing

        def serve(collect: Callable[[list[str]], Suite]) -> None:
            self._loop(lambda request, send: self._answer(collect(files_of(request["tests"])), request, send))

        run_early(self._config["args"], serve)

    def _loop(self, judge: Callable[[Message, Send], None]) -> None:
        gc.freeze()
        self._wire.answer({"ready": True})
        for request in self._wire.requests():
            work = functools.partial(self._child, judge, request)
            messages, ending = forked(work, wall_s(request["limits"]) + request["start_s"])
            self._wire.answer(verdict(messages, ending, request["tests"]))

    def _child(self, judge: Callable[[Message, Send], None], request: Message, send: Send) -> None:
        self._wire.drop()
        serve_on_import(request["files"])
        judge(request, send)

    def _load_and_answer(self, request: Message, send: Send) -> None:
        run_suite(self._config, self._config["args"], lambda suite: self._answer(suite, request, send))

    def _answer(self, suite: Suite, request: Message, send: Send) -> None:
        known = set(suite.ids)
        pairs = list(zip(request["tests"], request["limits"]))  # noqa: B905 - Python 3.8
        wanted = [pair for pair in pairs if pair[0] in known]
        run_in_order(suite.run, {**request, "tests": [t for t, _ in wanted], "limits": [limit for _, limit in wanted]}, send)
        for test_id, limit_s in pairs:
            if test_id not in known:
                send(_answer_for_file(suite, test_id, limit_s))


def _answer_for_file(suite: Suite, file: str, limit_s: float) -> Message:
    """Answer for an id that is no test but a file that could not be collected: it passes once its tests run and pass."""
    tests = [test_id for test_id in suite.ids if loads(file, test_id)]
    messages: list[Message] = []
    if file not in suite.errors:
        request = {"tests": tests, "limits": [limit_s] * len(tests), "all": True}
        run_in_order(suite.run, request, messages.append)
    results = [message for message in messages if "test" in message]
    failed = next((result for result in results if result["outcome"] == "failed"), None)
    if failed is None and any(result["outcome"] == "passed" for result in results):
        return {"test": file, "outcome": "passed", "message": "", "frames": []}
    message = failed["message"] if failed else suite.errors.get(file, "not collected")
    return {"test": file, "outcome": "failed", "message": message, "frames": failed["frames"] if failed else []}


def _import_if_possible(name: str) -> None:
    with contextlib.suppress(BaseException):  # a module that refuses here is imported again by whoever needs it
        __import__(name)
