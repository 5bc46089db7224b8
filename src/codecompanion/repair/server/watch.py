"""Note the values of the variables around a place each time that tests come there."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import builtins
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from .limit import TooLong, cpu_limit

if TYPE_CHECKING:
    from .fork import Send
    from .suite import Suite
    from .wire import Message

WATCHER = "__codecompanion_watch__"  # what the watched text calls: `WATCHER(locals(), condition)`
MEMBERS = 12
LARGEST = 1 << 40


def watch(suite: Suite, request: Message, send: Send) -> None:
    """Run tests and send what each sees at the place, at most `most` times a test: the values and what the condition was."""
    seen = Counter()

    def see(values: dict[str, Any], condition: Any) -> Any:
        if seen[test_id] < request["most"]:
            seen[test_id] += 1
            send({"test": test_id, "actual": bool(condition), "values": described(values)})
        return condition

    setattr(builtins, WATCHER, see)
    for test_id in request["tests"]:
        with contextlib.suppress(TooLong), cpu_limit(request["limit_s"]):
            suite.run(test_id, "")


def described(values: dict[str, Any]) -> dict[str, Any]:
    """Return what can be asked of some variables, by the expression that asks: numbers, truth, absence and lengths."""
    answers = {}
    for name, value in values.items():
        answers.update(_described(name, value))
        if name == "self":
            for member, held in list(getattr(value, "__dict__", {}).items())[:MEMBERS]:
                answers.update(_described("self." + member, held))
    return answers


def _described(name: str, value: Any) -> dict[str, Any]:
    if value is None or type(value) is bool or (type(value) in (int, float) and -LARGEST < value < LARGEST):
        return {name: value}
    if type(value) in (str, bytes, list, tuple, dict, set, frozenset):
        return {name: "" if not value else "...", "len(" + name + ")": len(value)}
    return {}
