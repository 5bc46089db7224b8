"""Judges and reviewers of several families vote; what they do not agree on, a person settles."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.cli.report import report_text
from codecompanion.domain.consensus import ACCEPT, SEND_BACK
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import ConsensusReached, JudgeVoted, ReviewCompleted, TournamentDecided
from codecompanion.orchestrator.judge_record import read_weights
from codecompanion.runs.rewind import replay_offline
from shop_team import REVIEW, said
from tournament_bench import ALSO_GOOD, GOOD, bench, coder, script

pytestmark = pytest.mark.anyio

DOUBTS = {
    "score": 60,
    "summary": "Doubtful.",
    "remarks": [{"where": "shop.py:6", "what": "no test for it", "severity": "major", "confidence": 90}],
}


def judge(folder: Path, name: str, *, first: int, second: int, review: dict[str, Any]) -> str:
    """Write a judge that gives points to the first and the second candidate, and reviews."""

    def judged(when: str, points: int) -> dict[str, Any]:
        criteria = dict.fromkeys(("correctness", "completeness", "simplicity", "tests"), points)
        return said(when, "", ("hand_over_judgement", {**criteria, "reason": f"worth {points}"}))

    turns = (
        said("You review a change", "", ("hand_over_review", review)),
        judged("+    if count >= 10:", first),
        judged("+    if count > 9:", second),
    )
    return script(folder, name, turns)


async def test_judges_choose_between_what_facts_do_not_tell_apart(tmp_path: Path, venv_with_pytest: Path) -> None:
    one = judge(tmp_path, "one", first=80, second=90, review=REVIEW)
    two = judge(tmp_path, "two", first=70, second=75, review=REVIEW)
    python = venv_with_pytest / "bin/python"
    async with bench(tmp_path, python, coder(GOOD), coder(ALSO_GOOD), reviewers=(one, two)) as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
        await replay_offline(place.app, result["run_id"])
    decided = next(fact for fact in facts if isinstance(fact, TournamentDecided))
    assert (decided.winner, decided.by) == ("code-generator-1.c2", "judges")
    assert [round(one.score or 0, 1) for one in decided.standings] == [75.0, 82.5]
    reviewed = next(fact for fact in facts if isinstance(fact, ReviewCompleted))
    assert (reviewed.accepted, reviewed.score, reviewed.model) == (True, 95, f"{one}, {two}")
    assert result["status"] == "verified"
    assert "c2 100% of the weight and 2 of the judges" in report_text(result)


async def test_a_person_settles_what_judges_and_reviewers_do_not_agree_on(tmp_path: Path, venv_with_pytest: Path) -> None:
    one = judge(tmp_path, "one", first=95, second=60, review=REVIEW)
    two = judge(tmp_path, "two", first=60, second=95, review=DOUBTS)
    python = venv_with_pytest / "bin/python"
    both: dict[str, Any] = {"reviewers": (one, two), "settle": "person"}
    async with bench(tmp_path, python, coder(GOOD), coder(ALSO_GOOD), **both) as place:
        waits = await place.run()
        run_id = waits["run_id"]
        with pytest.raises(CommandRefused, match="'c9' cannot be chosen"):
            await place.resume(run_id, choice="c9")
        waits_again = await place.resume(run_id, choice="c2")
        await replay_offline(place.app, run_id)
        result = await place.resume(run_id, choice=ACCEPT)
        facts = await place.facts(run_id)
        replayed = await replay_offline(place.app, run_id)
        weights = await read_weights(place.app.store)
    assert (waits["status"], waits["choices"]) == ("waiting", ["c1", "c2"])
    assert f"codecompanion resume {run_id} --choose 'c2'" in report_text(waits)
    decided = next(fact for fact in facts if isinstance(fact, TournamentDecided))
    assert (decided.winner, decided.by) == ("code-generator-1.c2", "person")
    assert (waits_again["status"], waits_again["choices"]) == ("waiting", [ACCEPT, SEND_BACK])
    assert [fact.outcome for fact in facts if isinstance(fact, ConsensusReached)] == ["", ""]
    assert [fact.judge for fact in facts if isinstance(fact, JudgeVoted)] == [one, two, one, two]
    reviewed = next(fact for fact in facts if isinstance(fact, ReviewCompleted))
    assert (reviewed.accepted, reviewed.findings) == (True, ("shop.py:6: no test for it",))
    assert result["status"] == "verified"
    assert replayed.diff == result["diff"]
    assert weights[one] == weights[two]  # each was right once and wrong once


async def test_reviewers_who_do_not_agree_send_back_when_nobody_is_asked(tmp_path: Path, venv_with_pytest: Path) -> None:
    one = judge(tmp_path, "one", first=95, second=60, review=REVIEW)
    two = judge(tmp_path, "two", first=60, second=95, review=DOUBTS)
    mends = coder(GOOD)
    async with bench(tmp_path, venv_with_pytest / "bin/python", also=mends, tournament=(), reviewers=(one, two)) as place:
        result = await place.run()
        facts = await place.facts(result["run_id"])
    reviews = [fact for fact in facts if isinstance(fact, ReviewCompleted)]
    assert [(review.accepted, review.score) for review in reviews][:1] == [(False, 60)]
    assert result["status"] == "failed"
