"""The server that has the project imported: candidates are put into live functions of a forked child."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import functools
import gc
import os
import random
import sys
import time
from typing import TYPE_CHECKING, Any

from .fork import forked
from .install import LiveCode, NotLive, compile_unit, digest, new_function, serve_on_import
from .limit import cpu_limit
from .probe import probe
from .record import record
from .runs import run_in_order, verdict, wall_s
from .trace import LineTracer
from .watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .fork import Send
    from .suite import Suite
    from .wire import Message, Wire


class Left(BaseException):
    """Stands for `os._exit` in a test under trace."""


def split_by_job(messages: list[Message]) -> dict[int, list[Message]]:
    """Group a screening child's messages by the place of the job that they belong to, in order."""
    groups: dict[int, list[Message]] = {}
    current: list[Message] = []
    for message in messages:
        if "job" in message:
            current = groups.setdefault(message["job"], [])
        else:
            current.append(message)
    return groups


class WarmServer:
    """Answers with the project imported and collected: candidates are installed into live functions."""

    def __init__(self, config: Message, wire: Wire, suite: Suite) -> None:
        self._root, self._wire, self._suite = config["root"], wire, suite
        gc.collect()
        self._live = LiveCode(self._root)
        self._seen = {}
        gc.freeze()

    def serve(self) -> None:
        """Answer requests in order."""
        self._wire.answer(
            {"ready": True, "tests": self._suite.ids, "errors": self._suite.errors, "modules": self._foreign_modules()}
        )
        operations = {
            "try": self._try,
            "screen": self._screen,
            "trace": self._trace,
            "record": self._record,
            "probe": self._probe,
            "watch": self._watch,
        }
        for request in self._wire.requests():
            self._wire.answer(operations[request["op"]](request))

    def _foreign_modules(self) -> list[str]:
        inside = self._root + os.sep
        return [
            name
            for name, module in list(sys.modules.items())
            if not name.startswith("_codecompanion") and not str(getattr(module, "__file__", None) or inside).startswith(inside)
        ]

    def _prepare(self, request: Message) -> Callable[[], Any]:
        """Return what installs the request's candidate in a child; compile here, where equal candidates are known."""
        if "files" in request:
            return lambda: serve_on_import(request["files"])
        unit = request.get("unit")
        if unit is None:
            return lambda: None
        space = self._live.globals_of(unit)
        if not space:
            raise NotLive
        shell, code = compile_unit(unit, unit["flags"])
        return lambda: self._install(unit, shell, code, space)

    def _install(self, unit: Message, shell: Any, code: Any, space: dict[str, Any]) -> None:
        if unit["defaults"]:
            self._live.install_defaults(unit, new_function(shell, unit["names"], space))
        self._live.install(unit, code)

    def _try(self, request: Message) -> Message:
        try:
            key = self._key(request)
            if key is not None and key in self._seen:
                return self._seen[key]
            install = self._prepare(request)
        except (SyntaxError, ValueError, RecursionError):
            return {"outcome": "invalid"}
        except NotLive:
            return {"outcome": "reimport"}
        answer = self._run(request, install)
        if key is not None:
            self._seen[key] = answer
        return answer

    def _screen(self, request: Message) -> Message:
        """Judge many candidates by a few tests each, several in one child: quick, and to be confirmed one by one."""
        answers: dict[int, Message] = {}
        waiting = []
        for place, job in enumerate(request["jobs"]):
            known, prepared = self._prepared(job, apart=request["apart"])
            if known is None:
                waiting.append((place, job, prepared))
            else:
                answers[place] = known
        while waiting:
            at_once = waiting[:1] if request["apart"] else waiting
            waiting = self._screen_some(at_once, answers) + waiting[len(at_once) :]
        return {"answers": [answers[place] for place in sorted(answers)]}

    def _prepared(self, job: Message, *, apart: bool) -> Any:
        """Return a job's answer, if that is known without running it, else what installs it."""
        unit = job["unit"]
        try:
            if unit["defaults"] or not self._live.globals_of(unit):
                return {"outcome": "reimport"}, None
            _, code = compile_unit(unit, unit["flags"])
        except (SyntaxError, ValueError, RecursionError):
            return {"outcome": "invalid"}, None
        except NotLive:
            return {"outcome": "reimport"}, None
        key = ("screen", apart, *unit["names"], unit["line"], unit["path"], tuple(job["tests"]), digest(code))
        if key in self._seen:
            return {"outcome": "duplicate"}, None
        self._seen[key] = True
        return None, code

    def _screen_some(self, waiting: Any, answers: dict[int, Message]) -> Any:
        """Run jobs in one child until it is done or one of them ends it; return the jobs that are left."""

        def work(send: Send) -> None:
            self._wire.drop()
            for place, job, code in waiting:
                send({"job": place})
                try:
                    self._live.install(job["unit"], code)
                except NotLive:
                    send({"reimport": True})
                else:
                    run_in_order(self._suite.screen, job, send)
                self._live.restore()

        messages, ending = forked(work, max(wall_s(job["limits"]) for _, job, _ in waiting) * min(len(waiting), 4))
        groups = split_by_job(messages)
        for place, job, _ in waiting:
            if place not in groups:
                break
            is_last = ending != "done" and place == next(reversed(groups))
            group = groups[place]
            reimport = any("reimport" in message for message in group)
            answers[place] = (
                {"outcome": "reimport"} if reimport else verdict(group, ending if is_last else "done", job["tests"])
            )
        if not groups:
            answers[waiting[0][0]] = {"outcome": "crash"}
        return [entry for entry in waiting if entry[0] not in answers]

    def _key(self, request: Message) -> Any:
        """Return what is equal for requests with the same answer, None when that is not known."""
        unit = request.get("unit")
        if unit is None or unit["defaults"]:
            return None
        return (
            tuple(unit["names"]),
            unit["line"],
            unit["path"],
            tuple(request["tests"]),
            request.get("turn"),
            digest(compile_unit(unit, unit["flags"])[1]),
        )

    def _run(self, request: Message, install: Callable[[], Any]) -> Message:
        def work(send: Send) -> None:
            self._wire.drop()
            try:
                install()
            except NotLive:
                send({"reimport": True})
                return
            if "turn" in request:
                random.seed(request["turn"])  # children have the same random numbers else
            run_in_order(self._suite.run, request, send)

        messages, ending = forked(work, wall_s(request["limits"]))
        if any("reimport" in message for message in messages):
            return {"outcome": "reimport"}
        return verdict(messages, ending, request["tests"])

    def _trace(self, request: Message) -> Message:
        """Run tests under trace, going on after one that hangs or kills its process."""
        waiting, answers = list(request["tests"]), []
        try:
            install = self._prepare(request)
        except (SyntaxError, ValueError, NotLive):
            return {"results": []}
        deadline = time.monotonic() + request["wall_s"]
        while waiting and time.monotonic() < deadline:
            work = functools.partial(self._trace_child, install, waiting, request["limit_s"])
            messages, ending = forked(work, deadline - time.monotonic())
            results = [message for message in messages if "test" in message]
            answers += results
            done = {message["test"] for message in results}
            rest = [test_id for test_id in waiting if test_id not in done]
            if ending != "done" and rest:
                answers.append(
                    {
                        "test": rest[0],
                        "outcome": "failed",
                        "message": ending,
                        "frames": [],
                        "lines": {},
                        "cpu_s": request["limit_s"],
                    }
                )
                rest = rest[1:]
            waiting = rest
        return {"results": answers}

    def _trace_child(self, install: Callable[[], Any], tests: list[str], limit_s: float, send: Send) -> None:
        self._wire.drop()
        install()
        os._exit = _raise_exit  # where a test leaves its process is worth knowing
        tracer = LineTracer(self._root)
        for test_id, next_id in zip(tests, [*tests[1:], ""]):  # noqa: B905 - Python 3.8
            began = time.process_time()
            tracer.start()
            with cpu_limit(limit_s):
                result = self._suite.run(test_id, next_id)
            lines = tracer.stop()
            frames = [frame for frame in result.frames if frame[0].startswith(self._root + os.sep)]
            send(
                {
                    "test": test_id,
                    "outcome": result.outcome,
                    "message": result.message,
                    "frames": frames,
                    "lines": lines,
                    "cpu_s": time.process_time() - began,
                }
            )

    def _record(self, request: Message) -> Message:
        function = self._live.function(request["unit"])
        if function is None:
            return {"calls": []}

        def work(send: Send) -> None:
            self._wire.drop()
            record(self._suite, function.__code__, request, send)

        return {"calls": [message["call"] for message in forked(work, request["wall_s"])[0]]}

    def _watch(self, request: Message) -> Message:
        try:
            install = self._prepare(request)
        except (SyntaxError, ValueError, NotLive):
            return {"seen": []}

        def work(send: Send) -> None:
            self._wire.drop()
            install()
            watch(self._suite, request, send)

        return {"seen": forked(work, request["wall_s"])[0]}

    def _probe(self, request: Message) -> Message:
        unit = request["unit"]
        function = self._live.function(unit)
        try:
            install = self._prepare(request)
        except (SyntaxError, ValueError, NotLive):
            return {"answers": []}

        def work(send: Send) -> None:
            self._wire.drop()
            install()
            probe(function, request, send)

        return {"answers": [message["answer"] for message in forked(work, request["wall_s"])[0]]}


def _raise_exit(status: int) -> None:
    raise Left("os._exit(%d)" % status)  # noqa: UP031
