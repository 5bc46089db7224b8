"""Other ways to read a response whose edits break a file: damage undone that only its new lines have."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from codecompanion.workspace.edits.edit import Edit, Hunk, Line, Swap
from codecompanion.workspace.edits.entities import without_entities
from codecompanion.workspace.edits.matching.tolerance import typographic

_CODE_POINT = re.compile(r"\\(?:x([2-7][0-9a-fA-F])|u00([2-7][0-9a-fA-F]))")
_BACKSLASH = re.compile(r"\\([_*\[\]()<>#`~|{}.!+-])")
_ITEM = re.compile(r"^[-+] \S")
MOST_CUTS = 5
"""Places where a hunk may end before prose; more are hardly those of one response."""


def rereadings(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Return the edits of a response as they may be meant when they cannot be meant as they stand, the likeliest first."""
    for mend in (without_entities, typographic, _without_code_points, _without_backslashes):
        mended = [_with_new_lines(edit, mend) for edit in edits]
        if mended != list(edits):
            yield mended
    for at, edit in enumerate(edits):
        if isinstance(edit.action, Hunk):
            for end in _ends_before_prose(edit.action.lines):
                yield [*edits[:at], replace(edit, action=replace(edit.action, lines=edit.action.lines[:end])), *edits[at + 1 :]]


def _without_code_points(text: str) -> str:
    """Return a text with the characters of which an encoder wrote the numbers, as it does for `<` and `&`."""
    return _CODE_POINT.sub(lambda found: chr(int(found[1] or found[2], 16)), text)


def _without_backslashes(text: str) -> str:
    """Return a text without the backslashes that Markdown wants before its marks."""
    return _BACKSLASH.sub(r"\1", text)


def _with_new_lines(edit: Edit, mend: Callable[[str], str]) -> Edit:
    match edit.action:
        case Hunk() as hunk:
            lines = tuple(replace(line, text=mend(line.text)) if line.sign == "+" else line for line in hunk.lines)
            return replace(edit, action=replace(hunk, lines=lines))
        case Swap() as swap:
            sides = [(old, _mended_beside(old, new, mend)) for old, new in ((swap.old, swap.new), *swap.others)]
            return replace(edit, action=replace(swap, new=sides[0][1], others=tuple(sides[1:])))
        case _:
            return edit


def _mended_beside(old: str, new: str, mend: Callable[[str], str]) -> str:
    """Return a new text of which the lines are mended that are not in the old one: those are known to be right."""
    known = set(old.split("\n"))
    return "\n".join(line if line in known else mend(line) for line in new.split("\n"))


def _ends_before_prose(lines: Sequence[Line]) -> Iterator[int]:
    """Return where a hunk may end when what follows is prose or a list: before its last items, or at a blank line."""
    items = next((n for n, line in enumerate(reversed(lines)) if not _ITEM.match(line.raw)), len(lines))
    if items:
        yield len(lines) - items
    last = max((at for at, line in enumerate(lines) if line.sign != " " and not _ITEM.match(line.raw)), default=-1)
    blanks = [at for at, line in enumerate(lines) if line.raw == "" and at > last]  # what goes or comes is no prose
    yield from blanks[: -MOST_CUTS - 1 : -1]
