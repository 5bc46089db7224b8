"""Errands: prompts that a person carries to a web chat for the model copy-paste, and the answers that come back."""

from fastapi import APIRouter

from codecompanion.api.access import Approver, Reader
from codecompanion.api.bodies import Accepted, BroughtAnswer
from codecompanion.api.once import OnlyOnce
from codecompanion.api.server import Here
from codecompanion.runs.errands import Errand

router = APIRouter(prefix="/v1/errands", tags=["errands"])


@router.get("", operation_id="listErrands")
async def list_(server: Here, _who: Reader) -> list[Errand]:
    """List the prompts that wait for an answer, the oldest first, of the runs that this server works on."""
    return server.errands.all()


@router.post("/{errand_id}", status_code=202, operation_id="answerErrand")
async def answer(errand_id: str, body: BroughtAnswer, server: Here, who: Approver, once: OnlyOnce) -> Accepted:
    """Give a run the answer that was brought back; it goes on with it."""
    if await once.known(who):
        return Accepted.of(await once.take(who, ""))
    run_id = server.errands.find(errand_id).run_id
    await once.take(who, run_id)
    server.errands.answer(errand_id, body.answer)
    return Accepted.of(run_id)
