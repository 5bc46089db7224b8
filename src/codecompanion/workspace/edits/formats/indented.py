"""A patch that stands deeper than the rest of its response: in a list, or in a document's block of code."""

import re
from collections.abc import Iterator, Sequence

_OPENS = re.compile(r"^(?P<margin>[ \t]+)(?:diff --git \S|--- \S|Index: \S|\*{3} ?Begin Patch\b)")
_ENVELOPE = "***"


def at_margin(lines: Sequence[str]) -> list[str]:
    """Return lines with each indented patch at the margin; a diff before other lines in a fence, so that its end is told."""
    found: list[str] = []
    at = 0
    for start, end, margin in _patches(lines):
        inside = [line.removeprefix(margin) for line in lines[start:end]]
        ends = not inside[0].startswith(_ENVELOPE) and any(line.strip() for line in lines[end:])
        found += [*lines[at:start], *(["```diff", *inside, "```"] if ends else inside)]
        at = end
    return [*found, *lines[at:]]


def _patches(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Return where each patch begins and ends, the last line excluded, and what stands before each of its lines."""
    at = 0
    while at < len(lines):
        opened = _OPENS.match(lines[at])
        if opened is None or not _is_patch(lines, at, opened["margin"]):
            at += 1
            continue
        start, margin = at, opened["margin"]
        while at < len(lines) and (lines[at].startswith(margin) or not lines[at].strip()):
            at += 1
        filled = next((n for n in range(at, start, -1) if lines[n - 1].strip()), at)
        yield start, filled if at < len(lines) else at, margin


def _is_patch(lines: Sequence[str], at: int, margin: str) -> bool:
    """Whether the names of a diff's two sides, or the operation of an envelope, follow as deep as what begins it."""
    follows = tuple(
        margin + name for name in ("+++ ", "*** ", "***Update", "rename from", "new file mode", "deleted file mode")
    )
    return any(line.startswith(follows) for line in lines[at + 1 : at + 5])
