"""How the tasks of a run came to their models, and what came of it: read from the run's log alone."""

from collections.abc import Iterable, Sequence
from typing import Any

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import CascadeStepped, RouteChosen
from codecompanion.orchestrator.projections import RunView, view_of
from codecompanion.routing.run_outcomes import Attempted, attempts_in
from codecompanion.routing.run_router import first_step


def routes_of(view: RunView) -> list[dict[str, Any]]:
    """Return each decision and each step of a cascade as plain JSON, in their order; [] where no router chose."""
    cascaded = {one.decision_id for one in view.routing if isinstance(one, CascadeStepped)}
    steps = [
        first_step(one) if isinstance(one, RouteChosen) else one
        for one in view.routing
        if isinstance(one, CascadeStepped) or one.decision_id not in cascaded
    ]
    return [_plain(one) for one in steps]


def explanation(run_id: str, events: Sequence[Event], task_id: str = "") -> dict[str, Any]:
    """Return why each task of a run, or one of them, went to its model, and what happened then, as plain JSON.

    Raises:
        BadInput: No model was chosen for such a task.
    """
    view = view_of(run_id, events)
    tasks = list(dict.fromkeys(one.task_id for one in view.routing))
    if task_id and task_id not in tasks:
        raise BadInput(
            f"no model was chosen for a task {task_id!r} of run {run_id}",
            fix=f"one of {', '.join(tasks)}" if tasks else f"the run was told its model: {view.request.model}",
        )
    attempts = attempts_in(events)
    return {
        "schema_version": 1,
        "type": "route_explanation",
        "run_id": run_id,
        "model": view.request.model,
        "profile": view.request.profile.value if view.request.profile else None,
        "critical": view.request.critical,
        "tasks": [_task(view, one, attempts) for one in tasks if task_id in ("", one)],
    }


def _task(view: RunView, task_id: str, attempts: Iterable[Attempted]) -> dict[str, Any]:
    of_task = [one for one in view.routing if one.task_id == task_id]
    return {
        "task_id": task_id,
        "decisions": [one.model_dump(mode="json") for one in of_task if isinstance(one, RouteChosen)],
        "steps": [_plain(one) for one in of_task if isinstance(one, CascadeStepped)],
        "attempts": [_attempt(one) for one in attempts if one.task_id == task_id],
    }


def _attempt(one: Attempted) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "model": one.model,
        "accepted": one.verdict.accepted,
        "refused": list(one.verdict.reasons),
        "cost_usd": one.cost_usd,
        "latency_s": one.latency_s,
    }


def _plain(one: CascadeStepped) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"decision_id"})
