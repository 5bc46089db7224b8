"""The line numbers that a viewer put before the lines of a text."""

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = re.compile(r"^\s*(?P<number>\d{1,18})(?:\s?[|:\u2502\u2192]|\t)(?P<rest>.*)$")
_RARE_NUMBER = re.compile(r"^\s*(?:L|\[|\()?(?P<number>\d{1,18})(?:[\]).:>-]+|(?= |$))(?P<rest>.*)$")
"""As fewer viewers write it: a number alone, in brackets, with a dot. Code may look so too, but not for many lines in a row."""
_NO_NUMBER = re.compile(r"^\s+[|\u2502\u2192](?P<rest>.*)$")
"""What stands before a line that has no number yet: a model has added it."""


def without_numbers(text: str, blanks: int = 0) -> str:
    """Return a text without the line numbers before its lines, and so many blanks behind them; as it is when it has none."""
    lines = text.split("\n")
    found = _numbers(lines)
    return "\n".join(_rests(lines, found, _blanks(lines, found, blanks))) if found else text


def sides_without_numbers(old: str, new: str, blanks: int = 0) -> tuple[str, str] | None:
    """Return an old text, which has line numbers, and a new one without them; None when it cannot be told what is a number.

    The new one may have none at all. Its numbers need not rise, as those of the old one do: lines go and come.
    """
    before, after = old.split("\n"), new.split("\n")
    numbers = _numbers(before)
    pattern = _pattern(numbers)
    if not any(map(pattern.match, after)):
        return without_numbers(old, blanks), new
    found = [pattern.match(line) or (_NO_NUMBER.match(line) if pattern is _NUMBER else None) for line in after]
    if pattern is _RARE_NUMBER:
        near = [_is_near(one, numbers, len(after)) for one in found if one]
        if not any(near):
            return without_numbers(old, blanks), new
        if not all(near) or not all(one or not line.strip() for one, line in zip(found, after, strict=True)):
            return None
    blanks = _blanks([*before, *after], [*numbers, *found], blanks)
    return "\n".join(_rests(before, numbers, blanks)), "\n".join(_rests(after, found, blanks))


def _is_near(number: re.Match[str], old: Sequence[re.Match[str] | None], more: int) -> bool:
    """Whether a number is one of the old ones, or one of so many that may follow: others belong to the text."""
    known = [int(one["number"]) for one in old if one]
    return known[0] <= int(number["number"]) <= known[-1] + more


def is_numbered(text: str) -> bool:
    """Whether a viewer put a line number before each line of a text."""
    lines = [line for line in text.split("\n") if line.strip()]
    numbers = [int(one["number"]) for one in _numbers(lines) if one]
    return bool(lines) and len(numbers) == len(lines) and numbers == sorted(set(numbers))


def has_number(line: str) -> bool:
    """Whether a line begins with a number as most viewers write it."""
    return bool(_NUMBER.match(line))


def _numbers(lines: Sequence[str]) -> list[re.Match[str] | None]:
    """Return the number of each line with what follows it, [] when the lines are not numbered."""
    for pattern in (_NUMBER, _RARE_NUMBER):
        found = [pattern.match(line) for line in lines]
        numbers = [int(one["number"]) for one in found if one]
        whole = all(one or not line.strip() for one, line in zip(found, lines, strict=True))
        rising = numbers == sorted(set(numbers))
        in_a_row = len(numbers) > 1 and all(later == earlier + 1 for earlier, later in pairwise(numbers))
        if numbers and (whole or rising if pattern is _NUMBER else whole and in_a_row):
            return found
    return []


def _pattern(found: Sequence[re.Match[str] | None]) -> re.Pattern[str]:
    return _RARE_NUMBER if any(one and not (_NUMBER.match(one[0]) or _NO_NUMBER.match(one[0])) for one in found) else _NUMBER


def _blanks(lines: Sequence[str], found: Sequence[re.Match[str] | None], blanks: int) -> int:
    """Return how many blanks belong to the numbers: as many as are asked for, or those that all lines have."""
    if blanks or _pattern(found) is _NUMBER:
        return blanks
    rests = [rest for rest in _rests(lines, found, 0) if rest.strip()]
    return min((len(rest) - len(rest.lstrip(" ")) for rest in rests), default=0)


def _rests(lines: Sequence[str], found: Sequence[re.Match[str] | None], blanks: int) -> list[str]:
    return [line if one is None else one["rest"].removeprefix(" " * blanks) for line, one in zip(lines, found, strict=True)]
