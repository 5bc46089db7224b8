"""Whether a block was applied before: what stands in the file already is not done again."""

from collections.abc import Iterator, Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.likeness import Likeness
from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.readings import Reading
from codecompanion.workspace.edits.matching.tolerance import KEYS, Tolerance
from codecompanion.workspace.edits.source_text import SourceText, Splice

MIN_CHARACTERS = 10
FEW = 2
"""New lines without others beside them that may stand anywhere, unless they are like those that they replace."""
LIKE = 0.5
"""The share of their characters that makes new lines like those that they replace."""
NEAR = 0.8
"""The share of the characters of an old line that is there still: the others are typing errors, or were damaged on the way."""
MOST_SOUGHT = 3
"""Of the old lines of a block, the longest ones."""


def stands(index: LineIndex, ways: Sequence[Reading]) -> bool:
    """Whether new lines of a block, and lines that stay beside them, stand in the file in one of the ways to read it."""
    return any(True for _ in _sites(index, ways, among_others=True))


def was_applied(index: LineIndex, ways: Sequence[Reading]) -> bool:
    """Whether the new side of a block stands in the file, and its old side nearly so nowhere else."""
    return any(not _is_nearly(index, reading, site) for reading, site in _sites(index, ways))


def _sites(index: LineIndex, ways: Sequence[Reading], *, among_others: bool = False) -> Iterator[tuple[Reading, range]]:
    """Return where the new side of a block stands, in each of the ways to read it of which that is one place.

    `among_others` asks for lines that stay beside those that are new.
    """
    for reading in ways:
        for tolerance in (Tolerance.EXACT, Tolerance.TRAILING):
            signed = reading.lines(tolerance)
            lines = [line for line in signed if line.sign != "-"]
            added = [line for line in lines if line.sign == "+" and line.text.strip()]
            kept = [line for line in lines if line.sign == " " and line.text.strip()]
            removed = [line for line in signed if line.sign == "-" and line.text.strip()]
            both = {line.text for line in kept} & {line.text for line in removed}
            gone = len(kept) > 1 and " " == signed[0].sign == signed[-1].sign and not both
            told = added and kept if among_others else gone or _says_something(added, removed, kept)
            sites = index.sites([line.text for line in lines], tolerance) if told else []
            if len(sites) == 1:
                yield reading, range(sites[0], sites[0] + len(lines))


def _is_nearly(index: LineIndex, reading: Reading, site: range) -> bool:
    """Whether the old lines of a reading stand nearly as they are outside of the lines where the new ones stand.

    They do not where the new ones are more like them: an edit mostly changes a little of a line.
    """
    key = KEYS[Tolerance.SPACING]
    signed = reading.lines(Tolerance.TRAILING)
    old = [(key(line.text), line.sign) for line in signed if line.sign != "+"]
    filled = [(len(line), offset) for offset, (line, _) in enumerate(old) if line]
    gone, come = ("".join(key(line.text) for line in signed if line.sign == sign) for sign in "-+")
    least = Likeness(gone).to(come)
    keys = index.keys(Tolerance.SPACING)
    all_go = all(sign == "-" for line, sign in old if line)
    for _, offset in sorted(filled)[-MOST_SOUGHT:]:
        line = old[offset][0]
        places = index.alike(line, NEAR) if all_go else index.sites([line], Tolerance.SPACING)
        for start in (at - offset for at in places if at not in site and offset <= at <= len(keys) - len(old) + offset):
            pairs = [
                (line, there, sign) for (line, sign), there in zip(old, keys[start : start + len(old)], strict=True) if line
            ]
            if all(Likeness(line).to(there) >= NEAR for line, there, _ in pairs):
                there = "".join(there for _, there, sign in pairs if sign == "-")
                if not gone or Likeness(gone).to(there) >= least:
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


def _says_something(added: Sequence[Line], removed: Sequence[Line], kept: Sequence[Line]) -> bool:
    """Whether new lines are so many that they do not stand in a file by chance, as a bracket or a return does."""
    come, gone = ("".join(line.text.strip() for line in side) for side in (added, removed))
    return len(come) >= MIN_CHARACTERS and (bool(kept) or len(added) > FEW or Likeness(gone).to(come) >= LIKE)
