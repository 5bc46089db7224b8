"""The blocks of a response before they are looked for: the ways to divide them, and what none may hold."""

import re
from collections.abc import Sequence
from dataclasses import replace

from codecompanion.workspace.edits.edit import Edit, Hunk, Line, Swap
from codecompanion.workspace.edits.formats.fences import MARKDOWN
from codecompanion.workspace.edits.formats.whole import DIFFS
from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.placeholders import is_placeholder
from codecompanion.workspace.edits.matching.readings import plain_beside
from codecompanion.workspace.edits.matching.tolerance import Tolerance
from codecompanion.workspace.edits.reasons import Reasons
from codecompanion.workspace.edits.source_text import split_lines

Block = Hunk | Swap
MIN_SIGNED = 12
"""Characters behind the signs of new lines that are taken for a diff's: fewer may be anything."""


def alternatives(block: Block, path: str, index: LineIndex) -> list[Block]:
    """Return a block in each way that its response can be divided; `index` has the lines of the file at `path`."""
    if isinstance(block, Hunk):
        return [_single_spaced_hunk(block, index)]
    block = _without_pluses(block, path, index.lines)
    ways = [_single_spaced(sides, index) for sides in ((block.old, block.new), *block.others)]
    return [replace(block, old=old, new=plain_beside(old, new), others=()) for old, new in ways]


def _single_spaced(sides: tuple[str, str], index: LineIndex) -> tuple[str, str]:
    """Return both sides of an edit without the blank line behind each of their lines, when a chat window has put one there."""
    old, new = map(split_lines, sides)
    if any(map(str.strip, new[1::2])) or not _is_doubled(old, index):
        return sides
    return "".join(f"{line}\n" for line in old[::2]), "".join(f"{line}\n" for line in new[::2])


def _single_spaced_hunk(hunk: Hunk, index: LineIndex) -> Hunk:
    body = hunk.lines[1:] if hunk.lines and not hunk.lines[0].raw else hunk.lines  # behind the header too
    old = [text for line in body[::2] if line.sign != "+" for text in (line.text, "")]
    doubled = not any(line.raw.strip() for line in body[1::2]) and _is_doubled(old, index)
    return replace(hunk, lines=body[::2]) if doubled else hunk


def _is_doubled(old: Sequence[str], index: LineIndex) -> bool:
    """Whether each other old line is blank, and only the others follow each other in the file."""
    single = old[::2]
    return (
        not any(map(str.strip, old[1::2]))
        and sum(bool(line.strip()) for line in single) > 1
        and bool(index.sites(single, Tolerance.INDENTATION))
        and not index.sites(old, Tolerance.INDENTATION)
    )


def _without_pluses(swap: Swap, path: str, lines: Sequence[str]) -> Swap:
    """Return a swap without the sign of a diff before each line that comes, when only the new side has signs."""
    known = set(split_lines(swap.old))
    come = [line for line in split_lines(swap.new) if line.strip() and line not in known]
    signed = all(re.match(r"\+(?!\+)", line) for line in come) and sum(map(len, come)) > len(come) + MIN_SIGNED
    if not signed or path.lower().endswith((*MARKDOWN, *DIFFS)) or any(line.startswith("+") for line in (*known, *lines)):
        return swap
    filled = {line for line in known if line.strip()}
    if not filled <= set(lines) and all(line.startswith(" ") and line[1:] in lines for line in filled):
        old, new = ("".join(f"{line[1:]}\n" for line in split_lines(side)) for side in (swap.old, swap.new))
        return replace(swap, old=old, new=new)  # the lines that stay have their signs too
    return replace(swap, new="\n".join(line if line in known else line.removeprefix("+") for line in swap.new.split("\n")))


def single_signed(edits: Sequence[Edit]) -> list[Edit]:
    """Return edits with one sign before each line of their hunks; as they are unless a model has doubled all the signs."""
    changed = changed_lines(edits)
    doubled = all(line.text.startswith(line.sign) for line in changed) and any(line.sign == "+" for line in changed)
    written = any((edit.path or "").lower().endswith((*MARKDOWN, *DIFFS)) for edit in edits)
    return list(edits) if not doubled or written or len(changed) == 1 else list(map(_single_signed, edits))


def changed_lines(edits: Sequence[Edit]) -> list[Line]:
    """Return the lines that the hunks of a response take away and add."""
    return [line for edit in edits if isinstance(edit.action, Hunk) for line in edit.action.lines if line.sign != " "]


def _single_signed(edit: Edit) -> Edit:
    if not isinstance(edit.action, Hunk):
        return edit
    lines = (replace(line, text=line.text[1:], raw=line.raw[1:]) if line.sign != " " else line for line in edit.action.lines)
    return replace(edit, action=replace(edit.action, lines=tuple(lines)))


def check_block(block: Block, reasons: Reasons, path: str) -> None:
    """Refuse new lines that stand for code, and an empty text to find.

    Raises:
        EditRefused: The block holds one of these.
    """
    if isinstance(block, Swap):
        if not block.old.strip():
            raise reasons.empty_search()
        old, new = set(map(str.strip, split_lines(block.old))), split_lines(block.new)
    else:
        old = {line.text.strip() for line in block.lines if line.sign != "+"}
        new = [line.text for line in block.lines if line.sign == "+"]
    python = path.endswith((".py", ".pyi"))
    lazy = next((line for line in new if line.strip() not in old and is_placeholder(line, python=python)), None)
    if lazy is not None:
        raise reasons.placeholder(lazy)
