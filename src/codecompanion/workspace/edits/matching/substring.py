"""Replace a text that may begin and end within a line, where it stands exactly."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from codecompanion.workspace.edits.matching.indentation import indent_of
from codecompanion.workspace.edits.source_text import Splice

_OPENS = re.compile(r"[:{(\[]\s*$")


class LineText:
    """The lines of a file as one text with LF between them, and back from a place in it to a line."""

    def __init__(self, lines: Sequence[str], *, final_newline: bool) -> None:
        self.lines = lines
        self.text = "\n".join(lines) + ("\n" if lines and final_newline else "")
        self._starts = list(accumulate((len(line) + 1 for line in lines), initial=0))

    def starts(self, old: str) -> list[int]:
        """Return where a text stands, also where it overlaps itself."""
        found: list[int] = []
        at = self.text.find(old)
        while at >= 0:
            found.append(at)
            at = self.text.find(old, at + 1)
        return found

    def line_at(self, offset: int) -> int:
        """Return the line, from 0, that holds an offset."""
        return bisect_right(self._starts, offset, hi=max(len(self.lines), 1)) - 1

    def column_at(self, offset: int) -> int:
        """Return the place of an offset within its line."""
        return offset - self._starts[self.line_at(offset)]

    def splices(self, starts: Sequence[int], old: str, new: str) -> list[Splice]:
        """Return the splices that put `new` in the place of each `old` that begins at an offset, in order and apart."""
        groups: list[list[int]] = []
        for start in starts:
            if groups and self.line_at(groups[-1][-1] + len(old)) >= self.line_at(start):
                groups[-1].append(start)
            else:
                groups.append([start])
        return [self._splice(group, old, new) for group in groups]

    def _splice(self, starts: Sequence[int], old: str, new: str) -> Splice:
        """Return the one splice for places that share lines."""
        start, end = starts[0], starts[-1] + len(old)
        new += "".join(self.text[a + len(old) : b] + new for a, b in pairwise(starts))
        first, last = self.line_at(start), self.line_at(end)
        ends_file = end == len(self.text) and old.endswith("\n")
        prefix = self.lines[first][: self.column_at(start)] if self.lines else ""
        suffix = "" if ends_file else self.lines[last][self.column_at(end) :] if self.lines else ""
        text = prefix + new + suffix
        whole = text.removesuffix("\n") if ends_file and text.endswith("\n") else text
        lines = tuple(whole.split("\n")) if text or not ends_file else ()
        return _trimmed(self.lines, Splice(first, min(last + 1, len(self.lines)), lines))


def _trimmed(lines: Sequence[str], splice: Splice) -> Splice:
    """Return the splice without the lines at both its ends that stay as they are."""
    old, new = list(lines[splice.start : splice.end]), list(splice.lines)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Splice(splice.start + head, splice.end - tail, tuple(new[head : len(new) - tail]))


def may_be_dedented(prefix: str, old: str, new: str) -> bool:
    """Whether a text that stands behind the indentation of a line may have lost it on its other lines too.

    The old text has one line, so it cannot tell: then the new lines may be meant as they stand, or as deep as the first.
    """
    rest = [line for line in new.split("\n")[1:] if line.strip()]
    if not prefix or prefix.strip() or "\n" in old.strip("\n") or not rest or old[:1] in (" ", "\t"):
        return False
    shallow = min(len(indent_of(line)) for line in rest)
    opens = _OPENS.search(new.split("\n", 1)[0]) and not _OPENS.search(old.split("\n", 1)[0])
    return shallow < len(prefix) or (bool(opens) and len(indent_of(rest[0])) <= len(prefix))


def already_there(text: str, start: int, old: str, new: str) -> bool:
    """Whether the new text, which holds the old one, stands where the old one was found."""
    start += len(old) - len(old.lstrip("\n"))
    old, new = old.strip("\n"), new.strip("\n")
    at = new.find(old) if new.replace(old, "", 1).strip() else -1
    while at >= 0:
        if start >= at and text.startswith(new, start - at):
            return True
        at = new.find(old, at + 1)
    return False
