"""Approvals: what runs wait for, and what a person decides."""

from http import HTTPStatus

from fastapi import APIRouter

from codecompanion.api.access import Approver, Reader
from codecompanion.api.bodies import Accepted, Decision, Verdict, Waiting
from codecompanion.api.once import OnlyOnce
from codecompanion.api.problems import Refusal
from codecompanion.api.routes.runs import end, go_on
from codecompanion.api.server import Here
from codecompanion.domain.errors import BadInput
from codecompanion.runs.find import known_runs

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.get("", operation_id="listApprovals")
async def list_(server: Here, _who: Reader) -> list[Waiting]:
    """List the runs that wait for a person, the newest first."""
    views = [await server.run(run_id) for run_id in await known_runs(server.app.store)]
    return [
        Waiting(
            run_id=view.run_id,
            subject=view.summary,
            choices=list(view.choices),
            objective=view.request.objective,
            since=view.last_at,
            version=view.version,
        )
        for view in views
        if view.status == "waiting"
    ]


@router.post("/{run_id}", status_code=202, operation_id="decideApproval")
async def decide(run_id: str, body: Decision, server: Here, who: Approver, once: OnlyOnce) -> Accepted:
    """Approve what a run waits for, and it goes on; or reject it, and the run is cancelled."""
    view = await server.run(run_id)
    is_new = not await once.known(who)
    if view.status != "waiting" and is_new:
        raise Refusal(HTTPStatus.CONFLICT, f"run {run_id} waits for nobody", code="CC-2100")
    if is_new and body.version not in (None, view.version):
        why = f"run {run_id} has gone on since you looked: it is at {view.version}, not {body.version}"
        raise Refusal(HTTPStatus.CONFLICT, why, code="CC-2100")
    await once.take(who, run_id)
    if view.status == "waiting":
        if body.decision is Verdict.APPROVE:
            if body.choice and body.choice not in view.choices:
                raise BadInput(
                    f"{body.choice!r} is no answer", fix=f"choose from {', '.join(view.choices) or 'approve and reject'}"
                )
            await go_on(server, view, who, choice=body.choice)
        else:
            await end(server, run_id)
    return Accepted.of(run_id)
