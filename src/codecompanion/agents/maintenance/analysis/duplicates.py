"""Passages of code that stand in several places, by their lines without indentation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WINDOW = 12
"""So many lines with something in them must be the same."""
MOST_LINES = 400_000
"""More are not compared: the hashes of all windows are kept in memory."""
_NOTHING_IN_IT = frozenset("{}()[];,: \t")
_TELLS_LITTLE = ("import ", "from ", "#", "//", "*", "/*", '"', "'", "use ", "using ", "package ")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same passage in two places: paths, first lines, and how many lines with something in them."""

    first: str
    first_line: int
    second: str
    second_line: int
    lines: int


def duplicates(texts: Iterable[tuple[str, str]]) -> list[Duplicate]:
    """Return the duplicated passages, the longest first."""
    seen: dict[int, tuple[str, int, int]] = {}
    found: list[Duplicate] = []
    for path, text in texts:
        found += _of_file(path, list(_telling(text)), seen)
    return sorted(found, key=lambda one: (-one.lines, one.first, one.first_line))


def _telling(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if set(bare) - _NOTHING_IN_IT and not bare.startswith(_TELLS_LITTLE):
            yield number, bare


def _of_file(path: str, lines: list[tuple[int, str]], seen: dict[int, tuple[str, int, int]]) -> Iterator[Duplicate]:
    """Yield the passages of a file that were seen before, each as long as it goes on."""
    hashes = [hash(line) for _, line in lines]
    # The place in the other file that would go on the passage, and the passage so far.
    place: tuple[str, int] | None = None
    begun: tuple[str, int, int, int] | None = None
    for start in range(len(lines) - WINDOW + 1):
        key = hash(tuple(hashes[start : start + WINDOW]))
        known = seen.setdefault(key, (path, start, lines[start][0]))
        repeats = known[0] != path or known[1] + WINDOW <= start
        if repeats and begun is not None and (known[0], known[1]) == place:
            begun = (*begun[:3], begun[3] + 1)
            place = (known[0], known[1] + 1)
            continue
        if begun is not None:
            yield Duplicate(begun[0], begun[1], path, begun[2], begun[3])
            begun = place = None
        if repeats:
            begun, place = (known[0], known[2], lines[start][0], WINDOW), (known[0], known[1] + 1)
    if begun is not None:
        yield Duplicate(begun[0], begun[1], path, begun[2], begun[3])
