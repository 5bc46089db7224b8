"""Remember what a function was called with while tests ran."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import base64
import contextlib
import inspect
import pickle
import sys
from typing import TYPE_CHECKING, Any

from .limit import TooLong, cpu_limit

if TYPE_CHECKING:
    from types import CodeType

    from .fork import Send
    from .suite import Suite
    from .wire import Message

LARGEST = 1 << 16


def record(suite: Suite, code: CodeType, request: Message, send: Send) -> None:
    """Run tests and send the distinct arguments of calls to one function, pickled as (positional, by keyword).

    At most `most` calls are kept; arguments that do not pickle are left out.
    """
    seen = set()

    def enter(frame: Any, event: str, _arg: Any) -> None:
        if event == "call" and frame.f_code is code and len(seen) < request["most"]:
            _keep(frame, seen, send)

    for test_id in request["tests"]:
        with contextlib.suppress(TooLong), cpu_limit(request["limit_s"]):
            sys.setprofile(enter)
            suite.run(test_id, "")
        sys.setprofile(None)


def _keep(frame: Any, seen: set[bytes], send: Send) -> None:
    try:
        packed = pickle.dumps(_arguments(frame))
    except Exception:  # noqa: BLE001 - anything may refuse to be pickled
        return
    if packed not in seen and len(packed) < LARGEST:
        seen.add(packed)
        send({"call": base64.b64encode(packed).decode()})


def _arguments(frame: Any) -> tuple[list[Any], dict[str, Any]]:
    code, values = frame.f_code, frame.f_locals
    count, named = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    positional = [values[name] for name in code.co_varnames[:count]]
    keywords = {name: values[name] for name in code.co_varnames[count:named]}
    if code.co_flags & inspect.CO_VARARGS:
        positional += values[code.co_varnames[named]]
        named += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords.update(values[code.co_varnames[named]])
    return positional, keywords
