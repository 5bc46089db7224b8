"""The result of a run as plain JSON: the contract that other programs rely on."""

from typing import Any

from codecompanion.domain.artifacts import ArtifactType, EvalReport, PullRequest, Triage, create_artifact_from_json
from codecompanion.domain.checks import Counts
from codecompanion.domain.tidying import WorkKind
from codecompanion.orchestrator.projections import RunView
from codecompanion.runs.find import view_run
from codecompanion.runs.models_used import models_used
from codecompanion.runs.refusal import SCHEMA_VERSION
from codecompanion.runs.rewind import diff_of
from codecompanion.runs.routes import routes_of
from codecompanion.wiring import App


async def result_of(app: App, run_id: str) -> dict[str, Any]:
    """Return the result of a run, finished or not.

    `status` is "verified", "partial", "unverified", "failed", "nothing_to_do" or "answered" in the end; before that "queued",
    "running", "paused" or "cancelled", and `exit_code` is None. `findings` is None for a repair. `answer` is the document of a
    run that was asked for advice, None of every other.
    Durations are seconds, money is US dollars. `report` is the EvalReport; `error` tells what, why and what to do.
    """
    view = await view_run(app.store, run_id)
    report = await report_of(app, view)
    models = await _with_bodies(app, models_used(view))
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "result",
        "run_id": run_id,
        "status": view.status,
        "exit_code": view.exit_code,
        "summary": view.summary,
        "objective": view.request.objective,
        "kind": view.request.kind.value,
        "repo": view.request.repo,
        "model": view.request.model,
        "head_commit": view.request.base_commit,
        "base_commit": view.trees[0][2] if view.trees else view.request.base_commit,
        "include_uncommitted": view.request.include_uncommitted,
        "branch": view.branch.branch if view.branch else None,
        "commit": view.branch.commit if view.branch else None,
        "diff": await diff_of(app.blobs, view),
        "files_changed": await _files_changed(app, view),
        "applied": view.applied is not None,
        "tests": {"before": _counts(view.before), "after": _counts(view.after), "flaky": list(view.flaky)},
        "findings": _findings(view, report),
        "cost_usd": models["cost_usd"],
        "model_calls": models["calls"],
        "models": models,
        "routes": routes_of(view),
        "plan": await _plan(app, view),
        "choices": list(view.choices),
        "votes": [one.model_dump(mode="json") for one in view.votes],
        "tournaments": [one.model_dump(mode="json") for one in view.tournaments],
        "team": view.request.team.value if view.request.team else None,
        "duration_s": round(view.duration_s, 3),
        "candidates_tried": view.search.candidates_tried if view.search and view.request.kind is WorkKind.REPAIR else 0,
        "conversation": _conversation(view),
        "answer": await _answer(app, view),
        "report": report.model_dump(mode="json") if report else None,
        "error": _error(view),
    }


async def report_of(app: App, view: RunView) -> EvalReport | None:
    """Return the run's EvalReport, None when it has none."""
    sha256 = view.artifacts.get(ArtifactType.EVAL_REPORT)
    if sha256 is None:
        return None
    report = create_artifact_from_json(await app.blobs.get(sha256))
    assert isinstance(report, EvalReport)
    return report


async def answer_of(app: App, view: RunView) -> Triage | PullRequest | None:
    """Return what an agent that was asked alone handed over, None when it did not, or the run is of another kind."""
    sha256 = view.artifacts.get(ArtifactType.TRIAGE) or view.artifacts.get(ArtifactType.PULL_REQUEST)
    if sha256 is None:
        return None
    answer = create_artifact_from_json(await app.blobs.get(sha256))
    assert isinstance(answer, Triage | PullRequest)
    return answer


async def _answer(app: App, view: RunView) -> dict[str, Any] | None:
    answer = await answer_of(app, view)
    return answer.model_dump(mode="json") if answer else None


async def _with_bodies(app: App, models: dict[str, Any]) -> dict[str, Any]:
    """Return what the models did, with the beginning of what servers sent instead of answers."""
    failures: list[dict[str, Any]] = [
        {**one, "body": (await app.blobs.get(one["body_sha256"])).decode() if one["body_sha256"] else None}
        for one in models["failures"]
    ]
    return {**models, "failures": failures}


async def _plan(app: App, view: RunView) -> dict[str, Any] | None:
    sha256 = view.artifacts.get(ArtifactType.SPEC_DOC)
    if sha256 is None or view.plan is None:
        return None
    spec = create_artifact_from_json(await app.blobs.get(sha256))
    return {"spec": spec.model_dump(mode="json"), "tasks": [item.model_dump(mode="json") for item in view.plan.items]}


async def _files_changed(app: App, view: RunView) -> list[str]:
    sha256 = view.artifacts.get(ArtifactType.CODE_PATCH)
    if sha256 is None:
        return []
    patch = create_artifact_from_json(await app.blobs.get(sha256))
    assert patch.artifact_type == "CodePatch"
    return [change.path for change in patch.files_changed]


def _conversation(view: RunView) -> list[dict[str, Any]] | None:
    if view.request.kind is not WorkKind.CHAT:
        return None
    turns = enumerate(view.turns, 1)
    return [
        {"turn": number, "user": one.said, "agent": one.answer.text if one.answer else None, "stopped": one.stopped or None}
        for number, one in turns
    ]


def _counts(counts: Counts | None) -> dict[str, int] | None:
    return counts.model_dump() if counts else None


def _findings(view: RunView, report: EvalReport | None) -> dict[str, Any] | None:
    if not view.findings:
        return None
    remaining = [one.model_dump(mode="json") for one in report.remaining] if report else []
    after = view.findings[-1] if view.branch else view.findings[0]
    return {"before": view.findings[0], "after": after, "remaining": remaining}


def _error(view: RunView) -> dict[str, Any] | None:
    if view.failure is not None:
        failure = view.failure
        return {"code": failure.code, "what": failure.what, "cause": failure.cause, "fix": failure.fix}
    if view.status == "paused" and view.paused_code:
        fix = f"codecompanion resume {view.run_id} lets it go on, codecompanion cancel {view.run_id} ends it"
        return {"code": view.paused_code, "what": view.summary, "cause": "", "fix": fix}
    if view.status == "failed" and view.request.kind is WorkKind.ADVICE:
        return {"code": "CC-1001", "what": view.summary, "cause": "", "fix": "ask another model with --model"}
    if view.status in ("failed", "partial") and view.request.kind is not WorkKind.REPAIR:
        return {"code": "CC-1001", "what": view.summary, "cause": "", "fix": "the report says of each finding why it remains"}
    if view.status == "failed":
        return {"code": "CC-1001", "what": view.summary, "cause": "", "fix": "the report names the most suspicious places"}
    return None
