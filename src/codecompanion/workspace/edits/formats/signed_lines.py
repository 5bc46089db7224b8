"""The body of a hunk: lines that begin with a blank, a minus or a plus, or have lost it."""

import re
from collections.abc import Sequence

from codecompanion.workspace.edits.edit import Hunk, Line

_NO_NEWLINE = re.compile(r"^\\ ?No newline", re.IGNORECASE)


def hunk_of(
    body: Sequence[str],
    *,
    first_line: int | None = None,
    counts: tuple[int, int] | None = None,
    scopes: tuple[str, ...] = (),
    at_end: bool = False,
) -> Hunk:
    """Return the hunk that the lines of a body make."""
    lines: list[Line] = []
    marked: set[str] = set()
    for raw in body:
        if _NO_NEWLINE.match(raw):
            marked |= {lines[-1].sign} if lines else set()
        else:
            lines.append(line_of(raw))
    while lines and lines[-1].raw == "" and not (counts and _fits(lines, counts)):
        lines.pop()  # a blank line between hunks, or before the fence
    return Hunk(tuple(lines), first_line, counts, scopes, at_end, _final_newline(marked))


def line_of(raw: str) -> Line:
    """Return a line of a hunk. One that begins with nothing known has lost its blank."""
    raw = raw.removesuffix("\r")
    raw = f" {raw[1:]}" if raw.startswith("\u00a0") else raw
    if raw[:1] == "+":
        return Line("+", raw[1:], raw)
    if raw[:1] == "-":
        return Line("-", raw[1:], raw)
    return Line(" ", raw.removeprefix(" "), raw)


def are_signed(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether each line of two sides begins with a sign: what goes with '-', what comes with '+', what stays with a blank."""
    signs = [{line[0] for line in side if line.strip()} for side in (old, new)]
    return "+" in signs[1] and "-" in signs[0] <= {" ", "-"} and signs[1] <= {" ", "+"}


def _fits(lines: Sequence[Line], counts: tuple[int, int]) -> bool:
    return counts == (sum(line.sign != "+" for line in lines), sum(line.sign != "-" for line in lines))


def _final_newline(marked: set[str]) -> bool | None:
    # The marker stands behind the last old line, the last new line, or the last line of both.
    if not marked:
        return None
    return not ("+" in marked or " " in marked)
