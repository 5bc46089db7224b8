"""Import modules one by one, each in a process of its own, and say which cannot be imported.

    importable.py REQUEST

REQUEST is a JSON file: `modules` (path -> dotted name), `limit_s` for each. The answer on standard output is a JSON object:
path -> "" for one that could be imported, else the error. A module that took too long is missing in it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback


def main() -> None:
    """Answer the request."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - for any Python
        request = json.load(file)
    answers = os.dup(1)
    os.dup2(2, 1)
    results = {}
    for path, name in request["modules"].items():
        said = _imported(name, request["limit_s"])
        if said is not None:
            results[path] = said
    with os.fdopen(answers, "w", encoding="utf-8") as out:
        json.dump(results, out)


def _imported(name: str, limit_s: float) -> str | None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.setitimer(signal.ITIMER_REAL, limit_s)  # its default action ends the process
        os.write(writing, _import(name).encode(errors="replace")[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return None
    return said[1:] if said else "its import ended the process"


def _import(name: str) -> str:
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises is the answer
        return "!" + traceback.format_exception_only(type(error), error)[-1].strip()
    return "+"


if __name__ == "__main__":
    main()
