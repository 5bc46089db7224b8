"""Find the one place that a block means."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice, pairwise

from codecompanion.workspace.edits.edit import Hunk, Line, Swap
from codecompanion.workspace.edits.matching.indentation import indent_of
from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.placeholders import is_ellipsis
from codecompanion.workspace.edits.matching.readings import Reading
from codecompanion.workspace.edits.matching.tolerance import Tolerance

_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the old lines of a reading are: their positions from 0, None for a line that stands for others."""

    reading: Reading
    tolerance: Tolerance
    positions: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """The places, from 0, that a block fits alike."""

    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hints:
    """What may decide between places: a line from 0, headers above, the end of the file, lines that other blocks changed."""

    first_line: int | None = None
    scopes: tuple[str, ...] = ()
    at_end: bool = False
    changed: AbstractSet[int] = frozenset()


def hints_of(block: Hunk | Swap, changed: AbstractSet[int], *, moved: bool) -> Hints:
    """Return the hints of a block. `moved` says that the lines no longer have the numbers that the response knows."""
    first = None if block.first_line is None or moved else max(block.first_line - 1, 0)
    if isinstance(block, Swap):
        return Hints(first, changed=changed)
    return Hints(first, block.scopes, block.at_end, changed)


MOST_PARTS = 20
"""A block with more places where something is left out is no edit."""
STRICT = (Tolerance.EXACT, Tolerance.TRAILING)
LOOSE = tuple(tolerance for tolerance in Tolerance if tolerance not in STRICT)


def find(
    index: LineIndex, readings: Sequence[Reading], hints: Hints, tolerances: Sequence[Tolerance]
) -> Place | Several | None:
    """Return the place of a block, several when nothing decides between them, None when there is none."""
    for tolerance in tolerances:
        for reading in readings:
            starts = index.sites(reading.old, tolerance) if _findable(reading.old, hints) else []
            chosen = _decided(index, starts, len(reading.old), hints)
            if chosen is not None:
                return Place(reading, tolerance, tuple(range(chosen, chosen + len(reading.old))))
            if starts:
                return Several(tuple(starts))
    return None


def _findable(old: Sequence[str], hints: Hints) -> bool:
    return any(map(str.strip, old)) or (bool(old) and hints.first_line is not None)


def _decided(index: LineIndex, starts: Sequence[int], length: int, hints: Hints) -> int | None:
    if len(starts) == 1:
        return starts[0]
    if hints.first_line in starts:
        return hints.first_line
    for some in (_at_end(index, starts, length, hints), _in_scope(index, starts, hints), _untouched(starts, length, hints)):
        if len(some) == 1:
            return some[0]
    return None


def _at_end(index: LineIndex, starts: Sequence[int], length: int, hints: Hints) -> list[int]:
    return [start for start in starts if hints.at_end and start + length == len(index.lines)]


def _untouched(starts: Sequence[int], length: int, hints: Hints) -> list[int]:
    return [start for start in starts if hints.changed.isdisjoint(range(start, start + length))]


def _in_scope(index: LineIndex, starts: Sequence[int], hints: Hints) -> list[int]:
    """Return the places below the innermost header and before the block it heads ends."""
    begin, end = 0, len(index.lines)
    for scope in hints.scopes:
        heads = [at for at in _heads(index, scope) if begin <= at < end]
        if len(heads) != 1:
            return []
        begin = heads[0]
        end = _block_end(index.lines, begin, end)
    return [start for start in starts if begin <= start < end] if hints.scopes else []


def _heads(index: LineIndex, scope: str) -> list[int]:
    whole = index.sites([scope], Tolerance.INDENTATION)
    # git cuts long headings off, and models leave out what follows the name.
    return whole or [at for at, line in enumerate(index.lines) if line.strip().startswith(scope.strip())]


def _block_end(lines: Sequence[str], head: int, end: int) -> int:
    depth = len(indent_of(lines[head]).expandtabs())
    for at in range(head + 1, end):
        line = lines[at]
        # A closing bracket, or a bracket and more, still belongs to the block.
        if line.strip() and len(indent_of(line).expandtabs()) <= depth and _WORD.match(line.strip()):
            return at
    return end


def find_elided(index: LineIndex, readings: Sequence[Reading]) -> Place | Several | None:
    """Return the place of a block in which a line stands for others."""
    for tolerance in Tolerance:
        for reading in readings:
            parts = _parts(reading.old)
            if not 2 <= len(parts) <= MOST_PARTS:  # noqa: PLR2004 - with one part nothing is left out
                continue
            sites = [index.sites(reading.old[start:end], tolerance) for start, end in parts]
            found = _chains([(end - start, places) for (start, end), places in zip(parts, sites, strict=True)])
            # Where the lines that stay could be elsewhere too, the file becomes the same.
            changes = _changed_parts(reading.lines(tolerance), parts)
            alike = bool(found) and any(changes) and all(len(sites[n]) == 1 for n, changed in enumerate(changes) if changed)
            if len(found) == 1 or alike:
                return Place(reading, tolerance, _spread(parts, found[-1], len(reading.old)))
            if found:
                return Several(tuple(chain[0] for chain in found))
    return None


def _parts(old: Sequence[str]) -> list[tuple[int, int]]:
    """Return the runs of lines between those that stand for others."""
    gaps = [-1, *(at for at, line in enumerate(old) if is_ellipsis(line)), len(old)]
    parts = [(before + 1, after) for before, after in pairwise(gaps)]
    return [part for part in parts if any(map(str.strip, old[part[0] : part[1]]))] if len(gaps) > 2 else []  # noqa: PLR2004


def _changed_parts(lines: Sequence[Line], parts: Sequence[tuple[int, int]]) -> list[bool]:
    """Return whether lines go from, or come beside, each run of old lines."""
    touched: set[int] = set()
    at = 0
    for line in lines:
        touched |= {"-": {at}, "+": {at - 1, at}, " ": set[int]()}[line.sign]
        at += line.sign != "+"
    return [not touched.isdisjoint(range(start, end)) for start, end in parts]


def _chains(runs: Sequence[tuple[int, list[int]]]) -> list[tuple[int, ...]]:
    """Return ways in which runs of lines follow each other, each given by its length and its places.

    At most two ways begin at a place: that there are several is all that has to be known.
    """
    ways: list[tuple[int, ...]] = [()]
    for length, places in reversed(runs):
        ways = [way for start in places for way in islice(_before(start, length, ways), 2)]
    return ways


def _before(start: int, length: int, ways: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    return ((start, *rest) for rest in ways if not rest or start + length <= rest[0])


def _spread(parts: Sequence[tuple[int, int]], starts: Sequence[int], length: int) -> tuple[int | None, ...]:
    positions: list[int | None] = [None] * length
    for (begin, end), start in zip(parts, starts, strict=True):
        positions[begin:end] = range(start, start + end - begin)
    return tuple(positions)
