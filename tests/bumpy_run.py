"""A run in which much goes wrong and that comes to a good end: done once, looked at by several tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codecompanion.domain.events import Fact, decode
from codecompanion.runs.rewind import Replayed, replay_offline
from team_runs import call, edit, team, written

FactT = TypeVar("FactT")
TESTS, STOCK = "tests/test_stock.py", "src/stockroom/stock.py"
BEFORE_LAST_TEST = "def test_no_more_is_taken_than_is_there(stock: Stock) -> None:"
BEFORE_LAST_METHOD = "    def numbers(self) -> list[str]:"


def new_test(name: str, line: str) -> str:
    return edit(TESTS, BEFORE_LAST_TEST, f"def {name}(stock: Stock) -> None:\n    {line}\n\n\n{BEFORE_LAST_TEST}")


def new_method(name: str, line: str) -> str:
    return edit(
        STOCK, BEFORE_LAST_METHOD, f"    def {name}(self, level: int) -> list[str]:\n        {line}\n\n{BEFORE_LAST_METHOD}"
    )


CASE = {"name": "test_below", "steps": ["ask below 5"], "expected_result": "AB-123"}
TESTED = call("hand_over_tests", strategy="The edge of the level.", test_cases=[CASE])
KNOWN = "        return self._counts.get(checked_number(number), 0)"
GUESSED = "        return self._counts.get(checked_number(number), 1)"
BELOW = "return [n for n in self.numbers() if self._counts[n] < level]"
ABOVE = "return [n for n in self.numbers() if self._counts[n] > level]"
OUTSIDE = "python -B -c \"open('README.md', 'a').write('more')\""
INSIDE = "python -B -c \"t = open('README.md').read(); open('README.md', 'w').write(t.removesuffix('more'))\""
UNSURE = {"where": f"{STOCK}:40", "what": "could be shorter", "severity": "minor", "confidence": 20}
BLOCKER = {"where": f"{STOCK}:41", "what": "say what above returns", "severity": "blocker", "confidence": 90}

BUMPY: list[dict[str, Any]] = [
    {"text": "I would plan it like this: first the tests, then the code."},
    call(
        "hand_over_plan",
        title="Tell which articles run low and which abound",
        requirements=["below and above give numbers in order"],
        acceptance_criteria=["the tests of both pass"],
        allowed_paths=["src/*", "tests/*"],
        items=[
            {"role": "test_writer", "title": "Test both", "instructions": "Test below and above."},
            {"role": "code_generator", "title": "Write below", "instructions": "Write Stock.below."},
            {"role": "code_generator", "title": "Write above", "instructions": "Write Stock.above."},
        ],
    ),
    # The test writer: a test that passes without the code, then real ones.
    {"text": new_test("test_count", 'assert stock.count("AB-123") == 4')},
    TESTED,
    {"text": new_test("test_below", 'assert stock.below(5) == ["AB-123"]')},
    {"text": new_test("test_above", 'assert stock.above(5) == ["CD-001"]')},
    TESTED,
    # The first of two breaks what worked; then it is right, and what waits for the second may go on to fail.
    {"text": f"{new_method('below', BELOW)}\n\n{edit(STOCK, KNOWN, GUESSED)}"},
    call("finish", summary="below is there."),
    {"text": edit(STOCK, GUESSED, KNOWN)},
    call("finish", summary="below is right.", claims=[{"text": "its test passes", "evidence": ["E1", "E99"]}]),
    # The second changes nothing, then a file that was not agreed, then what is right.
    call("finish", summary="Nothing to do."),
    call("run_command", command=OUTSIDE),
    {"text": new_method("above", ABOVE)},
    call("finish", summary="above is there."),
    call("run_command", command=INSIDE),
    call("finish", summary="above is there, and nothing else."),
    # The review: a good score does not outweigh a blocker.
    call("hand_over_review", score=85, summary="Nearly.", remarks=[UNSURE, BLOCKER]),
    {"text": edit(STOCK, f"        {ABOVE}", f'        """Return what abounds."""\n        {ABOVE}')},
    {"text": "above says now what it returns."},
    call("hand_over_review", score=90, summary="Good."),
]


@dataclass(frozen=True)
class BumpyRun:
    """What came of it."""

    result: dict[str, Any]
    facts: tuple[Fact, ...]
    replayed: Replayed

    @property
    def claims(self) -> list[str]:
        """What the report says."""
        return [claim["text"] for claim in self.result["report"]["claims"]]

    def of(self, kind: type[FactT]) -> list[FactT]:
        """Return the facts of a kind, in their order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]


async def run_it(folder: Path, python: Path) -> BumpyRun:
    """Let the team work to the end and replay what it did."""
    async with team(folder, python, written(folder, BUMPY), "scripted:FILE", permission_mode="auto") as at_work:
        result = await at_work.run("Tell which articles run low and which abound")
        events = await at_work.app.store.read(result["run_id"])
        replayed = await replay_offline(at_work.app, result["run_id"])
        return BumpyRun(result, tuple(map(decode, events)), replayed)
