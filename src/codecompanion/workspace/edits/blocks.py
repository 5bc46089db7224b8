"""The blocks of a response before they are looked for: the ways to divide them, and what none may hold."""

from dataclasses import replace

from codecompanion.workspace.edits.edit import Hunk, Swap
from codecompanion.workspace.edits.matching.placeholders import is_placeholder
from codecompanion.workspace.edits.matching.readings import plain_beside
from codecompanion.workspace.edits.reasons import Reasons
from codecompanion.workspace.edits.source_text import split_lines

Block = Hunk | Swap


def alternatives(block: Block) -> list[Block]:
    """Return a block in each way that its response can be divided."""
    if isinstance(block, Hunk):
        return [block]
    ways = ((block.old, block.new), *block.others)
    return [replace(block, old=old, new=plain_beside(old, new), others=()) for old, new in ways]


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
