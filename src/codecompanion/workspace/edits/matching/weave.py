"""Turn a block and its place into the lines that change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.in_place import in_place
from codecompanion.workspace.edits.matching.indentation import Pair, are_the_files, in_the_files_style, indent_of, refitted
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.tolerance import Tolerance, typographic
from codecompanion.workspace.edits.matching.unclear_indentation import beside_the_margin, told_otherwise
from codecompanion.workspace.edits.source_text import Splice

_HARD_BLANKS = re.compile(r"^[ \t]*\u00a0[ \t\u00a0]*")
"""An indentation that only looks like one."""
_QUOTES = frozenset("\u2018\u2019\u201c\u201d")


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why the new lines cannot be put in: 'indentation', 'elision' or 'quotes'."""

    reason: str


def weave(lines: Sequence[str], place: Place, unit: str | None, evidence: Sequence[Pair] = ()) -> tuple[Splice, ...] | Unfit:
    """Return the splices of a block in a file's lines.

    `unit` is one level of the file's indentation, `evidence` what earlier blocks of this file showed of it.
    """
    signed = in_place(lines, place)
    if signed is not None:
        return _spliced(place, signed, [line.text for line in signed if line.sign == "+"])
    signed = place.reading.lines(place.tolerance)
    fitted = _fitted(lines, place, signed, unit, evidence)
    if isinstance(fitted, Unfit):
        return fitted
    return _spliced(place, signed, _trimmed(lines, place, signed, fitted))


def _trimmed(lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str]) -> list[str]:
    """Return new lines without trailing blanks when the response has put such behind old lines too.

    Blanks alone stay as they are where no other new line has any behind it.
    """
    if not any(line.strip() and line.endswith((" ", "\t")) for line in added):
        return added
    old = (line.text for line in signed if line.sign != "+")
    pairs = [(text, lines[at]) for text, at in zip(old, place.positions, strict=True) if at is not None]
    if any(there == there.rstrip(" \t") and text.rstrip(" \t") == there != text for text, there in pairs):
        return [line.rstrip(" \t") for line in added]
    return added


def pairs_of(lines: Sequence[str], place: Place, signed: Sequence[Line]) -> list[Pair]:
    """Return how the indentation of each old line that was found looks in the response and in the file."""
    filled = _found(lines, place, signed)
    added = [line for line in signed if line.sign == "+"]
    bare = any(line.sign == " " and indent_of(line.raw) == there != indent_of(line.text) for line, there in filled)
    lost = bare and place.reading.signed is not None and _signs_are_lost(filled, added) and not _lack_a_blank(lines, added)
    return [(_indent(line, there, lost=lost), there) for line, there in filled]


def _found(lines: Sequence[str], place: Place, signed: Sequence[Line]) -> list[tuple[Line, str]]:
    """Return the old lines that were found and are not blank, each with its indentation in the file."""
    old = (line for line in signed if line.sign != "+")
    found = [(line, indent_of(lines[at])) for line, at in zip(old, place.positions, strict=True) if at is not None]
    return [(line, there) for line, there in found if line.text.strip()]


def _signs_are_lost(old: Sequence[tuple[Line, str]], added: Sequence[Line]) -> bool:
    """Whether context lines may have lost their sign, so that their own first blank looks like one.

    Then the lines that have theirs, the removed ones, stand as deep as in the file, and the new ones no less deep, unless
    another context line shows by its first character that it has none.
    """
    shallowest = min((there for _, there in old if there), key=len, default="")
    right = all(indent_of(line.text) == there for line, there in old if line.sign == "-")
    bare = any(line.sign == " " and not line.signed for line, _ in old)
    return right and (bare or all(indent_of(line.text).startswith(shallowest) for line in added if indent_of(line.text)))


def _lack_a_blank(lines: Sequence[str], added: Sequence[Line]) -> bool:
    """Whether no new line is indented as a line of the file is, and each would be with a blank more, as the old ones."""
    deep = {indent for line in added if (indent := indent_of(line.text))}
    used = _indents(tuple(lines)) if deep else deep
    return bool(deep) and not deep & used and {f" {indent}" for indent in deep} <= used


def _indent(line: Line, there: str, *, lost: bool) -> str:
    return there if lost and line.sign == " " and indent_of(line.raw) == there else indent_of(typographic(line.text))


def _fitted(
    lines: Sequence[str], place: Place, signed: Sequence[Line], unit: str | None, evidence: Sequence[Pair]
) -> list[str] | Unfit:
    added = [line.text for line in signed if line.sign == "+"]
    if not added:
        return []
    if any(map(_HARD_BLANKS.match, added)) and not any(map(_HARD_BLANKS.match, lines)):
        added = [_HARD_BLANKS.sub(lambda found: found[0].replace("\u00a0", " "), line) for line in added]
    if place.tolerance > Tolerance.TRAILING:
        plain = _plain(lines, place, signed, added)
        if plain is None:
            return Unfit("quotes")
        added = plain
    pairs = pairs_of(lines, place, signed)
    if _blank_before_tab(added, pairs, unit) or _sign_has_blank(lines, place, signed, added):
        added = [line.removeprefix(" ") for line in added]  # a blank between the sign and the line
    if place.tolerance <= Tolerance.TRAILING and any(old for old, _ in pairs):
        return _in_style(lines, place, signed, added, unit)
    if not any(old or new for old, new in pairs):
        pairs = [*pairs, *evidence]  # old lines at the margin show nothing
        if not any(old or new for old, new in pairs):
            return _at_margin(lines, signed, added, unit)
    if _stand_right(added, pairs, unit) or are_the_files(added, pairs, unit):
        return added
    fitted = _refitted(lines, place, signed, added, pairs, unit)
    return Unfit("indentation") if fitted is None else fitted


def _refitted(  # noqa: PLR0917 - what each rule asks for
    lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str], pairs: list[Pair], unit: str | None
) -> list[str] | None:
    fitted = _first_apart(added, pairs, signed, unit) or refitted(added, pairs, unit)
    if fitted is not None or added != [line.text for line in signed if line.sign == "+"]:
        return fitted
    return told_otherwise(signed, _found(lines, place, signed), unit, hunk=place.reading.signed is not None)


def _sign_has_blank(lines: Sequence[str], place: Place, signed: Sequence[Line], added: Sequence[str]) -> bool:
    """Whether a blank stands between the sign and the text of new lines, in a hunk that takes no line away.

    Then none of them is indented as any line of the file is, and without the blank each is, the first as its neighbour.
    """
    deep = {indent_of(line) for line in added if line.strip()}
    if (
        place.reading.signed is None
        or not all(indent.startswith(" ") for indent in deep)
        or any(line.sign == "-" for line in signed)
    ):
        return False
    first = next((at for at, line in enumerate(signed) if line.sign == "+" and line.text.strip()), 0)
    beside = [*(line for line in signed[:first][::-1] if line.text.strip())][:1] + [
        line for line in signed[first:] if line.sign == " " and line.text.strip()
    ][:1]
    if not deep or not any(" " + indent_of(line.text) == indent_of(signed[first].text) for line in beside):
        return False
    used = _indents(tuple(lines))
    return not deep & used and {indent[1:] for indent in deep} <= used


@lru_cache(maxsize=4)
def _indents(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset(indent_of(line) for line in lines if line.strip())


@lru_cache(maxsize=4)
def _quotes_not_in(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset(char for char in _QUOTES if not any(char in line for line in lines))


def _blank_before_tab(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> bool:
    """Whether new lines of a file of tabs all begin with a blank; where old lines have it too, it goes as it does from them."""
    all_old = any(old.startswith(" ") and there.startswith("\t") for old, there in pairs)
    return unit == "\t" and all(line.startswith(" \t") for line in added if line.strip()) and not all_old


def _stand_right(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> bool:
    """Whether new lines are indented by what the file has, beside old ones that are all indented by what it has not."""
    ours = set("".join(map(indent_of, added)))
    theirs = set("".join(old for old, _ in pairs))
    return unit is not None and ours == {unit[0]} and bool(theirs) and unit[0] not in theirs


def _in_style(lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str], unit: str | None) -> list[str]:
    """Return new lines, beside old ones that stand right, as the file indents: by tabs alone or by blanks alone.

    They stay as they are when the file has lines of both kinds, as one that holds a text of another language has.
    """
    if unit is None or not _foreign(added, unit) or not all(map(_of_one_kind, map(indent_of, added))) or _is_mixed(lines, unit):
        return added
    styled = in_the_files_style(added, _beside(lines, place, signed), unit)
    return added if styled is None else styled


def _at_margin(lines: Sequence[str], signed: Sequence[Line], added: list[str], unit: str | None) -> list[str]:
    """Return new lines beside old ones that are not indented: as the file indents, where their own levels are clear."""
    if unit is None or not _foreign(added, unit) or _is_mixed(lines, unit):
        return added
    return beside_the_margin(signed, unit) or added


def _is_mixed(lines: Sequence[str], unit: str) -> bool:
    """Whether a file that is indented by tabs has lines of blanks too, or the other way round."""
    other = "  " if unit == "\t" else "\t"
    return any(indent.startswith(other) for indent in _indents(tuple(lines)))


def _of_one_kind(indent: str) -> bool:
    """Whether an indentation is of tabs alone, or of blanks alone and more than the one before the star of a comment."""
    return indent != " " and len(set(indent)) <= 1


def _beside(lines: Sequence[str], place: Place, signed: Sequence[Line]) -> list[Pair]:
    """Return the indentation of the first line of each run of new lines, with that of the old line before it or behind it."""
    positions = iter(place.positions)
    found: list[Pair] = []
    first = before = None
    for line in signed:
        if line.sign == "+":
            first = indent_of(line.text) if first is None and line.text.strip() else first
            if first is not None and before is not None:
                found.append((first, before))
                before = None
            continue
        at = next(positions)
        if at is not None and lines[at].strip():
            before = indent_of(lines[at])
            if first is not None and not found:
                found.append((first, before))
            first = None
    return found


def _foreign(added: Sequence[str], unit: str | None) -> bool:
    """Whether new lines are indented by blanks in a file of tabs, or by tabs in a file of blanks."""
    used = set("".join(map(indent_of, added)))
    return unit is not None and bool(used) and unit[0] not in used


def _first_apart(added: list[str], pairs: list[Pair], signed: Sequence[Line], unit: str | None) -> list[str] | None:
    """Return new lines when only the first line of the block has lost its indentation."""
    if len(pairs) < 2 or pairs[0][0] == pairs[0][1] or any(old != new for old, new in pairs[1:]):  # noqa: PLR2004 - a first and others
        return None
    if not any(old for old, _ in pairs[1:]):
        return None
    first = signed[0].sign == "-" and next((line for line in signed if line.sign != "-"), None)
    if not first or first.sign != "+":
        return list(added)
    head = refitted(added[:1], pairs[:1], unit)
    return None if head is None else [*head, *added[1:]]


def _plain(lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str]) -> list[str] | None:
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


def _spliced(place: Place, signed: Sequence[Line], added: list[str]) -> tuple[Splice, ...] | Unfit:
    """Return one splice for each run of changed lines."""
    splices: list[Splice] = []
    positions = iter(place.positions)
    new = iter(added)
    run: list[str] = []
    start = end = _first(place.positions)
    jumped = False
    for line in signed:
        if line.sign == "+":
            run.append(next(new))
            continue
        position = next(positions)
        if position is None:
            if line.sign == "-":
                return Unfit("elision")
            splices += _closed(start, end, run)
            run, jumped = [], True
            start = end = -1
            continue
        if jumped:
            start = end = position
            jumped = False
        if line.sign == "-":
            end = position + 1
            continue
        splices += _closed(start, end, run)
        run = []
        start = end = position + 1
    if run and start < 0:
        return Unfit("elision")
    return (*splices, *_closed(start, end, run))


def _first(positions: Sequence[int | None]) -> int:
    return next((position for position in positions if position is not None), 0)


def _closed(start: int, end: int, run: list[str]) -> list[Splice]:
    return [Splice(start, end, tuple(run))] if run or end > start else []
