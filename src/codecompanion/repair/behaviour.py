"""Observe what plausible candidates do on inputs that the tests do not show."""

from collections.abc import Sequence
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
RECORD_LIMIT_S = 0.3

Answers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A candidate's answers: the text of each result and of the arguments afterwards.

    `broken_examples` counts the examples of the docstring that it gets wrong.
    """

    answers: Answers
    broken_examples: int = 0


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
        return Behaviour(answers, _broken(written, answers)) if answers else None

    async def _recorded(self, source: SourceFile, function: Function) -> list[str]:
        key = (source.path, function.lineno)
        if key not in self._calls:
            self._calls[key] = await self._record(source, function)
        return self._calls[key]

    async def _record(self, source: SourceFile, function: Function) -> list[str]:
        lines = range(function.lineno, (function.end_lineno or 0) + 1)
        tests = [t for t in self._tests if t.collected and any(line in lines for line in t.lines.get(source.path, ()))]
        start = source.line_start(function.body[0].lineno)
        unit = cut(source, (Edit(start, start, ""),), self._root)
        chosen = sorted(tests, key=lambda t: (t.passed, t.cpu_s))[:MOST_TESTS]
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


def _broken(written: Sequence[Example], answers: Answers) -> int:
    return sum(repr(example.expected) != value for example, (value, _) in zip(written, answers, strict=False))
