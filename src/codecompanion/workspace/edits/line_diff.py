"""What differs between two lists of lines, fast also when they are long and much alike.

Lines that both sides have once are the fixed points (Bram Cohen's patience diff); only what lies between them is compared.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Change = tuple[int, int, int, int]
"""Old lines from, to, and the new lines from, to that take their place."""

MAX_COMPARED = 200_000
"""Of old times new lines between two fixed points; more count as changed altogether."""


def changes_between(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Return the changes that turn one side into the other, in order; equal lines lie between each two."""
    found: list[Change] = []
    for change in _changes(old, new):
        if found and found[-1][1] == change[0] and found[-1][3] == change[2]:
            found[-1] = (found[-1][0], change[1], found[-1][2], change[3])
        else:
            found.append(change)
    return found


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    a = c = 0
    for at, there in [*_fixed_points(old, new), (len(old), len(new))]:
        ours, theirs = old[a:at], new[c:there]
        if ours != theirs:  # most fixed points follow each other
            yield from _between(ours, theirs, a, c)
        a, c = at + 1, there + 1


def _between(old: Sequence[str], new: Sequence[str], a: int, c: int) -> Iterator[Change]:
    head = common_head(old, new)
    tail = common_head(old[head:][::-1], new[head:][::-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    a, c = a + head, c + head
    if len(old) * len(new) > MAX_COMPARED:
        yield a, a + len(old), c, c + len(new)
    elif old or new:
        for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                yield a + i, a + j, c + k, c + m


def _fixed_points(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest rising chain of lines that both sides have exactly once."""
    counted, other = Counter(old), Counter(new)
    places = {line: at for at, line in enumerate(new) if other[line] == 1 and counted[line] == 1}
    pairs = [(at, places[line]) for at, line in enumerate(old) if line in places]
    ends: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    for n, (_, there) in enumerate(pairs):
        at = bisect_left(ends, there)
        before.append(chain[at - 1] if at else -1)
        ends[at : at + 1] = [there]
        chain[at : at + 1] = [n]
    points: list[tuple[int, int]] = []
    n = chain[-1] if chain else -1
    while n >= 0:
        points.append(pairs[n])
        n = before[n]
    return points[::-1]


def common_head(one: Sequence[str], two: Sequence[str]) -> int:
    """Return how many lines two lists begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
