"""Conditions made from observed values: what would have to hold for the failing tests to pass, and what tells those cases.

The idea is that of Nopol (Xuan et al., IEEE TSE 2017): force a condition both ways to learn which way each failing test needs
it, note what the variables around it are in all tests, and look for a small condition that says exactly that.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import anyio

from codecompanion.repair.localize import SuspectStatement
from codecompanion.repair.server.watch import WATCHER
from codecompanion.repair.servers import TestServer
from codecompanion.repair.source import Edit
from codecompanion.repair.units import Candidate, unit_of
from codecompanion.repair.validate import Judge

MOST_PLACES = 16
MOST_TESTS = 60
MOST_SEEN = 40
MOST_CONDITIONS = 30
MOST_ATOMS = 160
LIMIT_S = 0.5
WALL_S = 8.0
PRIOR = 0.002
"""About the share of a single offer of the template "condition", which makes conditions without having seen any value."""
SMALL = (0, 1, -1, 2)
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Continue, ast.Break)
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one test saw at a place, and what the condition there has to be."""

    values: Values
    actual: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A condition that is there (`own` is its text), or one that a statement may lack (`own` is "")."""

    suspect: SuspectStatement
    own: str

    def candidate(self, text: str) -> Candidate:
        """Return the change that makes a text the condition."""
        source, stmt = self.suspect.source, self.suspect.stmt
        function, line = source.qualified_name(stmt), stmt.lineno
        description = f"`{self.own}` became `{text}` in {function}, line {line}"
        if isinstance(stmt, ast.If | ast.While):
            edit = Edit(*source.span(stmt.test), text)
        else:
            description = f"added `if {text}:` in {function}, line {line}"
            edit = self._around(f"if {text}:")
        template = "condition from values" if self.own else "guard from values"
        return Candidate(source, (edit,), template, PRIOR * self.suspect.score**2, line, function, description)

    def watched(self) -> Candidate:
        """Return the change that tells the watcher what is seen here."""
        if self.own:
            return self.candidate(f"{WATCHER}(locals(), {self.own})")
        return self.candidate(f"{WATCHER}(locals(), True)")

    def _around(self, head: str) -> Edit:
        source, stmt = self.suspect.source, self.suspect.stmt
        indent, (start, end) = source.indent(stmt), source.span(stmt)
        first, *rest = source.segment(stmt).split("\n")
        return Edit(start, end, "\n".join([head, f"{indent}    {first}", *(f"    {line}" if line else line for line in rest)]))


async def synthesised(
    judge: Judge, server: TestServer, suspects: Sequence[SuspectStatement], failing: frozenset[str], until: float
) -> list[Candidate]:
    """Return candidates with conditions that fit what tests saw, the likeliest first; nothing is begun after `until`."""
    found: list[Candidate] = []
    for place in [place for suspect in suspects if (place := _place(suspect))][:MOST_PLACES]:
        if anyio.current_time() > until:
            break
        found += await _at(judge, server, place, failing)
    return sorted(found, key=lambda c: -c.prior)


def _place(suspect: SuspectStatement) -> _Place | None:
    source, stmt = suspect.source, suspect.stmt
    if source.outermost_function(stmt) is None or not source.starts_line(stmt):
        return None
    if isinstance(stmt, ast.If | ast.While):
        return _Place(suspect, source.segment(stmt.test))
    has_text = isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)
    return _Place(suspect, "") if isinstance(stmt, SIMPLE) and not has_text else None


async def _at(judge: Judge, server: TestServer, place: _Place, failing: frozenset[str]) -> list[Candidate]:
    needs = await _needs(judge, server, place, failing)
    if needs is None:
        return []
    watched = place.watched()
    tests = [test for test in judge.affected(watched) if test in needs or test not in failing][:MOST_TESTS]
    unit = unit_of(watched, judge.root)
    answer = await server.ask(
        {"op": "watch", "unit": unit, "tests": tests, "most": MOST_SEEN, "limit_s": LIMIT_S, "wall_s": WALL_S}
    )
    seen = [_seen(one, needs) for one in (answer or {}).get("seen", ())]
    numbers = {n.value for n in ast.walk(place.suspect.source.tree) if isinstance(n, ast.Constant) and type(n.value) is int}
    texts = conditions(seen, place.own, sorted(numbers | set(SMALL)))
    return [place.candidate(text) for text in texts]


def _seen(one: Mapping[str, Any], needs: Mapping[str, bool]) -> Seen:
    test, actual = one["test"], bool(one["actual"])
    return Seen(one["values"], actual, needs.get(test, actual))


async def _needs(judge: Judge, server: TestServer, place: _Place, failing: frozenset[str]) -> dict[str, bool] | None:
    """Return what each failing test that comes here needs the condition to be; None when forcing it does not cure all."""
    ways = (False, True) if place.own and isinstance(place.suspect.stmt, ast.If) else (False,)
    needs: dict[str, bool] = {}
    concerned: set[str] = set()
    for way in ways:
        forced = place.candidate(str(way))
        concerned = {test for test in judge.affected(forced) if test in failing}
        passed = await judge.passed(server, forced)
        needs = dict.fromkeys(concerned & passed, way) | needs
    return needs if needs and set(needs) == concerned else None


def conditions(seen: Sequence[Seen], own: str, numbers: Sequence[int]) -> list[str]:
    """Return the texts of small conditions that are what is wanted in all that was seen, the simplest first.

    `own` is the condition that is there, "" for none. Only numbers that the code itself has, or very small ones, are compared
    with: a condition that names a value of a test would be made for that test.
    """
    wanted = tuple(one.wanted for one in seen)
    if len(set(wanted)) < 2:  # noqa: PLR2004 - true and false
        return []
    actual = tuple(one.actual for one in seen)
    atoms = _atoms(seen, numbers)
    found = [text for truth, text in atoms.items() if truth == wanted]
    if own:
        left = f"({own})" if " or " in own or " and " in own or " if " in own else own
        for truth, text in atoms.items():
            if tuple(a and b for a, b in zip(actual, truth, strict=True)) == wanted:
                found.append(f"{left} and {text}")
            if tuple(a or b for a, b in zip(actual, truth, strict=True)) == wanted:
                found.append(f"{left} or {text}")
    return (found or list(_pairs(atoms, wanted)))[:MOST_CONDITIONS]


def _pairs(atoms: Mapping[tuple[bool, ...], str], wanted: tuple[bool, ...]) -> Iterator[str]:
    for (a, left), (b, right) in combinations(list(atoms.items())[:MOST_ATOMS], 2):
        if tuple(map(all, zip(a, b, strict=True))) == wanted:
            yield f"{left} and {right}"
        if tuple(map(any, zip(a, b, strict=True))) == wanted:
            yield f"{left} or {right}"


def _atoms(seen: Sequence[Seen], numbers: Sequence[int]) -> dict[tuple[bool, ...], str]:
    """Return simple conditions by what they are in each case: of those that never differ the simplest stays."""
    names = sorted(set[str].intersection(*(set(one.values) for one in seen)), key=lambda name: (len(name), name))
    atoms: dict[tuple[bool, ...], str] = {}
    for text, truth in _written([one.values for one in seen], names, numbers):
        atoms.setdefault(truth, text)
    return atoms


def _written(rows: Sequence[Values], names: Sequence[str], numbers: Sequence[int]) -> Iterator[tuple[str, tuple[bool, ...]]]:
    columns = {name: [row[name] for row in rows] for name in names}
    for name, column in columns.items():
        if not name.startswith("len("):
            yield name, tuple(map(bool, column))
            yield f"not {name}", tuple(not value for value in column)
        if any(value is None for value in column):
            yield f"{name} is None", tuple(value is None for value in column)
            yield f"{name} is not None", tuple(value is not None for value in column)
    numeric = {name: column for name, column in columns.items() if all(type(value) in (int, float) for value in column)}
    for name, column in numeric.items():
        for number in numbers:
            for sign in COMPARISONS:
                yield f"{name} {sign} {number}", tuple(_holds(value, sign, number) for value in column)
    for (left, lefts), (right, rights) in combinations(numeric.items(), 2):
        for sign in COMPARISONS:
            yield f"{left} {sign} {right}", tuple(_holds(a, sign, b) for a, b in zip(lefts, rights, strict=True))


def _holds(left: float, sign: str, right: float) -> bool:
    match sign:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case ">":
            return left > right
        case "<=":
            return left <= right
        case _:
            return left >= right
