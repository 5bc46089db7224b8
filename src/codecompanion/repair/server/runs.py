"""Run tests in order inside a child, and sum up what they said."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .fork import Send
    from .suite import Result
    from .wire import Message

WALL_FACTOR = 4.0  # the wall limit of a child over its limit of CPU time: other work shares the cores
WALL_FLOOR_S = 1.0


def run_in_order(run: Callable[[str, str], Result], request: Message, send: Send) -> None:
    """Run tests until one does not pass (or all, when the request says so) and send each result."""
    tests = request["tests"]
    for test_id, next_id, limit_s in zip(tests, [*tests[1:], ""], request["limits"]):  # noqa: B905 - Python 3.8
        send({"start": test_id})
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        result = run(test_id, next_id)
        signal.setitimer(signal.ITIMER_PROF, 0)
        send({"test": test_id, "outcome": result.outcome, "message": result.message, "frames": result.frames})
        if result.outcome != "passed" and not request.get("all"):
            return


def wall_s(limits: list[float]) -> float:
    """Return how long a child may take by the clock."""
    return WALL_FLOOR_S + WALL_FACTOR * (sum(limits) if len(limits) < 10 else max(limits) + sum(limits) / 4)  # noqa: PLR2004


def verdict(messages: list[Message], ending: str, tests: list[str]) -> Message:
    """Sum up a child's messages: outcome "passed" only when every test passed and the child ended well."""
    results = [message for message in messages if "test" in message]
    passed = [message["test"] for message in results if message["outcome"] == "passed"]
    if ending == "done" and len(passed) == len(tests):
        return {"outcome": "passed", "passed": passed}
    last = next((message for message in results if message["outcome"] != "passed"), None)
    started = [message["start"] for message in messages if "start" in message]
    if last is None:
        return {
            "outcome": ending if ending != "done" else "failed",
            "passed": passed,
            "test": started[-1] if started else "",
            "message": ending,
        }
    return {
        "outcome": "failed",
        "passed": passed,
        "test": last["test"],
        "message": last["message"],
        "frames": last["frames"][-3:],
    }
