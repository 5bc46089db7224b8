"""Find a block that differs from the file in blank lines only: some were left out of it, or put into it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.place import Place, Several
from codecompanion.workspace.edits.matching.readings import Reading, alignment
from codecompanion.workspace.edits.matching.tolerance import KEYS, Tolerance

if TYPE_CHECKING:
    from codecompanion.workspace.edits.edit import Line

MIN_LINES = 2


def find_spaced(index: LineIndex, readings: Sequence[Reading]) -> Place | Several | None:
    """Return the place of a block whose lines, however alike, follow each other in the file when blank lines are looked past.

    None where they differ beside a line that goes or comes, unless both sides say alike between which lines they stand.
    """
    numbers = [at for at, line in enumerate(index.lines) if line.strip()]
    filled = LineIndex([index.lines[at] for at in numbers])
    for tolerance in Tolerance:
        for reading in readings:
            old = [line for line in reading.old if line.strip()]
            starts = filled.sites(old, tolerance) if len(old) >= MIN_LINES else []
            if len(starts) > 1:
                return Several(tuple(numbers[start] for start in starts))
            if starts:
                found = numbers[starts[0] : starts[0] + len(old)]
                spaced = _spaced if reading.signed is not None else _spaced_on_both_sides
                return spaced(reading, tolerance, found, index.lines)
    return None


def _spaced(reading: Reading, tolerance: Tolerance, found: Sequence[int], _lines: Sequence[str]) -> Place | None:
    """Return the place of a reading without the blank lines that the file does not have."""
    signed: list[Line] = []
    positions: list[int] = []
    gap: list[Line] = []
    places = iter(found)
    for line in reading.lines(tolerance):
        if line.sign == "+" or not line.text.strip():
            gap.append(line)
            continue
        at = next(places)
        there = range(positions[-1] + 1, at) if positions else range(0)
        old = [one for one in gap if one.sign != "+"]
        if len(old) == len(there):
            signed += gap
            positions += there
        elif {one.sign for one in [*signed[-1:], *gap, line]} != {" "}:
            return None  # blank lines differ beside a change: where it begins or ends cannot be told
        signed.append(line)
        positions.append(at)
        gap = []
    if any(one.sign != "+" for one in gap) and any(one.sign != " " for one in [*signed[-1:], *gap]):
        return None
    signed += [one for one in gap if one.sign == "+"]
    old_lines = tuple(line.text for line in signed if line.sign != "+")
    new_lines = tuple(line.text for line in signed if line.sign != "-")
    return Place(replace(reading, old=old_lines, new=new_lines, signed=tuple(signed)), tolerance, tuple(positions))


def _spaced_on_both_sides(reading: Reading, tolerance: Tolerance, found: Sequence[int], lines: Sequence[str]) -> Place | None:
    """Return the place of two sides without signs, with the blank lines of the file in both.

    None where it cannot be told which blank lines of the new side are those of the old one.
    """
    old, new = (
        _within(side, _blank_before(lines, found[0]), _blank_behind(lines, found[-1])) for side in (reading.old, reading.new)
    )
    if len(reading.old) - len(old) != len(reading.new) - len(new):
        return None
    ways = [_respaced(old, new, found, lines, stays) for stays in _staying(old, new, tolerance)]
    if ways[0] is None or ways[0] != ways[1]:
        return None
    start = found[0] - _blank_behind(old, -1)
    spaced, respaced = ways[0]
    return Place(replace(reading, old=spaced, new=respaced), tolerance, tuple(range(start, start + len(spaced))))


def _respaced(
    old: Sequence[str], new: Sequence[str], found: Sequence[int], lines: Sequence[str], stays: Mapping[int, int]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return both sides with the blank lines of the file, given where those of the old one that stay are in the new."""
    filled = [at for at, line in enumerate(old) if line.strip()]
    gaps: list[tuple[int, int, Sequence[str]]] = []
    spaced = list(old[: filled[0]])
    for (before, after), (first, last) in zip(pairwise(filled), pairwise(found), strict=True):
        there = lines[first + 1 : last]
        wrong = after - before - 1
        spaced += [old[before], *(there if wrong != len(there) else old[before + 1 : after])]
        if wrong == len(there):
            continue
        begins = _gaps(new, wrong, stays.get(before), stays.get(after))
        if begins is None:
            return None
        gaps += [(begin, wrong, there) for begin in begins]
    respaced = list(new)
    # The blank lines on both sides of one that goes are the same in the new side.
    once = {(begin, wrong): there for begin, wrong, there in gaps}
    if len({begin for begin, _ in once}) < len(once) or any(once[begin, wrong] != there for begin, wrong, there in gaps):
        return None
    for (begin, wrong), there in sorted(once.items(), reverse=True, key=lambda gap: gap[0]):
        respaced[begin : begin + wrong] = there
    return (*spaced, *old[filled[-1] :]), tuple(respaced)


def _within(side: Sequence[str], before: int, behind: int) -> Sequence[str]:
    """Return a side with no more blank lines at its ends than the file has there."""
    start, end = _blank_behind(side, -1), len(side) - _blank_before(side, len(side))
    return side[max(start - before, 0) : min(end + behind, len(side))]


def _blank_before(lines: Sequence[str], at: int) -> int:
    return sum(1 for _ in takewhile(lambda line: not line.strip(), reversed(lines[:at])))


def _blank_behind(lines: Sequence[str], at: int) -> int:
    return sum(1 for _ in takewhile(lambda line: not line.strip(), lines[at + 1 :]))


def _staying(old: Sequence[str], new: Sequence[str], tolerance: Tolerance) -> list[dict[int, int]]:
    """Return where old lines that are not blank and stay stand in the new side: as early, and as late, as can be."""
    filled = [[at for at, line in enumerate(side) if line.strip()] for side in (old, new)]
    keys = [[KEYS[tolerance](side[at]) for at in numbers] for side, numbers in zip((old, new), filled, strict=True)]
    early = _equal(keys[0], keys[1])
    late = {len(keys[0]) - 1 - a: len(keys[1]) - 1 - c for a, c in _equal(keys[0][::-1], keys[1][::-1]).items()}
    return [{filled[0][a]: filled[1][c] for a, c in pairs.items()} for pairs in (early, late)]


def _equal(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    return {a + n: c + n for tag, a, b, c, _ in alignment(old, new) if tag == "equal" for n in range(b - a)}


def _gaps(new: Sequence[str], count: int, before: int | None, after: int | None) -> set[int] | None:
    """Return where so many blank lines stand behind or before lines of the new side that stay; None when not in one place."""
    begins = {before + 1} if before is not None else set[int]()
    begins |= {after - count} if after is not None else set()
    runs = {
        begin
        for begin in begins
        if begin >= 0 and _blank_behind(new, begin - 1) == count and (not begin or new[begin - 1].strip())
    }
    if before is None and after is None:
        return runs
    return runs if len(runs) == 1 and (count or None not in (before, after)) else None
