"""New lines as the file has its own: their indentation, quotes and blanks, as the old lines beside them tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.curled import straightened
from codecompanion.workspace.edits.matching.foreign_indentation import at_margin, in_style
from codecompanion.workspace.edits.matching.indentation import Pair, are_the_files, indent_of, indents_of, refitted
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.tolerance import Tolerance, typographic
from codecompanion.workspace.edits.matching.unclear_indentation import told_otherwise

_HARD_BLANKS = re.compile(r"^[ \t]*\u00a0[ \t\u00a0]*")
"""An indentation that only looks like one."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why the new lines cannot be put in: 'indentation', 'elision' or 'quotes'."""

    reason: str


def fitted(
    lines: Sequence[str], place: Place, signed: Sequence[Line], unit: str | None, evidence: Sequence[Pair]
) -> list[str] | Unfit:
    """Return the new lines of a block as the file would have them.

    `unit` is one level of the file's indentation, None when it is not clear; `evidence` is what earlier blocks of this file
    showed of it.
    """
    added = [line.text for line in signed if line.sign == "+"]
    if not added:
        return []
    if any(map(_HARD_BLANKS.match, added)) and not any(map(_HARD_BLANKS.match, lines)):
        added = [_HARD_BLANKS.sub(lambda found: found[0].replace("\u00a0", " "), line) for line in added]
    if place.tolerance > Tolerance.TRAILING:
        plain = straightened(lines, place, signed, added)
        if plain is None:
            return Unfit("quotes")
        added = plain
    pairs = pairs_of(lines, place, signed)
    if (
        _blank_before_tab(added, pairs, unit)
        or _sign_has_blank(lines, place, signed, added)
        or _signs_have_blank(lines, place, signed, added)
    ):
        added = [line.removeprefix(" ") for line in added]  # a blank between the sign and the line
    if place.tolerance <= Tolerance.TRAILING and any(old for old, _ in pairs):
        return in_style(lines, place, signed, added, unit)
    if not any(old or new for old, new in pairs):
        pairs = [*pairs, *evidence]  # old lines at the margin show nothing
        if not any(old or new for old, new in pairs):
            return at_margin(lines, signed, added, unit)
    if _stand_right(added, pairs, unit) or are_the_files(added, pairs, unit):
        return added
    fitted = _refitted(lines, place, signed, added, pairs, unit)
    return Unfit("indentation") if fitted is None else fitted


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
    used = indents_of(tuple(lines)) if deep else deep
    return bool(deep) and not deep & used and {f" {indent}" for indent in deep} <= used


def _indent(line: Line, there: str, *, lost: bool) -> str:
    return there if lost and line.sign == " " and indent_of(line.raw) == there else indent_of(typographic(line.text))


def _refitted(  # noqa: PLR0917 - what each rule asks for
    lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str], pairs: list[Pair], unit: str | None
) -> list[str] | None:
    fitted = _first_apart(added, pairs, signed, unit) or refitted(added, pairs, unit)
    if fitted is not None or added != [line.text for line in signed if line.sign == "+"]:
        return fitted
    return told_otherwise(signed, _found(lines, place, signed), unit, hunk=place.reading.signed is not None)


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
    used = indents_of(tuple(lines))
    return not deep & used and {indent[1:] for indent in deep} <= used


def _signs_have_blank(lines: Sequence[str], place: Place, signed: Sequence[Line], added: Sequence[str]) -> bool:
    """Whether a blank stands between the sign and the text of all lines that go and come, and of none that stays."""
    old = _found(lines, place, signed)
    blank = {"-": " ", " ": ""}
    told = place.reading.signed is not None and {line.sign for line, _ in old} == set(blank)
    begins = all(line.startswith(" ") for line in added if line.strip())
    return told and begins and all(indent_of(line.text) == blank[line.sign] + there for line, there in old)


def _blank_before_tab(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> bool:
    """Whether new lines of a file of tabs all begin with a blank; where old lines have it too, it goes as it does from them."""
    all_old = any(old.startswith(" ") and there.startswith("\t") for old, there in pairs)
    return unit == "\t" and all(line.startswith(" \t") for line in added if line.strip()) and not all_old


def _stand_right(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> bool:
    """Whether new lines are indented by what the file has, beside old ones that are all indented by what it has not."""
    ours = set("".join(map(indent_of, added)))
    theirs = set("".join(old for old, _ in pairs))
    return unit is not None and ours == {unit[0]} and bool(theirs) and unit[0] not in theirs
