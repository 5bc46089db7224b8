"""The indentation of new lines, when the old ones stand elsewhere in the file than in the response."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

Pair = tuple[str, str]
"""The indentation of one line in the response and in the file."""
Rule = Callable[[str], str | None]
"""Returns the file's indentation for the response's, None when it does not know."""

_INDENT = re.compile(r"[ \t]*")
MIN_INDENTED_LINES = 2
WIDTHS = (4, 2, 8, 3, 1)


def indent_of(line: str) -> str:
    """Return the blanks and tabs that a line begins with."""
    found = _INDENT.match(line)
    return found[0] if found else ""


@lru_cache(maxsize=4)
def indents_of(lines: tuple[str, ...]) -> frozenset[str]:
    """Return what the lines of a file that are not blank begin with."""
    return frozenset(indent_of(line) for line in lines if line.strip())


def indent_unit(lines: Iterable[str]) -> str | None:
    """Return what one level is in a file: a tab or some blanks, None when hardly a line is indented."""
    indents = [indent_of(line) for line in lines if line.strip()]
    indented = [indent for indent in indents if indent]
    if len(indented) < MIN_INDENTED_LINES:
        return None
    if sum("\t" in indent for indent in indented) * 2 > len(indented):
        return "\t"
    steps = Counter(
        len(later) - len(earlier) for earlier, later in pairwise(indents) if len(later) > len(earlier) and "\t" not in later
    )
    step = next((step for step, _ in steps.most_common() if step in (2, 3, 4, 8)), None)
    return " " * step if step else None


def refitted(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> list[str] | None:
    """Return new lines as the file would indent them, None when that cannot be told."""
    if all(old == new for old, new in pairs) and any(old for old, _ in pairs):
        return list(added)
    for rule in _rules(pairs, [indent_of(line) for line in added if line.strip()], unit):
        fitted = [_applied(rule, line) for line in added]
        if all(line is not None for line in fitted):
            return [line for line in fitted if line is not None]
    return None


def _applied(rule: Rule, line: str) -> str | None:
    if not line.strip():
        return "" if line == " " else line  # the blank of a sign
    indent = indent_of(line)
    fitted = rule(indent)
    return None if fitted is None else fitted + line[len(indent) :]


def _rules(pairs: Sequence[Pair], added: Sequence[str], unit: str | None) -> Iterator[Rule]:
    """Return the rules that explain all pairs, the most likely one first."""
    units = [rule for rule in _unit_rules(pairs, added, unit) if _explains(rule, pairs)]
    shifts = [rule for rule in _shift_rules(pairs) if _explains(rule, pairs)]
    if shifts and units and unit and not all(_whole_levels(rule, added, unit) for rule in shifts):
        yield from units
    yield from shifts
    yield from units
    yield from (rule for rule in _tab_rules(pairs) if _explains(rule, pairs))
    if (nearest := _by_neighbours(pairs)) is not None:
        yield nearest


def _explains(rule: Rule, pairs: Sequence[Pair]) -> bool:
    return all(rule(old) == new for old, new in pairs)


def _whole_levels(rule: Rule, added: Sequence[str], unit: str) -> bool:
    fitted = [rule(indent) for indent in added]
    return all(indent is None or len(indent.expandtabs(len(unit))) % len(unit) == 0 for indent in fitted)


def _shift_rules(pairs: Sequence[Pair]) -> Iterator[Rule]:
    if not pairs:
        yield lambda indent: indent
        return
    old, new = pairs[0]
    if new.endswith(old):
        lost = new.removesuffix(old)
        yield lambda indent: lost + indent
    if old.endswith(new):
        extra = old.removesuffix(new)
        yield lambda indent: indent.removeprefix(extra) if indent.startswith(extra) else None


def _unit_rules(pairs: Sequence[Pair], added: Sequence[str], unit: str | None) -> Iterator[Rule]:
    """Return the rules that turn levels of the response into levels of the file, some levels deeper or less deep."""
    indents = [old for old, _ in pairs if old] + [indent for indent in added if indent]
    if unit is None or not indents:
        return
    for width in _widths(indents):
        for old, new in pairs[:1] or [("", "")]:
            shift = _levels(new, unit)[0] - _levels(old, width)[0]
            yield lambda indent, width=width, shift=shift: _converted(indent, width, unit, shift)


def _tab_rules(pairs: Sequence[Pair]) -> Iterator[Rule]:
    """Return the rules by which blanks became tabs at a place of a file that is indented otherwise elsewhere."""
    for old, new in pairs:
        if old and new and not old.strip(" ") and not new.strip("\t") and len(old) % len(new) == 0:
            width = " " * (len(old) // len(new))
            yield lambda indent, width=width: _converted(indent, width, "\t", 0)


def are_the_files(added: Sequence[str], pairs: Sequence[Pair], unit: str | None) -> bool:
    """Whether new lines are indented as old ones are in the file, which the response has off by less than a level.

    Then only the old lines were written wrong: to move the new ones too would take them to no level at all.
    """
    ours = {indent_of(line) for line in added if line.strip()} - {""}
    moved = [(old, new) for old, new in pairs if old != new]
    if unit is None or "\t" in "".join([unit, *ours, *(old + new for old, new in moved)]):
        return False
    step = len(unit)
    off = bool(moved) and all((len(old) - len(new)) % step for old, new in moved)
    other_step = any(all(len(old) * step == len(new) * width for old, new in moved) for width in WIDTHS)
    return bool(ours) and off and not other_step and ours <= {new for _, new in pairs} - {old for old, _ in moved}


def _widths(indents: Sequence[str]) -> list[str]:
    """Return what one level can be in the response, what leaves no blanks over first."""
    if any("\t" in indent for indent in indents):
        return ["\t"]
    common = math.gcd(*(len(indent) for indent in indents))
    whole = [width for width in WIDTHS if common % width == 0]
    return [" " * width for width in (*whole, *(width for width in (4, 2) if width not in whole))]


def _levels(indent: str, unit: str) -> tuple[int, str]:
    level = 0
    while indent.startswith(unit):
        indent = indent.removeprefix(unit)
        level += 1
    return level, indent


def _converted(indent: str, width: str, unit: str, shift: int) -> str | None:
    level, rest = _levels(indent, width)
    if level + shift < 0 or "\t" in rest:
        return None
    return unit * (level + shift) + rest


def _by_neighbours(pairs: Sequence[Pair]) -> Rule | None:
    known: dict[str, set[str]] = {}
    for old, new in pairs:
        known.setdefault(old, set()).add(new)
    if not known:
        return None
    return lambda indent: next(iter(known[indent])) if len(known.get(indent, ())) == 1 else None
