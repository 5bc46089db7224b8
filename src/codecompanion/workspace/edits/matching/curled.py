"""New lines of a response whose quotes, dashes and blanks were curled on the way."""

from collections.abc import Sequence
from functools import lru_cache

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.tolerance import typographic

_QUOTES = frozenset("\u2018\u2019\u201c\u201d")


def straightened(lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str]) -> list[str] | None:
    """Return new lines without the curled characters that the response put into old ones; None when they may be meant."""
    curled = _curled(lines, place, signed)
    if curled & _QUOTES and any(not _QUOTES.isdisjoint(line) for line in added):
        curled |= _quotes_not_in(tuple(lines))  # what curls one kind of quotes curls the other too
    damaged = [line for line in added if curled & set(line)]
    if any(plain in line for line in damaged for plain in set(map(typographic, curled)) & {'"', "'"}):
        return None
    table = {ord(char): typographic(char) for char in curled}
    return [line.translate(table) for line in added]


def _curled(lines: Sequence[str], place: Place, signed: Sequence[Line]) -> set[str]:
    old = (line.text for line in signed if line.sign != "+")
    pairs = [(text, lines[position]) for text, position in zip(old, place.positions, strict=True) if position is not None]
    return {char for text, there in pairs for char in set(text) - set(there) if typographic(char) != char}


@lru_cache(maxsize=4)
def _quotes_not_in(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset(char for char in _QUOTES if not any(char in line for line in lines))
