"""A new side that is indented as the file is, though the old side of its block is not."""

from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Line
from codecompanion.workspace.edits.matching.indentation import indent_of
from codecompanion.workspace.edits.matching.place import Place
from codecompanion.workspace.edits.matching.readings import alignment, unsigned
from codecompanion.workspace.edits.matching.tolerance import Tolerance


def in_place(lines: Sequence[str], place: Place) -> tuple[Line, ...] | None:
    """Return the lines of a block with their signs when its new lines need no other indentation than they have.

    So it is when it begins as deep as the old lines do in the file, and most lines that stay are in it as deep as in the file,
    though they are not in the old side. A block that moves lines into or out of another begins elsewhere.
    """
    reading = place.reading
    found = [lines[at] for at in place.positions if at is not None]
    if reading.signed is not None or place.tolerance is not Tolerance.INDENTATION or len(found) < len(place.positions):
        return None
    opcodes = alignment([line.strip() for line in found], [line.strip() for line in reading.new])
    kept = [
        (reading.old[a + n], found[a + n], reading.new[c + n])
        for tag, a, b, c, _ in opcodes
        if tag == "equal"
        for n in range(b - a)
        if found[a + n].strip()
    ]
    first = [next(filter(str.strip, side), "") for side in (reading.old, found, reading.new)]
    begins = indent_of(first[1]) == indent_of(first[2])
    moved = [(indent_of(old), indent_of(there), indent_of(new)) for old, there, new in kept or [(first[0], first[1], first[2])]]
    moved = [(old, there, new) for old, there, new in moved if old != there]
    right = sum(there == new for _, there, new in moved)
    if not begins or not moved or right * 2 <= len(moved) or any(old == new for old, _, new in moved):
        return None
    return unsigned(reading.old, reading.new, opcodes)
