"""Two changes that do not do by themselves are put together, and the project's tests say whose lines hold where they clash."""

from pathlib import Path

import pytest

from codecompanion.domain.events import CandidateJoined, ConflictFound, ConflictResolved, Fact, TournamentDecided
from codecompanion.runs.rewind import replay_offline
from shop_team import said
from team_runs import edit
from tournament_bench import bench, coder

pytestmark = pytest.mark.anyio

DEBUGGER = "You mend a fault"
REPAIR = "fix the failing tests"
SUM = {
    "shop.py": '''"""Shop."""


def discount(count):
    return 5 if count > 10 else 0


def label(name):
    return name


def total(prices):
    return sum(prices) - 1
''',
    "tests/test_shop.py": """from shop import discount, label, total


def test_ten_pieces_have_a_discount():
    assert discount(10) == 5


def test_a_label_is_the_name():
    assert label("a") == "a"


def test_a_total_is_the_sum():
    assert total([1, 2]) == 3
""",
    "conftest.py": "",
}
DISCOUNT = edit("shop.py", "    return 5 if count > 10 else 0", "    return 5 if count >= 10 else 0")
TOTAL = edit("shop.py", "    return sum(prices) - 1", "    return sum(prices)")
WRONG_TOTAL = edit("shop.py", "    return sum(prices) - 1", "    return sum(prices) + 1")


def of(facts: list[Fact], *kinds: type[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact, kinds)]


def fixer(*edits: str) -> tuple[dict[str, object], ...]:
    """Return the turns of a debugger."""
    return tuple(
        {**turn, "when": str(turn["when"]).replace("You write the code for one item", DEBUGGER)} for turn in coder(*edits)
    )


async def test_changes_that_each_mend_a_half_are_merged(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    async with bench(tmp_path, python, fixer(DISCOUNT), fixer(TOTAL), files=SUM) as place:
        result = await place.run(REPAIR)
        facts = await place.facts(result["run_id"])
        replayed = await replay_offline(place.app, result["run_id"])
    found, joined, resolved, decided = of(facts, ConflictFound, CandidateJoined, ConflictResolved, TournamentDecided)
    assert isinstance(found, ConflictFound)
    assert (found.kind, found.paths) == ("files", ("shop.py",))
    assert isinstance(joined, CandidateJoined)
    assert isinstance(resolved, ConflictResolved)
    assert resolved.by == "merge"
    assert isinstance(decided, TournamentDecided)
    assert (decided.winner, decided.by) == (joined.joined.candidate, "checks")
    assert result["status"] == "verified"
    assert replayed.diff == result["diff"]
    assert "+    return 5 if count >= 10 else 0" in result["diff"]
    assert "+    return sum(prices)\n" in result["diff"]


async def test_a_clash_of_lines_is_settled_by_the_tests(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    half = fixer(f"{DISCOUNT}\n\n{WRONG_TOTAL}")
    async with bench(tmp_path, python, half, fixer(TOTAL), files=SUM) as place:
        result = await place.run(REPAIR)
        facts = await place.facts(result["run_id"])
        await replay_offline(place.app, result["run_id"])
    (found,), (resolved,) = of(facts, ConflictFound), of(facts, ConflictResolved)
    assert isinstance(found, ConflictFound)
    assert (found.kind, found.paths) == ("lines", ("shop.py",))
    assert isinstance(resolved, ConflictResolved)
    assert (resolved.by, resolved.taken) == ("tests", found.between[1] if found.between[0].endswith("c1") else found.between[0])
    assert result["status"] == "verified"
    assert "+    return 5 if count >= 10 else 0" in result["diff"]
    assert "+    return sum(prices)\n" in result["diff"]


async def test_what_neither_tests_nor_a_model_settle_a_person_does(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    one = fixer(f"{DISCOUNT}\n\n{WRONG_TOTAL}")
    two = fixer(edit("shop.py", "    return sum(prices) - 1", "    return sum(prices) * 2"))
    gives_up = said("Another agent made this change", "", ("finish", {"summary": "I cannot tell."}))
    mends = fixer(edit("shop.py", "    return sum(prices) + 1", "    return sum(prices)"))
    async with bench(tmp_path, python, one, two, also=(gives_up, *mends), files=SUM, settle="person") as place:
        waits = await place.run(REPAIR)
        result = await place.resume(waits["run_id"], choice="c1")
        facts = await place.facts(result["run_id"])
        await replay_offline(place.app, result["run_id"])
    assert (waits["status"], "c1" in waits["choices"]) == ("waiting", True)
    (resolved,), (decided,) = of(facts, ConflictResolved), of(facts, TournamentDecided)
    assert isinstance(resolved, ConflictResolved)
    assert (resolved.by, resolved.taken) == ("person", "solo.c1")
    assert isinstance(decided, TournamentDecided)
    assert (decided.winner, decided.by) == ("solo.c1", "person")
    assert result["status"] == "verified"
