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
from itertools import islice
from pathlib import Path
from typing import Any

LINES = re.compile(r"[^\n]*\n|[^\n]+")
CUTS = (1, 5, 10)
SOON = 40
"""Later commits than this after a case's moment find files that have changed too much."""
TRIMMED = re.compile(r"^(?:fix|feat|chore|refactor|perf|docs|test|build|ci|style)(?:\([^)]*\))?!?:\s*|\s*\(?#\d+\)?")
"""Of a subject: the kind of a conventional commit, and links to issues. The objectives of cases have none either."""
MOST_GOLD = 5
LEAST_WORDS = 3


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
    for line, _, files, ids, log in _moments(path):
        yield Case(line["id"], line["repo"], line["objective"], tuple(line["gold"]), files, ids, log[line["log_from"] :])


def read_commits(path: Path, most: int) -> Iterator[Case]:
    """Yield up to `most` commits that followed each case's moment, as cases of their own.

    There are many more of them, and no weight was chosen by them. The subject is the objective and the changed source files are
    to be found, in the files of the moment, with the log up to that commit. Left out are the case's own commit, commits with a
    new file or more than five, and subjects of less than three words.
    """
    for line, until, files, ids, log in _moments(path):
        soon = range(line["log_from"] - 1, max(until, line["log_from"] - SOON) - 1, -1)
        others = (place for place in soon if not line["commit"].startswith(log[place]["c"]))
        for place in islice((place for place in others if _is_case(log[place], files)), most):
            commit = log[place]
            yield Case(
                f"{line['id']}+{place}",
                line["repo"],
                TRIMMED.sub("", commit["s"]),
                tuple(commit["f"]),
                files,
                ids,
                log[place + 1 :],
            )


def _is_case(commit: dict[str, Any], files: dict[str, str | None]) -> bool:
    return (
        1 <= len(commit["f"]) <= MOST_GOLD
        and len(commit["s"].split()) >= LEAST_WORDS
        and all(path in files for path in commit["f"])
    )


def _moments(path: Path) -> Iterator[tuple[dict[str, Any], int, dict[str, str | None], dict[str, str], list[dict[str, Any]]]]:
    """Yield each case line, where the next one's log begins (0 behind the last), files, ids, and the whole log."""
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
    ends = [*(case["log_from"] for case in cases[1:]), 0]
    for case, until in zip(cases, ends, strict=True):
        for changed, content in case["tree_delta"].items():
            if content is None:
                tree.pop(changed, None)
            else:
                tree[changed] = content
        files = {path: blobs[content] if content else None for path, content in tree.items()}
        yield case, until, files, dict(tree), log


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
