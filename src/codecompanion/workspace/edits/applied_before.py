"""Whether a block was applied before: what stands in the file already is not done again."""

from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.readings import Reading
from codecompanion.workspace.edits.matching.tolerance import KEYS, Tolerance
from codecompanion.workspace.edits.source_text import SourceText, Splice

MIN_CHARACTERS = 10


def stands(index: LineIndex, ways: Sequence[Reading], *, among_others: bool = False) -> bool:
    """Whether the new side of a block, in one of the ways to read it, stands in the file.

    `among_others` asks for lines that stay beside those that are new.
    """
    for reading in ways:
        for tolerance in (Tolerance.EXACT, Tolerance.TRAILING):
            signed = reading.lines(tolerance)
            lines = [line for line in signed if line.sign != "-"]
            added = [line for line in lines if line.sign == "+" and line.text.strip()]
            kept = [line for line in lines if line.sign == " " and line.text.strip()]
            both = {line.text for line in kept} & {line.text for line in signed if line.sign == "-"}
            gone = len(kept) > 1 and " " == signed[0].sign == signed[-1].sign and not both
            told = added and kept if among_others else gone or _says_something(added)
            if told and len(index.sites([line.text for line in lines], tolerance)) == 1:
                return True
    return False


def doubles(text: Sequence[str], place: Place, woven: Sequence[Splice]) -> bool:
    """Whether a block that only adds lines would add them beside themselves: it was applied before."""
    if None in place.positions or any(splice.end > splice.start for splice in woven) or not woven:
        return False
    start, length = place.positions[0] or 0, len(place.positions)
    key = KEYS[Tolerance.TRAILING]
    window = text[start : start + length]
    after = [
        key(line)
        for line in SourceText(tuple(window), ("\n",) * length)
        .spliced([Splice(s.start - start, s.end - start, s.lines) for s in woven])
        .lines
    ]
    if not any(line.strip() for splice in woven for line in splice.lines):
        return False
    lines = [key(line) for line in text[max(start - len(after), 0) : start + 2 * len(after)]]
    base = start - max(start - len(after), 0)
    return any(lines[at : at + len(after)] == after for at in range(max(base - len(after) + length, 0), base + 1))


def repeats(text: Sequence[str], lines: Sequence[str], at: int) -> bool:
    """Whether lines stand in the file already, before or behind the place that they are to be put into."""
    there = text[at : at + len(lines)]
    before = text[max(at - len(lines), 0) : at]
    return bool(lines) and tuple(lines) in (tuple(there), tuple(before))


def _says_something(lines: Sequence[Line]) -> bool:
    """Whether lines are so many characters that they do not stand in a file by chance, as a bracket does."""
    return sum(len(line.text.strip()) for line in lines) >= MIN_CHARACTERS
