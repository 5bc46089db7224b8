"""Several candidates do the same work; one change is taken, by facts, and the log says which and why."""

from pathlib import Path
from typing import TypeVar

import pytest

from codecompanion.cli.phases import Phases
from codecompanion.cli.report import report_text
from codecompanion.domain.events import CandidateLost, CrossTested, Fact, ModelCallCompleted, TournamentDecided, decode
from codecompanion.domain.team import Role
from codecompanion.runs.rewind import replay_offline
from projects import git
from shop_team import said
from team_runs import edit
from tournament_bench import BAD, GOOD, LEADS, OLD, bench, coder, script

pytestmark = pytest.mark.anyio

DESIGN = said(
    "You design a change",
    "",
    ("hand_over_design", {"overview": "Compare.", "components": [{"name": "discount", "responsibility": "counts"}]}),
)
FactT = TypeVar("FactT", bound=Fact)

LONG_WINDED = edit("shop.py", OLD, "    most = 9\n    has_discount = count > most\n    if has_discount:")
ONLY_TEN = edit("shop.py", OLD, "    if count > 10 or count == 9 + 1:")
"""As short as the good one, and as right."""

NEW_TEST = """tests/test_counts_below_zero.py
<<<<<<< SEARCH
=======
from shop import discount


def test_no_piece_has_no_discount():
    assert discount(-10) == 0
>>>>>>> REPLACE"""
NEGATIVE = edit("shop.py", OLD, "    if abs(count) >= 10:")
"""It passes the tests that are there, and not the new test of who thought of it."""


def the(kind: type[FactT], facts: list[Fact]) -> FactT:
    (found,) = [fact for fact in facts if isinstance(fact, kind)]
    return found


async def test_the_candidate_that_passes_the_checks_is_taken(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python", coder(BAD), coder(GOOD)) as place:
        result = await place.run()
        decided = the(TournamentDecided, await place.facts(result["run_id"]))
        replayed = await replay_offline(place.app, result["run_id"])
    assert (result["status"], result["exit_code"]) == ("verified", 0)
    assert (decided.winner, decided.by) == ("code-generator-1.c2", "checks")
    assert [(one.passed, one.broken) for one in decided.standings] == [(False, 1), (True, 0)]
    assert "+    if count >= 10:" in result["diff"]
    assert replayed.diff == result["diff"]
    trees = git(place.repo, "for-each-ref", "--format=%(objectname)", f"refs/codecompanion/{result['run_id']}-c1").split()
    assert decided.standings[0].commit in trees  # what lost can be looked at
    assert not list((tmp_path / "state/worktrees").glob(f"{result['run_id']}*"))
    shown = report_text(result)
    assert f"c2 (scripted:{tmp_path}/coder2.json) was taken, of 2 candidates" in shown
    assert f"c1 (scripted:{tmp_path}/coder1.json): 1 test broken" in shown


async def test_who_made_the_candidate_that_was_taken_does_not_review_it(tmp_path: Path, venv_with_pytest: Path) -> None:
    gpt, claude = (script(tmp_path, name, (*coder(edit_), *LEADS)) for name, edit_ in (("gpt", BAD), ("claude", GOOD)))
    python = venv_with_pytest / "bin/python"
    lines = Phases()
    async with bench(tmp_path, python, also=(DESIGN,), model=gpt, reviewer=claude, team="full", tournament=()) as place:
        script(tmp_path, "gpt", (DESIGN, *coder(BAD), *LEADS))
        result = await place.run()
        events = await place.app.store.read(result["run_id"])
    calls = [fact for fact in map(decode, events) if isinstance(fact, ModelCallCompleted)]
    assert the(TournamentDecided, list(map(decode, events))).winner == "code-generator-1.c2"
    assert {fact.asked for fact in calls if fact.role is Role.REVIEWER} == {gpt}
    assert f"the review by {gpt} gives 95 of 100" in report_text(result)
    told = [told for event in events if (told := lines.after(event))]
    assert f"2 candidates compete: c1 ({gpt}), c2 ({claude})" in told
    assert {"c1: the checks refute the change", "c2: the checks pass", f"c2 ({claude}) is taken"} <= set(told)
    assert told[-2:] == ["the review gives 95 of 100", "finishing"]


async def test_new_tests_of_one_refute_the_other(tmp_path: Path, venv_with_pytest: Path) -> None:
    careful = coder(f"{GOOD}\n\n{NEW_TEST}")
    async with bench(tmp_path, venv_with_pytest / "bin/python", coder(NEGATIVE), careful) as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
        await replay_offline(place.app, result["run_id"])
    tested, decided = the(CrossTested, facts), the(TournamentDecided, facts)
    assert (tested.candidate, tested.tests_of) == ("code-generator-1.c1", "code-generator-1.c2")
    assert tested.failing == ("tests/test_counts_below_zero.py::test_no_piece_has_no_discount",)
    assert all(one.passed for one in decided.standings)
    assert (decided.winner, decided.by) == ("code-generator-1.c2", "cross tests")


async def test_a_candidate_that_breaks_down_loses_only_itself(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python", coder(LONG_WINDED), coder(GOOD), [said("never")]) as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
        await replay_offline(place.app, result["run_id"])
    decided = the(TournamentDecided, facts)
    assert the(CandidateLost, facts).candidate == "code-generator-1.c3"
    assert (decided.winner, decided.by) == ("code-generator-1.c2", "size")
    assert result["status"] == "verified"


async def test_when_nobody_passes_a_model_is_asked_to_make_one_of_two(tmp_path: Path, venv_with_pytest: Path) -> None:
    worse = edit("shop.py", OLD, "    if count < 0:")
    mends = coder(edit("shop.py", "    if count >= 9:", "    if count >= 10:"))
    async with bench(tmp_path, venv_with_pytest / "bin/python", coder(worse), coder(BAD), also=mends) as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
    decided = the(TournamentDecided, facts)
    assert (decided.winner, decided.by) == ("code-generator-1.c5", "checks")
    assert [one.passed for one in decided.standings] == [False, False, False, False, True]
    assert result["status"] == "verified"


async def test_the_full_team_lets_its_model_compete_with_itself(tmp_path: Path, venv_with_pytest: Path) -> None:
    design = {"overview": "One comparison.", "components": [{"name": "discount", "responsibility": "from ten on"}]}
    ends, edits = coder(LONG_WINDED)
    design_it = said("You design", "", ("hand_over_design", design))
    turns = [design_it, ends, {**edits, "when": "This is attempt 2 of 2"}, *coder(GOOD)]
    async with bench(tmp_path, venv_with_pytest / "bin/python", also=turns, tournament=(), team="full") as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
    decided = the(TournamentDecided, facts)
    assert {one.model for one in decided.standings} == {result["model"]}
    assert [one.lines for one in decided.standings] == [2, 4]
    assert (decided.winner, decided.by) == ("code-generator-1.c1", "size")
    calls = [fact.task_id for fact in facts if isinstance(fact, ModelCallCompleted)]
    assert {"code-generator-1.c1", "code-generator-1.c2"} < set(calls)
