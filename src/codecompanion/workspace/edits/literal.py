"""Put a text that stands exactly in a file into its place, also when it begins or ends within a line."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from codecompanion.workspace.edits.edit import Swap
from codecompanion.workspace.edits.matching.substring import LineText, already_there, may_be_dedented
from codecompanion.workspace.edits.reasons import Reasons
from codecompanion.workspace.edits.source_text import Splice


def literal_splices(text: LineText, swap: Swap, touched: AbstractSet[int], reasons: Reasons) -> list[Splice] | None:
    """Return what puts a text in, an empty list when it already is.

    Args:
        text: The file.
        swap: The old and the new text.
        touched: The lines (from 0) that earlier blocks change.
        reasons: Makes the refusal.

    Returns:
        None when the old text does not stand exactly in the file, or when only whole lines may match.

    Raises:
        EditRefused: It stands in more or fewer places than are meant.
    """
    if swap.whole_lines or not swap.old.strip():
        return None
    old, new = (side.replace("\r\n", "\n") for side in (swap.old, swap.new))
    starts = text.starts(old)
    if not starts:
        return None
    fresh = [start for start in starts if not already_there(text.text, start, old, new)]
    if not fresh or (swap.sites == 1 and len(fresh) < len(starts)):
        return []
    starts = _chosen(text, fresh, swap, touched, reasons)
    if any(_repeats_line(text, start, old, new) for start in starts):
        return None
    prefixes = [text.lines[text.line_at(start)][: text.column_at(start)] for start in starts]
    if any(may_be_dedented(prefix, old, new) for prefix in prefixes):
        return None
    if old.endswith("\n") and new.strip() and not new.endswith("\n") and all(_joins(text, at, old) for at in starts):
        new += "\n"  # a model has lost it: the line behind is not meant to go on in the last new one
    return text.splices(starts, old, new)


def _repeats_line(text: LineText, start: int, old: str, new: str) -> bool:
    """Whether the new text begins or ends with the whole line of which the old text of several lines has only a part."""
    end = start + len(old)
    before = text.lines[text.line_at(start)][: text.column_at(start)]
    last = text.lines[min(text.line_at(end), len(text.lines) - 1)]
    behind = "" if old.endswith("\n") else last[text.column_at(end) :]
    first_line, last_line = old.split("\n", 1)[0], old.rpartition("\n")[2]
    begins = bool(before.strip()) and new.lstrip(" \t").startswith((before + first_line).lstrip(" \t"))
    ends = bool(behind.strip()) and new.endswith(last_line + behind)
    return "\n" in old and (begins or ends)


def _joins(text: LineText, start: int, old: str) -> bool:
    """Whether whole lines are replaced, and another line with something in it stands behind them."""
    behind = text.text[start + len(old) : start + len(old) + 1]
    return not text.lines[text.line_at(start)][: text.column_at(start)].strip() and behind not in ("", "\n")


def _chosen(text: LineText, starts: list[int], swap: Swap, touched: AbstractSet[int], reasons: Reasons) -> list[int]:
    if swap.sites is None:
        return list(_apart(starts, len(swap.old.replace("\r\n", "\n"))))
    if len(starts) != swap.sites == 1:
        starts = [start for start in starts if text.line_at(start) not in touched]
    if len(starts) != swap.sites:
        raise reasons.several([text.line_at(start) + 1 for start in starts], wanted=swap.sites)
    return starts


def _apart(starts: Sequence[int], length: int) -> Iterator[int]:
    """Return the places of a text that do not overlap, the first ones first."""
    free = 0
    for start in starts:
        if start >= free:
            yield start
            free = start + length
