from dataclasses import replace

import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft, unseal
from codecompanion.domain.events import (
    HandoffMade,
    ModelSwitched,
    PatchApplied,
    PatchUndone,
    RunForked,
    TaskFailed,
    TaskStarted,
)
from codecompanion.domain.outcomes import TaskOutcome
from codecompanion.domain.team import BUILTIN, Role
from codecompanion.routing.learning_engine import LearningEngine
from codecompanion.routing.run_outcomes import KnownOutcomes, attempts_in, observed
from codecompanion.storage.memory import MemoryEventStore
from run_facts import CHEAP, PLAN, STARTED, STRONG, attempt, called, events, reviewed

BEGUN = (STARTED, PLAN)


def test_each_attempt_teaches_what_it_proved_what_it_cost_and_how_long_it_took() -> None:
    seen = observed(events([*BEGUN, *attempt(1, CHEAP, passed=False), *attempt(2, STRONG, passed=True)]))
    assert [(one.model, one.features.attempt, one.outcome.share) for one in seen] == [(CHEAP, 1, 0.0), (STRONG, 2, 1.0)]
    assert [(one.outcome.cost_usd, one.outcome.latency_s) for one in seen] == [(0.01, 2.0), (0.01, 2.0)]


def test_a_review_below_the_bar_takes_a_success_away_and_proves_nothing_of_the_reviewer() -> None:
    seen = observed(events([*BEGUN, *attempt(1, CHEAP, passed=True), *reviewed(50, of=1)]))
    assert [(one.model, one.outcome.share) for one in seen] == [(CHEAP, 0.0), (STRONG, None)]


def test_what_the_user_takes_out_again_was_no_success() -> None:
    done = [*BEGUN, *attempt(1, CHEAP, passed=True), PatchApplied(paths=("a.py",)), PatchUndone(paths=("a.py",))]
    assert [one.outcome.share for one in observed(events(done))] == [0.0]
    assert [one.outcome.share for one in observed(events([*done, PatchApplied(paths=("a.py",))]))] == [1.0]


def test_a_model_that_did_not_answer_has_failed_and_what_the_other_did_is_the_others() -> None:
    started, call, *rest = attempt(1, CHEAP, passed=True)
    switch = ModelSwitched(
        call="agent:code:1:code_generator:1",
        task_id="code",
        role=Role.CODE_GENERATOR,
        from_model=CHEAP,
        to_model=STRONG,
        category="timeout",
    )
    seen = observed(events([*BEGUN, started, switch, call, *rest]))
    assert [(one.model, one.outcome.share, one.outcome.cost_usd) for one in seen] == [(CHEAP, 0.0, None), (STRONG, 1.0, None)]


def test_what_an_answer_from_the_cache_or_of_unknown_price_took_is_not_known() -> None:
    started, _, *rest = attempt(1, CHEAP, passed=True)
    for call in (called(1, CHEAP, from_cache=True), called(1, CHEAP, cost=None)):
        (seen,) = observed(events([*BEGUN, started, call, *rest]))
        assert (seen.outcome.share, seen.outcome.cost_usd) == (1.0, None)


def test_the_builtin_mind_is_no_model_and_its_attempts_are_told_all_the_same() -> None:
    alone = STARTED.model_copy(update={"model": BUILTIN})
    failed = TaskFailed(task_id="code", attempt=1, reason="every candidate was tried", final=True)
    facts = [PLAN, TaskStarted(task_id="code", worker=BUILTIN, attempt=1), failed]
    assert observed(events([alone, *facts])) == []
    (told,) = attempts_in(events([alone, *facts]))
    assert (told.model, told.verdict.accepted) == (BUILTIN, False)


def test_a_fork_teaches_only_what_it_did_itself() -> None:
    fork = RunForked(parent="other", at_version=9, parent_hash="0" * 64, model=STRONG)
    seen = observed(events([*BEGUN, *attempt(1, CHEAP, passed=False), fork, *attempt(2, STRONG, passed=True)]))
    assert [(one.model, one.features.attempt) for one in seen] == [(STRONG, 2)]


def test_an_attempt_that_handed_over_nothing_has_failed() -> None:
    started, call, _, *_ = attempt(1, CHEAP, passed=True)
    handoff = HandoffMade(task_id="code", attempt=1, role=Role.CODE_GENERATOR, accepted=False, reason="it went in circles")
    (seen,) = observed(events([*BEGUN, started, call, handoff]))
    assert seen.outcome.share == 0.0


def renamed(draft: Draft, run_id: str) -> Draft:
    return replace(draft, event_id=f"{run_id}:{draft.event_id}")


def kept_of(run_id: str, model: str) -> TaskOutcome:
    return TaskOutcome(
        decision_id=f"{run_id}:code:1:code_generator",
        run_id=run_id,
        task_id="code",
        role=Role.CODE_GENERATOR,
        task_type="change",
        model=model,
        at="2026-01-05T09:00:00Z",
        verified=True,
        proven_by=("new_tests",),
    )


@pytest.mark.anyio
async def test_what_was_kept_comes_the_oldest_first_and_the_run_under_way_is_read_anew_each_time() -> None:
    store = MemoryEventStore()
    learning = LearningEngine(store, SystemClock(), redact=lambda data: data)
    await learning.take_in([kept_of(run_id, model) for run_id, model in (("first", CHEAP), ("second", STRONG), ("now", CHEAP))])
    outcomes = KnownOutcomes(learning.history, store, "now")
    assert [one.model for one in await outcomes()] == [CHEAP, STRONG]
    drafts = [renamed(unseal(event), "now") for event in events([*BEGUN, *attempt(1, CHEAP, passed=False)])]
    await store.append("now", drafts, expected_version=0)
    assert [one.outcome.share for one in await outcomes()] == [1.0, 1.0, 0.0]
