"""Searches files in a process of its own, so that a pattern that never ends can be ended. Run as a script.

Of the package it imports `safe_open` alone.

Reads one JSON object from stdin: root, paths, pattern, ignore_case, context, most_hits, seconds, memory_bytes. Writes JSON
lines: {"error": text} or {"path": ..., "line": n, "text": ..., "hit": bool}, and at the end {"files": n, "complete": bool}.
"""

import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# As a script it is started without the packages.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from codecompanion.safe_open import read_file

LARGEST_BYTES = 1_000_000
LONGEST_LINE = 4000


def main() -> None:
    """Answer the request on stdin."""
    asked: dict[str, Any] = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"],) * 2)
    try:
        pattern = re.compile(asked["pattern"], re.IGNORECASE if asked["ignore_case"] else 0)
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        _say({"error": str(error) or type(error).__name__})
        return
    files = hits = 0
    for path in asked["paths"]:
        for number, lines in _hits(Path(asked["root"]), path, pattern):
            if hits == asked["most_hits"]:
                _say({"files": files, "complete": False})
                return
            hits += 1
            first, last = max(0, number - asked["context"]), min(len(lines), number + asked["context"] + 1)
            for shown in range(first, last):
                _say({"path": path, "line": shown + 1, "text": lines[shown][:LONGEST_LINE], "hit": shown == number})
        files += 1
    _say({"files": files, "complete": True})


def _hits(root: Path, path: str, pattern: "re.Pattern[str]") -> Iterator[tuple[int, list[str]]]:
    lines = _lines(root, path)
    for number, line in enumerate(lines):
        if pattern.search(line):
            yield number, lines


def _lines(root: Path, path: str) -> list[str]:
    try:
        content = read_file(root, path, most_bytes=LARGEST_BYTES)
    except OSError:
        return []
    return [] if b"\0" in content[:8192] else content.decode(errors="replace").split("\n")


def _say(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
