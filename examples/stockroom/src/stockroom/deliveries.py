"""Reads the notes that come with deliveries."""

from stockroom.articles import checked_number


class BadLine(ValueError):
    """A line of a delivery note cannot be read."""


def read_delivery(note: str) -> dict[str, int]:
    """Return how many of each article a note lists.

    Each line is an article number and a count; what follows a # is a remark, and empty lines do not count.

    Raises:
        BadLine: A line cannot be read; the message has its number.
    """
    counts: dict[str, int] = {}
    for number, line in enumerate(note.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        article, count = _read_line(number, words)
        counts[article] = count
    return counts


def _read_line(number: int, words: list[str]) -> tuple[str, int]:
    try:
        article, count = words
        read = checked_number(article), int(count)
    except ValueError as error:
        raise BadLine(f"line {number}: {error}") from error
    if read[1] <= 0:
        raise BadLine(f"line {number}: a delivery brings at least one of an article")
    return read
