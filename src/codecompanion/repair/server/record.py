"""Remember what a function was called with while tests ran."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import base64
import pickle
import sys
from typing import TYPE_CHECKING, Any

from .suite import Suite, real_path

if TYPE_CHECKING:
    from .fork import Send
    from .wire import Message


def record(suite: Suite, request: Message, send: Send) -> None:
    """Run tests and send the distinct arguments (pickled, in the order of the parameters) of calls to one function.

    The request names the function by path, line and name; at most `most` calls are kept, those that do not pickle are not.
    """
    key = (request["path"], request["line"], request["name"])
    seen = set()

    def enter(frame: Any, event: str, _arg: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_name != key[2] or len(seen) >= request["most"]:
            return
        if (real_path(code.co_filename), code.co_firstlineno) == key[:2]:
            _keep(frame, seen, send)

    for test_id in request["tests"]:
        sys.setprofile(enter)
        suite.run(test_id, "")
        sys.setprofile(None)


def _keep(frame: Any, seen: Any, send: Send) -> None:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    try:
        packed = pickle.dumps([frame.f_locals[name] for name in names])
    except Exception:  # noqa: BLE001 - anything may refuse to be pickled
        return
    if packed not in seen and len(packed) < 1 << 16:
        seen.add(packed)
        send({"call": base64.b64encode(packed).decode(), "names": list(names)})
