"""New lines whose indentation no one rule for all old lines tells: what shows it then."""

import math
from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.indentation import WIDTHS, Pair, indent_of, refitted

Found = tuple[Line, str]
"""An old line, and its indentation in the file."""


def told_otherwise(signed: Sequence[Line], found: Sequence[Found], unit: str | None, *, hunk: bool) -> list[str] | None:
    """Return new lines as the file would indent them, None when nothing tells that.

    Lines that stay may have lost their sign, the first line its indentation, or blanks stand for tabs in some lines alone.
    """
    added = [line.text for line in signed if line.sign == "+"]
    ways = [_without_lost_signs(signed, found)] if hunk else []
    ways += [_without_first(found)]
    for pairs in ways:
        fitted = refitted(added, pairs, unit) if pairs else None
        if fitted is not None:
            return fitted
    return _as_replaced(signed, found)


def _without_lost_signs(signed: Sequence[Line], found: Sequence[Found]) -> list[Pair]:
    """Return the indentations where lines that stay have no sign if only so they have whole levels, as lines with one have."""
    deep = [len(indent_of(line.text)) for line in signed if line.sign != " " and line.text.strip()]
    width = next((width for width in sorted(WIDTHS, reverse=True) if width > 1 and math.gcd(*deep) % width == 0), 0)
    if not any(deep) or not width:
        return []
    pairs: list[Pair] = []
    for line, there in found:
        ours, raw = indent_of(line.text), indent_of(line.raw)
        lost = line.sign == " " and len(ours) % width and not len(raw) % width
        pairs.append((raw if lost else ours, there))
    return pairs


def _without_first(found: Sequence[Found]) -> list[Pair]:
    """Return the indentations without that of the first line, when it stays and has none: a string is often trimmed."""
    (first, _), *rest = found or [(Line("-", "", ""), "")]
    pairs = [(indent_of(line.text), there) for line, there in rest]
    return pairs if first.sign == " " and not indent_of(first.text) and any(old for old, _ in pairs) else []


def _as_replaced(signed: Sequence[Line], found: Sequence[Found]) -> list[str] | None:
    """Return new lines with the file's indentation of the removed lines whose places they take, in the same order."""
    places = {id(line): there for line, there in found}
    fitted: list[str] = []
    gone: list[Line] = []
    for line in signed:
        if line.sign == " ":
            gone = []
        elif line.sign == "-":
            gone.append(line)
        elif line.text.strip():
            same = {places[id(one)] for one in gone if id(one) in places and indent_of(one.text) == indent_of(line.text)}
            if len(same) != 1:
                return None
            fitted.append(same.pop() + line.text[len(indent_of(line.text)) :])
        else:
            fitted.append("" if line.text == " " else line.text)
    return fitted
