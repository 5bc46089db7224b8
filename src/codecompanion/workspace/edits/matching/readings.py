"""The ways in which a block can be read: as it stands, and with the damage undone that only its text shows."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from codecompanion.workspace.edits.edit import Hunk, Line, Swap
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.matching.tolerance import Tolerance, typographic
from codecompanion.workspace.edits.source_text import split_lines

_NUMBER = re.compile(r"^\s*(\d+)(?:\s?[|:\u2502\u2192]|\t)(?: (?=\S)|)?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_JSON_ESCAPE = re.compile(r"\\([\"nt/])")
_JSON_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "/": "/"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A block as old and new lines. `signed` is given when the block says itself which lines stay; `repair` what was undone."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    signed: tuple[Line, ...] | None = None
    repair: str = ""

    def lines(self, tolerance: Tolerance) -> tuple[Line, ...]:
        """Return the lines with their signs, for old lines that were found with a tolerance."""
        return self.signed if self.signed is not None else _aligned(self.old, self.new, tolerance)


def _without_entities(text: str) -> str:
    return html.unescape(text) if _ENTITY.search(text) else text


def _without_escapes(text: str) -> str:
    return _JSON_ESCAPE.sub(lambda found: _JSON_ESCAPES[found[1]], text)


def _without_numbers(text: str) -> str:
    """Return a text without the line numbers that a viewer put before each line."""
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    numbers = [int(found[1]) for line in filled if (found := _NUMBER.match(line))]
    if not filled or len(numbers) != len(filled) or numbers != sorted(set(numbers)):
        return text
    return "\n".join(_NUMBER.sub("", line) for line in lines)


REPAIRS: dict[str, Callable[[str], str]] = {
    "": str,
    "line numbers": _without_numbers,
    "entities": _without_entities,
    "escapes": _without_escapes,
}
"""Damage done to a text as a whole, by name; it is undone only where the text as it stands is nowhere in the file."""


def readings(block: Hunk | Swap, repairs: Sequence[str] = tuple(REPAIRS)) -> Iterator[Reading]:
    """Return the readings of a block, the most literal one first; a repair that changes nothing gives none."""
    for repair in repairs:
        yield from _hunk_readings(block, repair) if isinstance(block, Hunk) else _swap_readings(block, repair)


def _hunk_readings(hunk: Hunk, repair: str) -> Iterator[Reading]:
    lines = _mended(hunk, repair)
    if lines is None:
        return
    yield _of_lines(lines, repair)
    for end in _ends_before_prose(lines):
        yield _of_lines(lines[:end], repair)


def _mended(hunk: Hunk, repair: str) -> tuple[Line, ...] | None:
    if not repair:
        return hunk.lines
    before = [line.raw for line in hunk.lines]
    after = [REPAIRS[repair](raw) for raw in before]
    if after == before or any("\n" in raw for raw in after):
        return None
    return hunk_of(after, counts=hunk.counts).lines


def _of_lines(lines: tuple[Line, ...], repair: str) -> Reading:
    old = tuple(line.text for line in lines if line.sign != "+")
    return Reading(old, tuple(line.text for line in lines if line.sign != "-"), lines, repair)


def _ends_before_prose(lines: Sequence[Line]) -> Iterator[int]:
    """Return where a hunk may end when what follows has no sign and may be prose: the longest hunk first."""
    last = max((at for at, line in enumerate(lines) if line.signed), default=-1)
    blanks = [at for at in range(last + 1, len(lines)) if lines[at].raw == ""]
    for end in [*reversed(blanks), last + 1]:
        if 0 < end < len(lines):
            yield end


def _swap_readings(swap: Swap, repair: str) -> Iterator[Reading]:
    undo = REPAIRS[repair]
    for old, new in ((swap.old, swap.new), *swap.others):
        if not repair or (undo(old), undo(new)) != (old, new):
            yield Reading(tuple(split_lines(undo(old))), tuple(split_lines(undo(new))), None, repair)


def mended_swap(swap: Swap, repair: str) -> Swap:
    """Return a swap with a repair done to both of its texts."""
    return replace(swap, old=REPAIRS[repair](swap.old), new=REPAIRS[repair](swap.new))


@lru_cache(maxsize=64)
def _aligned(old: tuple[str, ...], new: tuple[str, ...], tolerance: Tolerance) -> tuple[Line, ...]:
    """Return what stays, goes and comes between two sides that do not say it."""
    before = [_compared(line, tolerance) for line in old]
    after = [_compared(line, tolerance) for line in new]
    lines: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += (Line(" ", line, f" {line}") for line in old[a:b])
        else:
            lines += (Line("-", line, f"-{line}") for line in old[a:b])
            lines += (Line("+", line, f"+{line}") for line in new[c:d])
    return tuple(lines)


def _compared(line: str, tolerance: Tolerance) -> str:
    if tolerance is Tolerance.EXACT:
        return line
    return (line if tolerance <= Tolerance.INDENTATION else typographic(line)).rstrip()
