"""Reads localization cases: an objective, a repository, and the files that the real commit changed; and scores a ranking.

A file of cases is gzipped JSON lines. "blob" lines hold contents, whole or as line edits of an earlier one; "case" lines hold
the objective, "gold", and what changed in the tree since the case before; one "log" line holds the commits, newest first.
Standard library only, so that other programs' interpreters can run it.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINES = re.compile(r"[^\n]*\n|[^\n]+")
CUTS = (1, 5, 10)


@dataclass(frozen=True)
class Case:
    """One case. `files`, `ids` and `log` are as `Retriever.index` takes them; `gold` are the paths to be found."""

    case_id: str
    repository: str
    objective: str
    gold: tuple[str, ...]
    files: dict[str, str | None]
    ids: dict[str, str]
    log: list[dict[str, Any]]


def read_cases(path: Path) -> Iterator[Case]:
    """Yield the cases of one repository, oldest first."""
    blobs: dict[str, str] = {}
    cases: list[dict[str, Any]] = []
    log: list[dict[str, Any]] = []
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in map(json.loads, lines):
            if line["type"] == "blob":
                blobs[line["id"]] = line["text"] if "text" in line else _edited(blobs[line["base"]], line["ops"])
            elif line["type"] == "case":
                cases.append(line)
            elif line["type"] == "log":
                log = line["entries"]
    tree: dict[str, str] = {}
    for case in cases:
        for changed, content in case["tree_delta"].items():
            if content is None:
                tree.pop(changed, None)
            else:
                tree[changed] = content
        files = {path: blobs[content] if content else None for path, content in tree.items()}
        yield Case(case["id"], case["repo"], case["objective"], tuple(case["gold"]), files, dict(tree), log[case["log_from"] :])


def _edited(text: str, ops: Sequence[tuple[int, int, str]]) -> str:
    lines, out, place = LINES.findall(text), [""], 0
    for start, end, new in ops:
        out += [*lines[place:start], new]
        place = end
    return "".join([*out, *lines[place:]])


def score(gold: Sequence[str], ranked: Sequence[str]) -> dict[str, float]:
    """Return recall at the cuts and the reciprocal rank of the first file that was to be found."""
    wanted = set(gold)
    first = next((rank for rank, path in enumerate(ranked, start=1) if path in wanted), None)
    recalls = {f"recall@{cut}": len(wanted.intersection(ranked[:cut])) / len(wanted) for cut in CUTS}
    return {**recalls, "MRR": 1 / first if first else 0.0}
