"""The code that an objective is probably about, as it stands in the files: what an agent would read first."""

from collections.abc import Collection, Iterator, Sequence

from codecompanion.workspace.retrieval.answer import Located

FILES = 3
SYMBOLS_OF_A_FILE = 3
LONGEST_EXCERPT = 90
LONGEST_LINE = 200
SHORT_FILE = 80
HEAD = 20
"""So many lines of a longer file that is meant by its name are shown from its beginning, where its imports are."""


def excerpts(rows: Sequence[tuple[Located, str]], most_lines: int, named: Collection[str] = ()) -> str:
    """Return the likeliest functions and classes of files with the numbers of their lines, best file first.

    Args:
        rows: Files as they were located, with their texts, best first.
        most_lines: How many lines are shown in all. What does not fit is left out whole, so that nothing shown is cut off.
        named: Paths of files that will be changed: short ones are shown whole, of others also the beginning.
    """
    shown: list[str] = []
    left = most_lines
    for row, text in rows[: FILES + len(named)]:
        lines = text.splitlines()
        for first, last in _spans_of_named(row, len(lines)) if row.path in named else _spans(row):
            if last - first + 1 > left:
                continue
            left -= last - first + 1
            shown.append(f"{row.path}, lines {first} to {last} of {len(lines)}")
            shown += [f"{n:>5} | {lines[n - 1][:LONGEST_LINE]}" for n in range(first, min(last, len(lines)) + 1)]
    return "\n".join(shown)


def _spans_of_named(row: Located, lines: int) -> Iterator[tuple[int, int]]:
    """Return the whole of a short file; of another its beginning and its best symbols, each line once."""
    if lines <= SHORT_FILE:
        yield (1, lines)
        return
    yield (1, HEAD)
    yield from ((max(first, HEAD + 1), last) for first, last in _spans(row) if last > HEAD)


def _spans(row: Located) -> Iterator[tuple[int, int]]:
    """Return the lines of the best symbols, each line once."""
    taken: list[tuple[int, int]] = []
    for spot in row.spots[:SYMBOLS_OF_A_FILE]:
        first, last = spot.symbol.first_line, spot.symbol.last_line
        if last - first < LONGEST_EXCERPT and not any(first <= end and begin <= last for begin, end in taken):
            taken.append((first, last))
    yield from sorted(taken)
