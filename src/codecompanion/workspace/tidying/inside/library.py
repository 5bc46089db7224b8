"""Say where the interpreter's own library, and what is installed beside it, has undefined names.

    library.py REQUEST

REQUEST is a JSON file: `names` (a list of [name, the attributes that are taken from it, whether it is also used as it stands]),
`standard` (top-level modules of the standard library), `homes` (modules whose public names people import by name) and `aliases`
(name -> the module that goes by it). The answer on standard output is a JSON list with a list of [module, attribute] for each
name; the attribute is "" for the module itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any

SURPRISES = ("antigravity", "this", "idlelib", "turtledemo", "test")
SHORTEST = 3


def main() -> None:
    """Answer the request."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - for any Python
        request = json.load(file)
    answers = os.dup(1)
    os.dup2(2, 1)
    found = [_places(name, attributes, plain, request) for name, attributes, plain in request["names"]]
    with os.fdopen(answers, "w", encoding="utf-8") as out:
        json.dump(found, out)


def _places(name: str, attributes: list[str], plain: bool, request: dict[str, Any]) -> list[tuple[str, str]]:  # noqa: FBT001 - as in JSON
    places: list[tuple[str, str]] = []
    module = request["aliases"].get(name, name)
    if not plain and module not in SURPRISES and _is_there(module, request["standard"]):
        imported = _import(module)
        if imported is not None and _has(imported, attributes):
            places.append((module, ""))
    homes = [home for home in request["homes"] if len(name) >= SHORTEST and _offers(home, name, attributes)]
    if "collections.abc" in homes and "typing" in homes:
        homes.remove("typing")  # its name is a deprecated alias
    return places + [(home, name) for home in homes]


def _is_there(module: str, standard: list[str]) -> bool:
    top = module.partition(".")[0]
    if top in standard:
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _import(module: str) -> object:
    try:
        return importlib.import_module(module)
    except BaseException:  # noqa: BLE001 - one that cannot be imported is no answer
        return None


def _offers(home: str, name: str, attributes: list[str]) -> bool:
    module = _import(home)
    thing = getattr(module, name, None)
    public = getattr(module, "__all__", None)
    offered = name in public if public is not None else callable(thing) and not name.startswith("_")
    return offered and thing is not None and _has(thing, attributes)


def _has(thing: object, attributes: list[str]) -> bool:
    return all(hasattr(thing, attribute) for attribute in attributes)


if __name__ == "__main__":
    main()
