"""Read in a run's events what came of each attempt at a task: from what was measured, never from what a model says."""

from collections.abc import Iterable
from typing import Any

from codecompanion.domain.attempts import Attempt, RunStory, merged_builtin, story_of
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import RouteChosen, RunStarted
from codecompanion.domain.outcomes import Decided, Expected, Later, TaskOutcome
from codecompanion.domain.team import BUILTIN, WRITERS, Role
from codecompanion.domain.tidying import WorkKind

PLANNERS = frozenset({Role.PROJECT_MANAGER, Role.ARCHITECT})
"""Roles whose work is judged by what becomes of the run that follows it."""


def outcomes_of(run_id: str, events: Iterable[Event]) -> tuple[TaskOutcome, ...]:
    """Return the outcomes of a run that has ended, in the order in which the attempts began; none before it has.

    Pass its whole stream. A chat has none: what is asked for there changes from turn to turn. Advice has none: nothing measures
    it. Attempts that came to no verdict have none either: the run was cancelled or broke off; that says nothing of the model.

    Raises:
        LogCorrupt: An event cannot be read.
    """
    story = story_of(events)
    if story.request is None or not story.status or story.request.kind in (WorkKind.CHAT, WorkKind.ADVICE):
        return ()
    over = [one for one in merged_builtin(story.attempts.values()) if one.model and (one.is_over or one.role in PLANNERS)]
    last = {one.task_id: one.number for one in over}
    return tuple(_outcome(run_id, story, story.request, one, is_last=last[one.task_id] == one.number) for one in over)


def _outcome(run_id: str, story: RunStory, request: RunStarted, attempt: Attempt, *, is_last: bool) -> TaskOutcome:
    writes = attempt.role in WRITERS or attempt.model == BUILTIN
    review = attempt.review if writes else None
    route = story.routes.get(attempt.task_id)
    delivered = story.delivered if writes and is_last and attempt.verified else ""
    return TaskOutcome(
        decision_id=f"{run_id}:{attempt.task_id}:{attempt.number}:{attempt.role}",
        run_id=run_id,
        task_id=attempt.task_id,
        attempt=max(attempt.number, 1),
        project=_name(request.repo),
        role=BUILTIN if attempt.model == BUILTIN else _name(attempt.role),
        task_type=request.kind.value,
        language=_name(story.language),
        **_features(route),
        model=_name(attempt.model),
        at=attempt.at or story.ended_at,
        verified=_verified(story, attempt, writes=writes),
        proven_by=_proof(story, request, attempt) if writes else ("run",) if attempt.role in PLANNERS else (),
        review_score=max(0, min(100, review.score)) if review else None,
        review_accepted=review.accepted if review else None,
        clean=attempt.clean,
        cost_usd=attempt.usd,
        latency_s=attempt.seconds,
        retries=attempt.retries,
        delivered=delivered,
        decided=_decided(route, attempt),
        later=Later(taken_back=bool(delivered) and story.taken_back),
    )


def _features(route: RouteChosen | None) -> dict[str, Any]:
    """Return what the decision knew of the task beyond its kind and language."""
    if route is None:
        return {}
    known = route.features
    return {
        "complexity": _name(known.complexity),
        "prompt_tokens": float(known.prompt_tokens) or None,
        "files": known.files,
        "has_traceback": known.has_traceback,
    }


def _decided(route: RouteChosen | None, attempt: Attempt) -> Decided | None:
    """Return the decision that an attempt carries out: the first one after it, by the model that was chosen."""
    if route is None or (route.attempt, route.model) != (attempt.number, attempt.model):
        return None
    candidates = tuple(
        Expected(
            model=one.model,
            success=min(1.0, max(0.0, one.success)),
            cost_usd=min(1e6, max(0.0, one.cost_usd)),
            latency_s=min(1e6, max(0.0, one.latency_s)),
            propensity=min(1.0, max(0.0, one.propensity)),
        )
        for one in route.candidates
    )
    return Decided(policy=_name(route.policy), profile=route.profile.value, candidates=candidates) if candidates else None


def _verified(story: RunStory, attempt: Attempt, *, writes: bool) -> bool | None:
    if story.status == "nothing_to_do":
        return None  # nothing was changed: that the tests pass was so before
    if writes:
        return attempt.verified
    if attempt.role not in PLANNERS:
        return None  # a reviewer's word is not measured by the run that it judges
    if attempt.verified is False:
        return False
    return {"verified": True, "partial": True, "failed": False}.get(story.status)


def _proof(story: RunStory, request: RunStarted, attempt: Attempt) -> tuple[str, ...]:
    """Return what shows that the work was done, beside the tests that passed already."""
    tests_first = any(one.role == Role.TEST_WRITER and one.verified for one in story.attempts.values())
    return tuple(
        name
        for name, holds in (
            ("failing_tests", request.kind is WorkKind.REPAIR),
            ("findings", request.kind not in (WorkKind.REPAIR, WorkKind.CHANGE)),
            ("new_tests", tests_first or (attempt.role == Role.TEST_WRITER and bool(attempt.proof))),
            ("review", attempt.review is not None and attempt.review.accepted),
        )
        if holds
    )


def _name(text: str) -> str:
    return " ".join(text.split())[:1000]
