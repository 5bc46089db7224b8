"""The refusals of a block that has a file: what does not fit, the nearest lines, and what to send instead."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.workspace.edits.matching.likeness import Likeness
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.readings import Reading
from codecompanion.workspace.edits.matching.tolerance import KEYS, Tolerance
from codecompanion.workspace.edits.refusal import MAX_LINES_SHOWN, EditRefused, TwoAnswers, numbered, refused

MAX_SITES_SHOWN = 5
MIN_LIKENESS = 0.5
MAX_COMPARED = 4000
MAX_PAIRS = 1_000_000
"""Of lines of a block and lines of a file that are alike."""
MAX_ABOVE = 30
_UNFIT = {
    "indentation": (
        "the indentation of its new lines cannot be told: the old lines stand at another depth in the file",
        "send the block again with the indentation that the file has:",
    ),
    "elision": (
        "'...' stands for other lines in the old text than in the new one",
        "write all lines between the first and the last, or send one block for each changed place:",
    ),
    "quotes": (
        "the file has straight quotes, dashes or blanks where the block has curled ones, so the new lines cannot be told",
        "send the block again with plain ASCII quotes:",
    ),
}


@dataclass(frozen=True, slots=True)
class Reasons:
    """Makes the refusals of one block."""

    path: str
    number: int
    lines: Sequence[str]

    def _refused(self, what: str, cause: str = "", fix: str = "") -> EditRefused:
        return refused(what, number=self.number, path=self.path, cause=cause, fix=fix)

    def nowhere(self, reading: Reading) -> EditRefused:
        """Return the refusal of old lines that the file does not have."""
        if not self.lines:
            return self._refused(
                "the file is empty, so there is nothing to find", fix="send the whole content of the file instead"
            )
        start, differs = nearest(self.lines, reading.old)
        if start is None:
            cause = f"No line of {self.path} is like {_first(reading.old)!r}."
            return self._refused(
                "its old lines are not in the file", cause, "read the file and copy the lines to change from it."
            )
        beyond = differs is not None and differs >= start + MAX_LINES_SHOWN
        first = differs - MAX_LINES_SHOWN // 2 if differs is not None and beyond else start
        shown = numbered(list(self.lines), first, start + max(len(reading.old), 1))
        cause = f"{self._differing(reading, start, differs)}The nearest lines of {self.path}:\n{shown}"
        return self._refused(
            "its old lines are not in the file", cause, "send the block again with its old lines copied from there."
        )

    def _differing(self, reading: Reading, start: int, at: int | None) -> str:
        if at is None:
            return ""
        return (
            f"The block has {reading.old[at - start].strip()[:120]!r} where line {at + 1} is {self.lines[at].strip()[:120]!r}. "
        )

    def several(self, starts: Sequence[int], wanted: int = 1) -> EditRefused:
        """Return the refusal of old lines that fit in several places, given as lines from 1."""
        shown = ", ".join(map(str, starts[:MAX_SITES_SHOWN])) + (", ..." if len(starts) > MAX_SITES_SHOWN else "")
        context = "\n--\n".join(numbered(list(self.lines), start - 3, start + 2) for start in starts[:2]) if starts else ""
        what = f"its old lines fit {len(starts)} places (lines {shown}), not {wanted}"
        fix = f"add unchanged lines before or after until it fits one place only{self._telling(starts)}"
        return self._refused(what, f"Around the first two:\n{context}", fix)

    def _telling(self, starts: Sequence[int]) -> str:
        """Return the nearest line above the first place that the other places do not have above them."""
        for above in range(1, MAX_ABOVE):
            there = [self.lines[start - 1 - above].strip() for start in starts if start > above]
            if len(there) == len(starts) and there[0] and there[0] not in there[1:]:
                return f": for the first, begin with line {starts[0] - above}, {there[0][:80]!r}"
        return ""

    def unfit(self, reason: str, place: Place) -> EditRefused:
        """Return the refusal of new lines that cannot be fitted in."""
        what, fix = _UNFIT[reason]
        known = [position for position in place.positions if position is not None]
        shown = numbered(list(self.lines), known[0], known[-1] + 1) if known else ""
        return self._refused(what, fix=f"{fix}\n{shown}")

    def placeholder(self, line: str) -> EditRefused:
        """Return the refusal of a new line that stands for code."""
        return self._refused(
            f"the new line {line.strip()!r} stands for code that is left out",
            fix="write that code, or end the block before it",
        )

    def empty_search(self) -> EditRefused:
        """Return the refusal of an empty text to find in a file that exists."""
        fix = "put the lines before the new ones into the old text, and again into the new text"
        return self._refused("its old text is empty, so its place is unknown", fix=fix)

    def nothing_to_find(self) -> EditRefused:
        """Return the refusal of a hunk that only adds lines."""
        fix = "add the unchanged lines before and after them, each with a blank before it"
        return self._refused("the hunk has only new lines, so their place is unknown", fix=fix)

    def cut_off(self) -> EditRefused:
        """Return the refusal of a last hunk that is shorter than it announces."""
        what = "the hunk has fewer lines than its header announces, and the response ends there: it may have been cut off"
        return self._refused(what, fix="send the whole diff again")

    def no_such_line(self, at: int) -> EditRefused:
        """Return the refusal of an insertion behind a line that is not there."""
        return self._refused(
            f"line {at} cannot be found: the file has {len(self.lines)} lines", fix="send the text before it as 'old_str'"
        )

    def two_answers(self) -> TwoAnswers:
        """Return the refusal of a block that puts other lines where an earlier one puts its own."""
        what = f"block {self.number}, {self.path}: it puts other lines into the place where an earlier block puts its own"
        return TwoAnswers(what, fix="send one block with all the lines that are meant for this place")

    def overlaps(self) -> EditRefused:
        """Return the refusal of a block that changes what another one changed."""
        return self._refused("it changes lines that an earlier block changes too", fix="join the two blocks into one")


def no_code_any_more(path: str, lines: Sequence[str], line: int) -> EditRefused:
    """Return the refusal of edits after which a file cannot be parsed; `line` is where, from 1, 0 when that is not known."""
    where = f" from line {line} on" if line else ""
    shown = numbered(list(lines), line - 4, line + 3) if line else ""
    return refused(
        f"the file could be parsed before and cannot after the edit{where}",
        path=path,
        cause=f"What it would be there:\n{shown}" if shown else "",
        fix="send the edit again so that brackets, quotes and indentation are whole, and nothing in it is escaped",
    )


def nearest(lines: Sequence[str], old: Sequence[str]) -> tuple[int, int | None] | tuple[None, None]:
    """Return where the lines most like a block begin, from 0, and where the first is that differs; None where there is none."""
    key = KEYS[Tolerance.SPACING]
    wanted = [key(line) for line in old]
    keys = [key(line) for line in lines]
    start = _most_alike(keys, wanted)
    if start is None:
        return None, None
    for offset, line in enumerate(old):
        at = start + offset
        if at < len(lines) and line.strip() and keys[at] != wanted[offset]:
            return start, at
    return start, None


def _most_alike(keys: Sequence[str], wanted: Sequence[str]) -> int | None:
    counted: dict[int, int] = {}
    places: dict[str, list[int]] = {}
    for at, key in enumerate(keys):
        places.setdefault(key, []).append(at)
    left = MAX_PAIRS
    # The rarest lines first: where most lines are alike, the common ones tell nothing that is worth the time.
    for offset, key in sorted(enumerate(wanted), key=lambda each: len(places.get(each[1], ()))):
        found = places.get(key, [])[:left] if key else []
        left -= len(found)
        for at in found:
            start = at - offset
            if start >= 0:
                counted[start] = counted.get(start, 0) + len(key)
    if counted:
        return max(counted, key=lambda start: (counted[start], -start))
    return _most_alike_line(keys, max(wanted, key=len, default=""), wanted)


def _most_alike_line(keys: Sequence[str], longest: str, wanted: Sequence[str]) -> int | None:
    likeness = Likeness(longest)
    best, found = MIN_LIKENESS, None
    for at, key in enumerate(keys[:MAX_COMPARED]):
        if ratio := likeness.to(key, best):
            best, found = ratio, at
    return None if found is None else max(found - list(wanted).index(longest), 0)


def _first(old: Sequence[str]) -> str:
    return next((line.strip()[:120] for line in old if line.strip()), "")
