"""Which version of a file wrote each line of its last one, and which took each line of its first one away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class LineOrigins:
    """Versions are numbers, from 0 for the first text.

    `written` has one for each line of the last text; `removed` one for each line of the first: the version that took it
    away, None where it is still there.
    """

    written: tuple[int, ...]
    removed: tuple[int | None, ...]


def line_origins(texts: Sequence[str]) -> LineOrigins:
    """Return where the lines of a text come from. `texts` are its versions in their order, at least one; "" for no file."""
    lines = _LINE.findall(texts[0])
    written = [0] * len(lines)
    first: list[int | None] = [*range(len(lines))]  # which line of the first text each line is
    removed: list[int | None] = [None] * len(lines)
    for version, text in enumerate(texts[1:], 1):
        now: list[str] = _LINE.findall(text)
        if now == lines:
            continue
        start, end, new_end = _same_ends(lines, now)
        kept_written, kept_first = written[:start], first[:start]
        for tag, a, b, c, d in SequenceMatcher(None, lines[start:end], now[start:new_end], autojunk=False).get_opcodes():
            old = slice(start + a, start + b)
            if tag == "equal":
                kept_written += written[old]
                kept_first += first[old]
                continue
            for line in first[old]:
                if line is not None:
                    removed[line] = version
            kept_written += [version] * (d - c)
            kept_first += [None] * (d - c)
        written, first, lines = kept_written + written[end:], kept_first + first[end:], now
    return LineOrigins(tuple(written), tuple(removed))


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """Return where two texts begin to differ, and where what differs ends in each: most edits touch a few lines of many."""
    start = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    ends = zip(reversed(old), reversed(new), strict=False)
    same = min(most, next((place for place, (a, b) in enumerate(ends) if a != b), most))
    return start, len(old) - same, len(new) - same
