"""Runs with `--model auto`: a router decides, says why, and goes on after a refusal as far as it pays."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auto_runs import CHEAP, RIGHT_EDIT, STRONG, WRONG, auto, right
from codecompanion.cli.report import report_text
from codecompanion.cli.route_text import explanation_text
from codecompanion.domain.errors import CodeCompanionError, ModelUnavailable, NobodyToAsk, OverBudget, PolicyRefused
from codecompanion.domain.events import ModelCallReserved, ReviewCompleted, RunStarted, TeamCalled
from codecompanion.domain.reward import NOTHING_BROKE
from codecompanion.domain.routes import CascadeStep, Constraint
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import state_hash
from codecompanion.routing.run_outcomes import KnownOutcomes
from codecompanion.runs.audit import verify_run
from codecompanion.runs.chat import Chat, Company, chat_model
from codecompanion.runs.find import known_runs
from codecompanion.runs.result import result_of
from codecompanion.runs.rewind import replay_offline
from codecompanion.runs.routes import explanation
from codecompanion.runs.starting import repository_for
from codecompanion.settings import Settings
from codecompanion.wiring import open_app
from shop_team import STANDARD, said

pytestmark = pytest.mark.anyio

REPAIR = "fix the failing tests"
HARD = {
    "shop.py": "def label(count):\n    return str(count)\n",
    "tests/test_shop.py": "from shop import label\n\n\ndef test_label():\n    assert label(3) == 'three pieces, thank you'\n",
    "conftest.py": "",
}
"""A repair that no search finds."""
HARD_EDIT = """It is about words, step-two.

shop.py
<<<<<<< SEARCH
    return str(count)
=======
    return f"{ {3: 'three'}.get(count, count)} pieces, thank you"
>>>>>>> REPLACE
"""


@pytest.fixture
def python(venv_with_pytest: Path) -> Path:
    return venv_with_pytest / "bin/python"


async def test_what_the_cheap_model_fails_twice_the_strong_one_passes(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, WRONG, right(RIGHT_EDIT)) as at:
        result = await at.run()
        steps, (route,) = await at.steps(result["run_id"]), await at.routes(result["run_id"])
        told = explanation(result["run_id"], await at.app.store.read(result["run_id"]))
        assert at.sent == (4, 2)
        seen = await KnownOutcomes(at.app.learning().history, at.app.store, "another run")()
    assert [(one.model, one.outcome.share) for one in seen] == [(CHEAP, 0.0), (CHEAP, 0.0), (STRONG, NOTHING_BROKE)]
    assert [(one.attempt, one.step, one.model) for one in steps] == [
        (1, CascadeStep.FIRST, CHEAP),
        (2, CascadeStep.AGAIN, CHEAP),
        (3, CascadeStep.ESCALATE, STRONG),
    ]
    assert [one.refused for one in steps] == [(), ("tests: 1 broken",), ("tests: 1 broken",)]
    assert (result["status"], route.model) == ("verified", CHEAP)
    assert route.escalate_to in {None, STRONG}  # a plan without a second model leaves open who is asked then
    assert {one.model: one.cost_usd < 0.1 for one in route.candidates} == {CHEAP: True, STRONG: False}
    attempts = told["tasks"][0]["attempts"]
    assert [(one["model"], one["accepted"]) for one in attempts] == [(CHEAP, False), (CHEAP, False), (STRONG, True)]
    said = report_text(result)
    assert f"solo: {CHEAP} (again), the same model, told what was refused" in said
    assert f"solo: {STRONG} (escalate), another model" in said
    text = explanation_text(told)
    assert f"task solo (solo): {CHEAP}" in text
    assert "chosen      " in text
    assert "; propensity " in text
    assert "escalate: anthropic:claude-opus-5-5, another model" in text
    assert "-> accepted, $" in text
    await the_log_stands_alone(tmp_path, result)


async def the_log_stands_alone(folder: Path, result: dict[str, Any]) -> None:
    """Replay without keys and servers: the routes come from the log and the end is the same."""
    async with open_app(Settings(state_dir=folder / "state"), {}) as app:
        run_id = result["run_id"]
        await verify_run(app.store, app.blobs, run_id)
        replayed = await replay_offline(app, run_id)
        assert replayed.state_sha256 == state_hash((await app.orchestrator.load(run_id)).state)
        assert replayed.diff == result["diff"]


async def test_when_every_step_is_refused_the_run_gives_up_and_says_so(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, WRONG, (), models=(CHEAP,)) as at:
        result = await at.run()
        steps = await at.steps(result["run_id"])
    assert [one.step for one in steps] == [CascadeStep.FIRST, CascadeStep.AGAIN, CascadeStep.STOP]
    assert steps[-1].reason == "every model of the plan was asked, and one of them twice"
    assert (result["status"], result["exit_code"], result["branch"]) == ("failed", 1, None)
    assert "solo: nobody (stop), every model of the plan was asked" in report_text(result)
    await the_log_stands_alone(tmp_path, result)


async def test_the_builtin_mind_goes_first_and_then_no_model_is_asked(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, (), (), team="standard") as at:
        result = await at.run(REPAIR)
        (step,) = await at.steps(result["run_id"])
        assert at.sent == (0, 0)
        assert not await at.routes(result["run_id"])
    assert (step.step, step.model) == (CascadeStep.BUILTIN, "builtin")
    assert (result["status"], result["model"], result["cost_usd"], result["model_calls"]) == ("verified", "auto", 0.0, 0)
    assert "repair: builtin (builtin), tests fail" in report_text(result)
    await the_log_stands_alone(tmp_path, result)


async def test_what_the_builtin_mind_cannot_do_a_team_is_called_for(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, right(HARD_EDIT), (), files=HARD, models=(CHEAP,), timeout_s=60) as at:
        result = await at.run(REPAIR)
        facts = await at.facts(result["run_id"])
        assert at.sent == (2, 0)
    (called,) = [fact for fact in facts if isinstance(fact, TeamCalled)]
    assert called.reason
    assert [(one["step"], one["model"]) for one in result["routes"]] == [("builtin", "builtin"), ("first", CHEAP)]
    assert (result["status"], result["files_changed"]) == ("verified", ["shop.py"])
    assert any("candidate edits were tried" in claim["text"] for claim in result["report"]["claims"])
    await the_log_stands_alone(tmp_path, result)


async def test_the_reviewer_is_of_another_family_than_the_author(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, STANDARD, STANDARD, team="standard") as at:
        result = await at.run()
        routes = await at.routes(result["run_id"])
        (review,) = [fact for fact in await at.facts(result["run_id"]) if isinstance(fact, ReviewCompleted)]
    assert result["status"] == "verified"
    assert [one.role.value for one in routes] == ["project_manager", "code_generator", "reviewer"]
    assert {routes[1].model, review.model} == {CHEAP, STRONG}
    assert [(one.model, one.constraint) for one in routes[2].removed] == [(routes[1].model, Constraint.FAMILY)]


async def test_who_may_not_be_asked_is_removed_before_anything_is_drawn_and_the_reason_is_kept(
    tmp_path: Path, python: Path
) -> None:
    pool = (CHEAP, STRONG, "google:gemini-3.8-flash", "openai-chat:gpt-6-astra", "openai-chat:nobody-knows-it")
    async with auto(
        tmp_path,
        python,
        right(),
        (),
        models=pool,
        allowed_providers=("openai-chat", "google"),
        max_budget_usd="0.05",
        strict_prices=True,
    ) as at:
        result = await at.run()
        (route,) = await at.routes(result["run_id"])
    assert result["status"] == "verified"
    assert {one.model: one.constraint for one in route.removed} == {
        STRONG: Constraint.POLICY,
        "google:gemini-3.8-flash": Constraint.KEY,
        "openai-chat:gpt-6-astra": Constraint.BUDGET,
        "openai-chat:nobody-knows-it": Constraint.PRICE,
    }
    assert [one.model for one in route.candidates] == [CHEAP]
    assert route.propensity == pytest.approx(1.0)


async def test_a_model_that_the_user_names_is_the_one_that_is_asked(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, (), right(), model=STRONG) as at:
        result = await at.run()
        facts = await at.facts(result["run_id"])
        assert at.sent == (0, 2)
    assert not await routed(facts)
    assert {fact.model for fact in facts if isinstance(fact, ModelCallReserved)} == {STRONG}
    first = facts[0]
    assert isinstance(first, RunStarted)
    assert (first.profile, first.pool, first.builtin_first) == (None, (), False)


async def routed(facts: list[Any]) -> list[Any]:
    return [fact for fact in facts if type(fact).__name__ in ("RouteChosen", "CascadeStepped")]


async def test_without_a_key_the_builtin_mind_works_alone_and_other_objectives_are_refused(
    tmp_path: Path, python: Path
) -> None:
    async with auto(tmp_path, python, (), ()) as at:
        bare = replace(at, app=replace(at.app, environ={}))
        result = await bare.run(REPAIR)
        assert (result["status"], result["model"]) == ("verified", "builtin")
        with pytest.raises(ModelUnavailable, match="no language model can be asked"):
            await bare.run("Add a feature")


@pytest.mark.parametrize(
    ("settings", "stopped"),
    [
        ({"max_budget_usd": "0.000001"}, OverBudget),
        ({"models": ("openai-chat:nobody-knows-it",), "strict_prices": True}, NobodyToAsk),
    ],
    ids=["no money", "no price"],
)
async def test_a_run_that_may_ask_nobody_is_paused_and_nothing_is_sent(
    tmp_path: Path, python: Path, settings: dict[str, Any], stopped: type[CodeCompanionError]
) -> None:
    async with auto(tmp_path, python, (), (), **settings) as at:
        with pytest.raises(stopped):
            await at.run()
        (run_id,) = await known_runs(at.app.store)
        assert (at.sent, (await result_of(at.app, run_id))["status"]) == ((0, 0), "paused")


async def test_a_chat_has_one_route_for_all_of_its_turns(tmp_path: Path, python: Path) -> None:
    answers = (said("You", "It is a shop."),)
    async with auto(tmp_path, python, answers, answers) as at:
        company = Company(await at.app.sandbox(), Hearing(), NOBODY, lambda _event: None)
        repository = await repository_for(at.app, at.repo)
        chat = Chat(at.app, company, chat_model(at.app, "auto"), repository)
        for words in ("What is this?", "Who buys there?"):
            await chat.say(words)
        await chat.leave()
        assert chat.run_id is not None
        (route,) = await at.routes(chat.run_id)
        assert sorted(at.sent) == [0, 2]
    assert (route.task_id, {one.model for one in route.candidates}) == ("chat", {CHEAP, STRONG})


async def test_a_provider_that_is_not_allowed_is_not_asked_even_by_name(tmp_path: Path, python: Path) -> None:
    async with auto(tmp_path, python, (), (), model=STRONG, allowed_providers=("openai-chat",)) as at:
        with pytest.raises(PolicyRefused, match="may not be asked"):
            await at.run()
