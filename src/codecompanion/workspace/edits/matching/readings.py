"""The ways in which a block can be read: as it stands, and with the damage undone that only its text shows."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache, partial
from itertools import groupby

from codecompanion.workspace.edits.edit import Hunk, Line, Sign, Swap
from codecompanion.workspace.edits.entities import without_entities
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.line_diff import common_head
from codecompanion.workspace.edits.matching.line_numbers import has_number, is_numbered, sides_without_numbers, without_numbers
from codecompanion.workspace.edits.matching.tolerance import Tolerance, typographic
from codecompanion.workspace.edits.source_text import split_lines

_JSON_ESCAPE = re.compile(r"\\([\"nt/\\])")
_ITEM = re.compile(r"^[-+] [^\s*/]")
_JSON_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "/": "/", "\\": "\\"}


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


def _without_escapes(text: str) -> str:
    return _JSON_ESCAPE.sub(lambda found: _JSON_ESCAPES[found[1]], text)


def plain_beside(old: str, new: str) -> str:
    """Return the new text; without its escapes when only so it has lines of the old one, which has none."""
    plain = _without_escapes(new)
    known = {line for line in old.split("\n") if line.strip()}
    meant = len(known) > 1 and "\n" not in new.strip("\n") and "\n" in plain and not known & {new}
    if meant and known & set(plain.split("\n")):
        return plain
    unquoted = new.replace('\\"', '"') if "\\" not in old else new
    kept = known & set(unquoted.split("\n")) - set(new.split("\n"))
    return unquoted if kept and unquoted != old else new


NUMBERS = ("line numbers", "line numbers and a blank")
REPAIRS: dict[str, Callable[[str], str]] = {
    "": str,
    NUMBERS[0]: without_numbers,
    NUMBERS[1]: partial(without_numbers, blanks=1),
    "entities": without_entities,
    "entities of entities": lambda text: without_entities(without_entities(text)),
    "escapes": _without_escapes,
    "markdown": partial(re.sub, r"\\_", "_"),
}
"""Damage done to a text as a whole, by name; it is undone only where the text as it stands is nowhere in the file."""


def readings(block: Hunk | Swap, repairs: Sequence[str] = tuple(REPAIRS)) -> Iterator[Reading]:
    """Return the readings of a block, the most literal one first; a repair that changes nothing gives none."""
    for repair in repairs:
        yield from _hunk_readings(block, repair) if isinstance(block, Hunk) else _swap_readings(block, repair)


def _hunk_readings(hunk: Hunk, repair: str) -> Iterator[Reading]:
    lines = _mended(hunk, repair) if repair not in NUMBERS else _unnumbered(hunk, repair)
    if lines is None:
        return
    lists = list(_ends_before_list(lines, hunk.counts))
    counted = lists if hunk.counts else []
    yield from (_of_lines(lines[:end], repair) for end in counted)
    yield _of_lines(lines, repair)
    # A blank line at the end may be that behind the response: then only the counts tell that it is new.
    ends_blank = hunk.counts is not None and bool(lines) and not lines[-1].raw
    for signed in dict.fromkeys(_with_blank_lines_added(lines, both=both) for both in (True, False)):
        if signed != lines and not (ends_blank and _counted(signed) != hunk.counts):
            yield _of_lines(signed, repair)
    for end in (*_ends_before_prose(lines), *lists):
        yield _of_lines(lines[:end], repair)


def _mended(hunk: Hunk, repair: str) -> tuple[Line, ...] | None:
    if not repair:
        return hunk.lines
    before = [line.raw for line in hunk.lines]
    after = [REPAIRS[repair](raw) for raw in before]
    if after == before or any("\n" in raw for raw in after):
        return None
    return hunk_of(after, counts=hunk.counts).lines


def _unnumbered(hunk: Hunk, repair: str) -> tuple[Line, ...] | None:
    """Return the lines of a hunk without a viewer's numbers behind their signs, None when they have none."""
    filled = [line.text for line in hunk.lines if line.text.strip()]
    if not all(map(has_number, filled)):
        return None
    return tuple(_line(line.sign, REPAIRS[repair](line.text)) for line in hunk.lines)


def _with_blank_lines_added(lines: Sequence[Line], *, both: bool) -> tuple[Line, ...]:
    """Return lines with a sign for the blank ones that have none beside added lines, or between such: an editor strips it."""
    found: list[Line] = []
    for bare, run in groupby(lines, key=lambda line: not line.raw):
        blank = list(run)
        after = len(found) + len(blank)
        around = [lines[at].sign == "+" for at in (len(found) - 1, after) if 0 <= at < len(lines)]
        added = bare and (all(around) and len(around) > 1 if both else any(around))
        found += [Line("+", "", "+")] * len(blank) if added else blank
    return tuple(found)


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


def _ends_before_list(lines: Sequence[Line], counts: tuple[int, int] | None) -> Iterator[int]:
    """Return where a hunk may end when a list with `-` or `+` follows, whose items have the signs of lines.

    That is where the hunk has as many lines as it announces, or, when it announces none, at a blank line.
    """
    for end in range(len(lines) - 1, 0, -1):
        rest = [line for line in lines[end:] if line.raw]
        if rest and not (_ITEM.match(rest[0].raw) or not rest[0].signed):
            return
        if not any(line.sign != " " for line in rest) or all(line.sign == " " for line in lines[:end]):
            continue
        if _counted(lines[:end]) == counts or (counts is None and not lines[end].raw):
            yield end


def _counted(lines: Sequence[Line]) -> tuple[int, int]:
    """Return how many old and how many new lines there are."""
    return sum(line.sign != "+" for line in lines), sum(line.sign != "-" for line in lines)


def _swap_readings(swap: Swap, repair: str) -> Iterator[Reading]:
    if repair in NUMBERS and not is_numbered(swap.old):
        return
    undo = REPAIRS[repair]
    sides = undo(swap.old), undo(swap.new)
    if repair in NUMBERS:
        sides = sides_without_numbers(swap.old, swap.new, NUMBERS.index(repair))
    if sides is None:
        return
    old, new = sides
    if not repair or (old, new) != (swap.old, swap.new):
        yield Reading(tuple(split_lines(old)), tuple(split_lines(new)), None, repair)


@lru_cache(maxsize=64)
def _aligned(old: tuple[str, ...], new: tuple[str, ...], tolerance: Tolerance) -> tuple[Line, ...]:
    """Return what stays, goes and comes between two sides that do not say it."""
    loose = alignment([_compared(line, tolerance) for line in old], [_compared(line, tolerance) for line in new])
    exact = alignment(old, new)
    # What was damaged alike on both sides is the same line: of two lines that are alike, the equal one stays. Where no other
    # line differs between the sides, what a blank line has is meant.
    pairs = [(old[a + n], new[c + n]) for tag, a, b, c, _ in loose if tag == "equal" for n in range(b - a)]
    alike = all(one == two for one, two in pairs if one.strip())
    return unsigned(old, new, exact if alike or _staying(exact) == _staying(loose) else loose)


def unsigned(old: Sequence[str], new: Sequence[str], opcodes: "Sequence[Opcode]") -> tuple[Line, ...]:
    """Return two sides that have no signs as lines that have them."""
    lines: list[Line] = []
    for tag, a, b, c, d in opcodes:
        if tag == "equal":
            lines += (_line(" ", line) for line in old[a:b])
        else:
            lines += (_line("-", line) for line in old[a:b])
            lines += (_line("+", line) for line in new[c:d])
    return tuple(lines)


Opcode = tuple[str, int, int, int, int]


def alignment(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """Return the opcodes that turn one side into the other. Both ends come first: a blank line in the middle is like many."""
    head = common_head(old, new)
    tail = common_head(old[head:][::-1], new[head:][::-1])
    stop, end = len(old) - tail, len(new) - tail
    middle = SequenceMatcher(None, old[head:stop], new[head:end], autojunk=False).get_opcodes()
    return [
        ("equal", 0, head, 0, head),
        *((tag, head + a, head + b, head + c, head + d) for tag, a, b, c, d in middle),
        ("equal", stop, len(old), end, len(new)),
    ]


def _staying(opcodes: Sequence[Opcode]) -> int:
    return sum(b - a for tag, a, b, _, _ in opcodes if tag == "equal")


def _line(sign: Sign, text: str) -> Line:
    return Line(sign, text, sign + text)


def _compared(line: str, tolerance: Tolerance) -> str:
    if tolerance is Tolerance.EXACT:
        return line
    return (line if tolerance <= Tolerance.INDENTATION else typographic(line)).rstrip()
