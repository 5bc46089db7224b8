"""Observe what plausible candidates do on inputs that the tests do not show."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codecompanion.repair.docstring_examples import Example, examples
from codecompanion.repair.servers import TestServer
from codecompanion.repair.source import Edit, Function, SourceFile
from codecompanion.repair.spectrum import TracedTest
from codecompanion.repair.units import Candidate, cut, unit_of

MOST_CALLS = 40
EXTRA_INPUTS = 120
MOST_TESTS = 40
WALL_S = 5.0
TRACE_WALL_S = 1.0
NEVER_RUN = (ast.Global, ast.Nonlocal, ast.Pass)
RECORD_LIMIT_S = 0.3

Answers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A candidate's answers: the text of each result and of the arguments afterwards.

    `broken_examples` counts the examples of the docstring that it gets wrong, `unrun` the lines of the function that the
    tests run no more.
    """

    answers: Answers
    broken_examples: int = 0
    unrun: int = 0


class Observer:
    """Asks a server what candidates for one function answer."""

    def __init__(self, server: TestServer, root: str, tests: Sequence[TracedTest], seed: int) -> None:
        self._server, self._root, self._tests, self._seed = server, root, tests, seed
        self._calls: dict[tuple[str, int], list[str]] = {}

    async def observe(self, candidate: Candidate) -> Behaviour | None:
        """Return a candidate's behaviour; None when its function cannot be called from outside."""
        source, function = candidate.source, candidate.holder
        unit = unit_of(candidate, self._root)
        if function is None or unit is None:
            return None
        written = examples(function)
        calls = await self._recorded(source, function)
        if not calls and not written:
            return None
        request = {
            "op": "probe",
            "unit": unit,
            "calls": calls,
            "written": [repr(example.arguments) for example in written],
            "extra": EXTRA_INPUTS,
            "seed": self._seed,
            "wall_s": WALL_S,
        }
        answer = await self._server.ask(request)
        answers = tuple((value, after) for value, after in (answer or {}).get("answers", ()))
        return Behaviour(answers, _broken(written, answers), await self._unrun(candidate, function, unit)) if answers else None

    async def _unrun(self, candidate: Candidate, function: Function, unit: Mapping[str, Any]) -> int:
        """Return how many statements more than before no test runs."""
        tests = self._through(candidate.source, function)
        request = {
            "op": "trace",
            "unit": unit,
            "tests": [t.test_id for t in tests],
            "limit_s": RECORD_LIMIT_S,
            "wall_s": TRACE_WALL_S,
        }
        answer = await self._server.ask(request)
        found: dict[str, Any] = {result["test"]: result["lines"] for result in (answer or {}).get("results", ())}
        path = candidate.path
        before = {line for t in tests if t.test_id in found for line in t.lines.get(path, ())}
        after = {line for lines in found.values() for line in lines.get(f"{self._root}/{path}", ())}
        changed = SourceFile(path, candidate.changed_text().encode())
        new = next((f for f in changed.functions() if f.lineno == function.lineno), None)
        return max(0, _left_out(new, after) - _left_out(function, before)) if new and after else 0

    async def _recorded(self, source: SourceFile, function: Function) -> list[str]:
        key = (source.path, function.lineno)
        if key not in self._calls:
            self._calls[key] = await self._record(source, function)
        return self._calls[key]

    async def _record(self, source: SourceFile, function: Function) -> list[str]:
        start = source.line_start(function.body[0].lineno)
        unit = cut(source, (Edit(start, start, ""),), self._root)
        chosen = self._through(source, function)
        request: dict[str, Any] = {
            "op": "record",
            "unit": unit,
            "tests": [t.test_id for t in chosen],
            "most": MOST_CALLS,
            "limit_s": RECORD_LIMIT_S,
            "wall_s": WALL_S,
        }
        answer = await self._server.ask(request)
        return answer["calls"] if answer else []

    def _through(self, source: SourceFile, function: Function) -> list[TracedTest]:
        """Return tests that run a function, the failing ones first, then the cheapest."""
        lines = range(function.lineno, (function.end_lineno or 0) + 1)
        tests = [t for t in self._tests if t.collected and any(line in lines for line in t.lines.get(source.path, ()))]
        return sorted(tests, key=lambda t: (t.passed, t.cpu_s))[:MOST_TESTS]


def _left_out(function: Function, lines: set[int]) -> int:
    """Count the statements inside a function that begin on none of some lines."""
    inner = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and not isinstance(node, NEVER_RUN)]
    return sum(node.lineno not in lines for node in inner if node is not function)


def _broken(written: Sequence[Example], answers: Answers) -> int:
    return sum(repr(example.expected) != value for example, (value, _) in zip(written, answers, strict=False))
