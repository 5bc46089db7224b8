"""New lines indented by blanks in a file of tabs, or by tabs in one of blanks, where old lines do not show how to mend it."""

from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.indentation import Pair, indent_of, indents_of
from codecompanion.workspace.edits.matching.place import Place

OPENERS = ("{", "(", "[", ":")


def in_style(lines: Sequence[str], place: Place, signed: Sequence[Line], added: list[str], unit: str | None) -> list[str]:
    """Return new lines, beside old ones that stand right, as the file indents: by tabs alone or by blanks alone.

    They stay as they are when the file has lines of both kinds, as one that holds a text of another language has.
    """
    if unit is None or not _foreign(added, unit) or not all(map(_of_one_kind, map(indent_of, added))) or _is_mixed(lines, unit):
        return added
    styled = _as_old_lines(added, _beside(lines, place, signed), unit)
    return added if styled is None else styled


def at_margin(lines: Sequence[str], signed: Sequence[Line], added: list[str], unit: str | None) -> list[str]:
    """Return new lines beside old ones that are not indented: as the file indents, where their own levels are clear."""
    if unit is None or not _foreign(added, unit) or _is_mixed(lines, unit):
        return added
    return _as_opened(signed, unit) or added


def _foreign(added: Sequence[str], unit: str | None) -> bool:
    """Whether new lines are indented by blanks in a file of tabs, or by tabs in a file of blanks."""
    used = set("".join(map(indent_of, added)))
    return unit is not None and bool(used) and unit[0] not in used


def _is_mixed(lines: Sequence[str], unit: str) -> bool:
    """Whether a file that is indented by tabs has lines of blanks too, or the other way round."""
    other = "  " if unit == "\t" else "\t"
    return any(indent.startswith(other) for indent in indents_of(tuple(lines)))


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


def _as_old_lines(added: Sequence[str], levels: Sequence[tuple[str, str]], unit: str) -> list[str] | None:
    """Return new lines that are indented by blanks in a file of tabs, or by tabs in one of blanks, as the file indents them.

    `levels` holds the indentation of the first new line of each run, and in the file that of an old line beside it: none is
    more than a level from the other. None when no old line shows that, or how many blanks a tab was.
    """
    if not any(theirs for _, theirs in levels):
        return None
    if unit != "\t":
        near = all(abs(ours.count("\t") - len(theirs) // len(unit)) <= 1 for ours, theirs in levels)
        return _with_levels(added, "\t", unit) if near else None
    indents = [len(indent) for line in added if (indent := indent_of(line)) and line.strip()]
    apart = {
        width: sum(distances)
        for width in (8, 4)
        if all(indent % width == 0 for indent in indents)
        and max(distances := [abs(len(ours) // width - theirs.count("\t")) for ours, theirs in levels], default=0) <= 1
    }
    if not apart:
        return None
    width = " " * min(apart, key=lambda each: apart[each])
    return _with_levels(added, width, "\t")


def _as_opened(signed: Sequence[Line], unit: str) -> list[str] | None:
    """Return new lines, indented by what the file has not, beside old lines that are not indented at all, as the file indents.

    The first level is known by the line before it, which opens a block. None when there is no such line, or no whole levels.
    """
    added = [line.text for line in signed if line.sign == "+"]
    deep = [indent for line in added if (indent := indent_of(line)) and not line.strip().startswith("*")]
    if not deep or any(len(set(indent)) > 1 for indent in deep):
        return None
    width = min(deep, key=len)
    if len(width) not in ((1,) if "\t" in width else (2, 4, 8)) or any(len(indent) % len(width) for indent in deep):
        return None
    after = [line.text for line in signed if line.sign != "-" and line.text.strip()]
    first = next(at for at, line in enumerate(after) if indent_of(line).strip(" ") or len(indent_of(line)) >= len(width))
    if not first or indent_of(after[first]) != width or not after[first - 1].rstrip().endswith(OPENERS):
        return None
    return _with_levels(added, width, unit)


def _with_levels(added: Sequence[str], ours: str, theirs: str) -> list[str]:
    indents = [indent_of(line) if line.strip() else "" for line in added]
    return [
        "" if line == " " else indent.replace(ours, theirs) + line[len(indent) :]
        for line, indent in zip(added, indents, strict=True)
    ]
