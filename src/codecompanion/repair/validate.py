"""Judge candidates with the project's tests: a few failing ones first, then all that can be affected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from codecompanion.repair.parsing import compiles
from codecompanion.repair.servers import TestServer
from codecompanion.repair.spectrum import TracedTest
from codecompanion.repair.units import Candidate, unit_of

SCREENING_TESTS = 6
HANGS_S = 0.9
CHEAP_S = 0.005
LIMIT_FLOOR_S = 0.06
CONFIRM_EXTRA_S = 0.25
START_S = 20.0
TURNS = 3
"""So often the failing tests must pass with a candidate: one of them may pass by chance."""
TURN_S = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the tests said. `passed` counts those that passed before the first that did not; `test` is that one."""

    candidate: Candidate
    outcome: str
    passed: int = 0
    test: str = ""
    message: str = ""

    @property
    def plausible(self) -> bool:
        """Whether all tests passed."""
        return self.outcome == "passed"


class Judge:
    """Knows which tests to run for a candidate. Tests are ordered by cost, cheapest first."""

    def __init__(self, root: str, tests: Sequence[TracedTest]) -> None:
        self.root = root
        ordered = sorted(tests, key=lambda t: t.cpu_s)
        self._failing = [t for t in ordered if not t.passed]
        self._passing = [t for t in ordered if t.passed]
        dearest_s = max((t.cpu_s for t in tests if t.passed), default=0.0)
        self._steady = _within([t for t in self._failing if t.collected], TURN_S)
        self._limits = {t.test_id: _limit_s(t, dearest_s) for t in tests}
        self._cheap = {t.test_id: t.cpu_s < CHEAP_S for t in tests}
        self._chosen: dict[tuple[str, str], tuple[list[str], list[str]]] = {}

    async def screen(self, server: TestServer, batch: Sequence[Candidate], *, apart: bool = False) -> list[Judgement]:
        """Judge candidates by a few failing tests, quickly; outcome "reimport" asks for `judge_fresh`.

        Several share a process, unless they are to be judged `apart`.
        """
        if any(not test.collected for test in self._failing):
            return [Judgement(c, "reimport") for c in batch]
        units = [(c, unit_of(c, self.root)) for c in batch]
        swappable = [(c, unit) for c, unit in units if unit is not None]
        judged = {c.rank: Judgement(c, "reimport") for c, unit in units if unit is None}
        if swappable:
            jobs = [self._screening(c, unit) for c, unit in swappable]
            answer = await server.ask({"op": "screen", "jobs": jobs, "apart": apart})
            answers = answer["answers"] if answer else [{"outcome": "crash"}] * len(jobs)
            judged |= {c.rank: _judgement(c, a) for (c, _), a in zip(swappable, answers, strict=True)}
        return [judged[c.rank] for c in batch]

    async def confirm(self, server: TestServer, candidate: Candidate) -> Judgement:
        """Judge a candidate alone in its process: every failing test, then the passing ones that run the function.

        The failing tests are run some times more, with other random numbers.
        """
        unit = unit_of(candidate, self.root)
        judgement = await self._try(server, candidate, self._tests(candidate)[1], unit=unit)
        for turn in range(1, TURNS):
            if judgement.plausible and self._steady:
                judgement = await self._try(server, candidate, self._steady, unit=unit, turn=turn)
        return judgement

    async def _try(self, server: TestServer, candidate: Candidate, tests: list[str], **more: Any) -> Judgement:
        answer = await server.ask({"op": "try", **self._request(tests, CONFIRM_EXTRA_S, **more)})
        return _judgement(candidate, answer or {"outcome": "crash"})

    async def judge_fresh(self, server: TestServer, candidate: Candidate) -> Judgement:
        """Judge a candidate by importing the project anew."""
        text = candidate.changed_text()
        if not compiles(text):
            return Judgement(candidate, "invalid")
        tests = self._tests(candidate)[1]
        request = self._request(tests, CONFIRM_EXTRA_S, files={f"{self.root}/{candidate.path}": text}, start_s=START_S)
        return _judgement(candidate, await server.ask(request) or {"outcome": "crash"})

    async def fixed(self, server: TestServer, candidate: Candidate) -> int:
        """Return how many failing tests a candidate cures less how many of the affected passing ones it breaks."""
        passed = await self.passed(server, candidate)
        failing = {t.test_id for t in self._failing}
        return len(passed & failing) - sum(test not in passed for test in self.affected(candidate) if test not in failing)

    async def passed(self, server: TestServer, candidate: Candidate) -> set[str]:
        """Return which of the affected tests pass with a candidate."""
        unit = unit_of(candidate, self.root)
        request = self._request(self.affected(candidate), CONFIRM_EXTRA_S, unit=unit, all=True)
        answer = await server.ask({"op": "try", **request})
        return set((answer or {}).get("passed", ()))

    def affected(self, candidate: Candidate) -> list[str]:
        """Return the failing tests, those that run the candidate's function first, and the passing ones that run it."""
        return self._tests(candidate)[1]

    def _screening(self, candidate: Candidate, unit: dict[str, Any]) -> dict[str, Any]:
        """Return a screening job. Several cheap tests are all run: partial success is the ground for a second edit."""
        tests = self._tests(candidate)[0]
        return self._request(tests, unit=unit, all=all(self._cheap[test] for test in tests))

    @property
    def _all_tests(self) -> list[str]:
        return [t.test_id for t in (*self._failing, *self._passing)]

    def _request(self, tests: list[str], extra_s: float = 0.0, **more: Any) -> dict[str, Any]:
        return {"tests": tests, "limits": [self._limits[test] + extra_s for test in tests], **more}

    def _tests(self, candidate: Candidate) -> tuple[list[str], list[str]]:
        """Return the screening tests and all affected tests of the function that a candidate changes."""
        key = (candidate.path, candidate.function)
        if key not in self._chosen:
            self._chosen[key] = self._choose(candidate)
        return self._chosen[key]

    def _choose(self, candidate: Candidate) -> tuple[list[str], list[str]]:
        function = candidate.holder
        if function is None:
            return self._all_tests[:SCREENING_TESTS], self._all_tests
        lines = frozenset(range(function.lineno, (function.end_lineno or 0) + 1))
        near = [t.test_id for t in self._failing if lines.intersection(t.lines.get(candidate.path, ()))]
        far = [t.test_id for t in self._failing if t.test_id not in near]
        affected = [t.test_id for t in self._passing if lines.intersection(t.lines.get(candidate.path, ()))]
        return (near or far)[:SCREENING_TESTS], [*near, *far, *affected]


def _within(tests: Sequence[TracedTest], seconds: float) -> list[str]:
    """Return the ids of the first tests that together take less than some seconds."""
    costs = accumulate(test.cpu_s for test in tests)
    return [test.test_id for test, cost in zip(tests, costs, strict=True) if cost < seconds]


def _limit_s(test: TracedTest, dearest_s: float) -> float:
    """Return how much CPU time a candidate may take for a test, in seconds; under trace a test takes longer than without.

    A failing test may have ended too early or too late to tell, so it is given what the dearest passing test took.
    """
    if test.passed:
        return LIMIT_FLOOR_S + 2 * test.cpu_s
    own_s = 0.0 if test.cpu_s > HANGS_S else test.cpu_s
    return LIMIT_FLOOR_S + 2 * max(own_s, min(dearest_s, 1.0))


def _judgement(candidate: Candidate, answer: Mapping[str, Any]) -> Judgement:
    return Judgement(
        candidate, answer["outcome"], len(answer.get("passed", ())), answer.get("test", ""), answer.get("message", "")
    )
