"""Text for a model: without what a terminal would obey, without secrets, never too long."""

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST_LINE = 2000
"""In characters."""
_THOUSAND = 1000
_ONE_DIGIT_MORE = 10


def readable(text: str) -> str:
    """Return a text without escape sequences, control characters and marks that turn the direction of writing."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n"))).expandtabs(8)


def cut_line(line: str) -> str:
    """Return a line with a mark in place of what is beyond 2000 characters."""
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} [... {len(line) - LONGEST_LINE} more characters]"


def head_and_tail(text: str, most: int) -> str:
    """Return a text of at most about `most` characters: its beginning and, since it says most, twice as much of its end."""
    if len(text) <= most:
        return text
    head, tail = text[: most // 3], text[-(most - most // 3) :]
    return f"{head}\n[... {len(text) - most} characters left out ...]\n{tail}"


def size_of(count: float) -> str:
    """Return a number of bytes as a person writes it."""
    units = iter(("B", "kB", "MB"))
    unit = next(units)
    while count >= _THOUSAND and unit != "MB":
        count, unit = count / _THOUSAND, next(units)
    return f"{count:.1f} {unit}" if unit != "B" and count < _ONE_DIGIT_MORE else f"{count:.0f} {unit}"
