"""Ask a function what it answers to inputs, to tell candidates apart that all pass the tests."""
# pyright: basic
# It handles what has no types: the project's own values.

from __future__ import annotations

import ast
import base64
import copy
import itertools
import pickle
import random
import re
from typing import TYPE_CHECKING, Any

from .limit import TooLong, cpu_limit
from .mutate import Mutator

if TYPE_CHECKING:
    from .fork import Send
    from .wire import Message

LENGTH = 2000
CALL_LIMIT_S = 0.1
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def probe(function: Any, request: Message, send: Send) -> None:
    """Call a function on written, recorded and mutated inputs; send each answer's text and that of the arguments after it."""
    patience = 4  # calls that take too long
    for positional, keywords in inputs(request):
        answer = _answer(function, positional, keywords)
        send({"answer": [answer, _text(positional)]})
        patience -= answer == "too long"
        if not patience:
            return


def inputs(request: Message) -> list[tuple[list[Any], dict[str, Any]]]:
    """Return written arguments, recorded ones and `extra` mutations of these, the same for the same seed."""
    written = [(list(ast.literal_eval(arguments)), {}) for arguments in request["written"]]
    calls = [pickle.loads(base64.b64decode(call)) for call in request["calls"]]  # noqa: S301 - pickled by this server
    if not calls:
        return written
    chance = random.Random(request["seed"])  # noqa: S311 - repeatability is the point
    mutator = Mutator([positional for positional, _ in calls], chance)
    mutated = []
    for _ in range(request["extra"]):
        positional, keywords = copy.deepcopy(chance.choice(calls))
        mutated.append((mutator.mutate(positional), keywords))
    return [*written, *calls, *mutated]


def _answer(function: Any, positional: list[Any], keywords: dict[str, Any]) -> str:
    try:
        with cpu_limit(CALL_LIMIT_S):
            answer = function(*positional, **keywords)
            if hasattr(answer, "__next__"):
                answer = list(itertools.islice(answer, 100))
            return _text(answer)
    except TooLong:
        return "too long"
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return "raised " + type(error).__name__


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "%.9g" % value if value != int(value) else repr(value)  # noqa: UP031 - rounding is the point
    return ADDRESS.sub("", repr(value))[:LENGTH]
