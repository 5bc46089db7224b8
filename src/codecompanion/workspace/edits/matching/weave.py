"""Turn a block and its place into the lines that change."""

from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.fitting import Unfit, fitted
from codecompanion.workspace.edits.matching.in_place import in_place
from codecompanion.workspace.edits.matching.indentation import Pair
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.source_text import Splice


def weave(lines: Sequence[str], place: Place, unit: str | None, evidence: Sequence[Pair] = ()) -> tuple[Splice, ...] | Unfit:
    """Return the splices of a block in a file's lines.

    `unit` is one level of the file's indentation, `evidence` what earlier blocks of this file showed of it.
    """
    signed = in_place(lines, place)
    if signed is not None:
        return _spliced(place, signed, [line.text for line in signed if line.sign == "+"])
    signed = place.reading.lines(place.tolerance)
    added = fitted(lines, place, signed, unit, evidence)
    if isinstance(added, Unfit):
        return added
    return _spliced(place, signed, _trimmed(lines, place, signed, added))


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
