"""Say which modules belong to the standard library of this interpreter, and which distribution brings each installed one.

The answer on standard output is a JSON object: `standard` (names, none before Python 3.10) and `installed` (a top-level module
-> a list of [distribution, version]).
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Answer."""
    installed: dict[str, list[tuple[str, str]]] = {}
    for distribution in metadata.distributions():
        for module in sorted(set(_modules(distribution))):
            known = (distribution.metadata["Name"], distribution.version)
            if known not in installed.setdefault(module, []):
                installed[module].append(known)
    standard = sorted(getattr(sys, "stdlib_module_names", ()))
    json.dump({"standard": standard, "installed": installed}, sys.stdout)


def _modules(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the top-level modules that a distribution says it brings, or that its files are."""
    told = (distribution.read_text("top_level.txt") or "").split()
    if told:
        yield from (name for name in told if "/" not in name)
        return
    for file in distribution.files or ():
        top = file.parts[0].partition(".")[0]
        if file.suffix in (".py", ".so") and top.isidentifier():
            yield top


if __name__ == "__main__":
    main()
