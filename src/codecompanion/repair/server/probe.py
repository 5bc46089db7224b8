"""Ask a candidate what it answers to inputs, to tell candidates apart that all pass the tests."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import base64
import copy
import pickle
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

from .mutate import Mutator

if TYPE_CHECKING:
    from .fork import Send
    from .wire import Message

LENGTH = 2000


class TooLong(BaseException):
    """Ends a call at its limit."""


def probe(request: Message, send: Send) -> None:
    """Call a module-level function on recorded inputs and on mutated ones and send the text of each answer in order."""
    function = getattr(sys.modules[request["module"]], request["name"])
    signal.signal(signal.SIGPROF, _raise)
    for arguments in inputs(request):
        before = repr(arguments)[:LENGTH]
        send({"input": before, "answer": _answer(function, arguments)})


def inputs(request: Message) -> list[list[Any]]:
    """Return the recorded arguments and `extra` mutations of them, the same for the same seed."""
    calls = [pickle.loads(base64.b64decode(call)) for call in request["calls"]]  # noqa: S301 - pickled by this server
    chance = random.Random(request["seed"])  # noqa: S311 - repeatability is the point
    mutator = Mutator(calls, chance)
    return calls + [mutator.mutate(copy.deepcopy(chance.choice(calls))) for _ in range(request["extra"])]


def _answer(function: Any, arguments: list[Any]) -> str:
    signal.setitimer(signal.ITIMER_PROF, 0.1)
    try:
        return _text(function(*arguments)) + " " + repr(arguments)[:LENGTH]
    except TooLong:
        return "too long"
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "%.9g" % value  # noqa: UP031
    return repr(value)[:LENGTH]


def _raise(_number: int, _frame: Any) -> None:
    raise TooLong
