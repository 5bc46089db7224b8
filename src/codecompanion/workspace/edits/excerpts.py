"""Whether a text that is sent as a whole file is only a part of it."""

from collections import Counter
from collections.abc import Sequence

from codecompanion.workspace.edits.line_diff import changes_between
from codecompanion.workspace.edits.matching.indentation import indent_of

EXCERPT = 0.5
SNIPPET = 0.25
FEW = 0.1
MIN_LINES = 8
LOST = 3
"""Lines at an end of a file that an edit hardly takes away unless they are a whole definition."""
MUCH = 0.2
"""Of a file: so much of one end is not taken away by an edit that keeps the rest."""
HEAD = 10
"""Lines of imports and the like that no edit takes away from the beginning of a file."""
_CLOSING = ("}", ")", "]", "end", "</")


def is_excerpt(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the new lines are a part of the old ones and little else, or lack one end of them."""
    old = [line.rstrip() for line in before if line.strip()]
    new = [line.rstrip() for line in after if line.strip()]
    if len(old) < MIN_LINES or len(new) >= len(old):
        return False
    return _is_part(old, new) or _lacks_an_end(old, new) or (old[-1] != new[-1] and _open(old) == 0 < _open(new))


def is_foreign(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the new lines are a few in the place of many and none of them: a message, and not the file."""
    old, new = ([line.strip() for line in side if line.strip()] for side in (before, after))
    return len(old) >= MIN_LINES and len(new) <= len(old) * FEW and not set(old) & set(new)


def _open(lines: Sequence[str]) -> int:
    """Return how many brackets are open at the end of a text; strings and comments count too."""
    text = "".join(lines)
    return sum(text.count(opening) - text.count(closing) for opening, closing in ("()", "[]", "{}"))


def _is_part(old: Sequence[str], new: Sequence[str]) -> bool:
    kept = (Counter(new) & Counter(old)).total()
    begins = old[: len(new) - 1] == new[:-1] and (
        new[-1:] == old[len(new) - 1 : len(new)] or old[len(new) - 1].startswith(new[-1])
    )
    # The shorter it is beside the file, the fewer of its lines need be old ones.
    known_share = 0.8 if len(new) > len(old) * SNIPPET else 0.3
    return (len(new) < len(old) * EXCERPT and kept >= len(new) * known_share) or (begins and len(new) > 1)


def _lacks_an_end(old: Sequence[str], new: Sequence[str]) -> bool:
    changes = changes_between(old, new)
    if not changes:
        return False
    first, last = changes[0], changes[-1]
    if last[1] == len(old) and last[3] == len(new) and last[0] < last[1]:
        lost, come = old[last[0] : last[1]], new[last[2] : last[3]]
        # The last line of what was cut off may have come in part.
        if come and len(come) == 1 and any(line.startswith(come[0]) for line in lost):
            come = []
        # Where a definition ends, what follows is less deep.
        inside = indent_of(lost[0]) != "" and len(indent_of(lost[0])) >= len(indent_of(new[last[2] - 1]))
        if not come and _is_cut(lost, old, inside or lost[0].strip().startswith(_CLOSING)):
            return True
    if first[0] == first[2] == 0 and first[1] > 0:
        lost, come = old[: first[1]], new[: first[3]]
        inside = indent_of(new[0]) != "" or new[0].strip().startswith(_CLOSING)
        return not come and (_is_cut(lost, old, inside) or len(lost) > HEAD)
    return False


def _is_cut(lost: Sequence[str], old: Sequence[str], inside: bool) -> bool:  # noqa: FBT001 - of two alike calls
    return len(lost) > LOST and (inside or len(lost) > len(old) * MUCH)
