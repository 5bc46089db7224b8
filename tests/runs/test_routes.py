import pytest

from codecompanion.cli.route_text import explanation_text
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import CascadeStepped, RouteChosen
from codecompanion.orchestrator.projections import view_of
from codecompanion.runs.routes import explanation, routes_of
from run_facts import CHEAP, PLAN, STARTED, attempt, events
from team_facts import TEAM_FACTS

ROUTED = [fact for fact in TEAM_FACTS if isinstance(fact, RouteChosen | CascadeStepped)]


def test_a_run_that_was_told_its_model_has_no_route_to_explain() -> None:
    log = events([STARTED, PLAN, *attempt(1, CHEAP, passed=True)])
    assert routes_of(view_of("run", log)) == []
    told = explanation("run", log)
    assert told["tasks"] == []
    assert explanation_text(told) == f"run run was told its model, {CHEAP}: no router chose"
    with pytest.raises(BadInput, match="no model was chosen for a task 'code'") as error:
        explanation("run", log, "code")
    assert CHEAP in error.value.fix


def test_an_explanation_names_who_could_not_be_asked_what_was_known_and_what_came_of_each_step() -> None:
    log = events([STARTED.model_copy(update={"model": "auto"}), PLAN, ROUTED[0], *attempt(1, CHEAP, passed=False), ROUTED[1]])
    text = explanation_text(explanation("run", log))
    assert "removed     google:gemini-3.8-flash (key): there is no key" in text
    assert "known       task type feature, language python, prompt tokens 4020, attempt 1" in text
    assert "beside      anthropic:claude-opus-5-5, in logits of success: in general -0.08" in text
    assert f"    {CHEAP} -> refused (tests: 1 broken), $0.0100, 2.0 s" in text
    assert f"again: {CHEAP}, the same model, told what was refused" in text


def test_a_decision_that_no_cascade_follows_is_a_route_by_itself() -> None:
    log = events([STARTED, ROUTED[0]])
    (route,) = routes_of(view_of("run", log))
    assert (route["step"], route["model"], route["task_id"]) == ("first", CHEAP, "code")
