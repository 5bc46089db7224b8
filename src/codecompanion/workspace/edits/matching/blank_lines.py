"""Find a block that differs from the file in blank lines only: some were left out of it, or put into it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.place import Place, Several
from codecompanion.workspace.edits.matching.readings import Reading
from codecompanion.workspace.edits.matching.tolerance import Tolerance

if TYPE_CHECKING:
    from codecompanion.workspace.edits.edit import Line

MIN_LINES = 2


def find_spaced(index: LineIndex, readings: Sequence[Reading]) -> Place | Several | None:
    """Return the place of a block whose lines, however alike, follow each other in the file when blank lines are looked past.

    None where they differ beside a line that goes or comes.
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
                return _spaced(reading, tolerance, numbers[starts[0] : starts[0] + len(old)])
    return None


def _spaced(reading: Reading, tolerance: Tolerance, found: Sequence[int]) -> Place | None:
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
