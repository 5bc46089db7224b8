"""What is drawn of what was learned, from recorded outcomes."""

import pytest

from codecompanion.clock import SystemClock
from codecompanion.routing.learning_engine import LearningEngine
from codecompanion.runs.learned import MOST_POINTS, curves_of
from codecompanion.storage.memory import MemoryEventStore
from outcomes import chosen_outcomes

pytestmark = pytest.mark.anyio


async def test_posteriors_regret_and_calibration_are_those_of_the_recorded_outcomes() -> None:
    engine = LearningEngine(MemoryEventStore(), SystemClock(), redact=dict)
    outcomes = chosen_outcomes(60)
    await engine.take_in(outcomes)
    curves = curves_of(await engine.learned(), (await engine.history()).outcomes)
    assert [(one["model"], one["judged"]) for one in curves["posteriors"]] == [("openai:a", 40), ("openai:b", 20)]
    assert curves["posteriors"][0]["verified"] == sum(bool(one.verified) for one in outcomes if one.model == "openai:a")
    regret = curves["regret"]
    assert [one["decision"] for one in regret] == list(range(1, 61))
    assert regret[-1]["router"] == pytest.approx(20 * 0.25)  # each choice of the other model was expected to lose a quarter
    assert regret[-1]["uniform"] == pytest.approx(60 * 0.125)
    (point,) = next(one["points"] for one in curves["calibration"] if one["model"] == "openai:a")
    assert (point["predicted"], point["count"]) == (0.75, 40)
    assert point["low"] < point["happened"] < point["high"]


async def test_of_a_long_regret_the_last_decision_is_among_those_that_are_drawn() -> None:
    engine = LearningEngine(MemoryEventStore(), SystemClock(), redact=dict)
    curves = curves_of(await engine.learned(), chosen_outcomes(600))
    assert len(curves["regret"]) <= MOST_POINTS
    assert curves["regret"][-1]["decision"] == 600
