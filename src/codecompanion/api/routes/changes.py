"""The change of a run: its diff, and where each hunk comes from."""

from fastapi import APIRouter, Response

from codecompanion.api.access import Reader
from codecompanion.api.server import Here
from codecompanion.runs.provenance import Provenance, provenance_of
from codecompanion.runs.result import result_of

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["changes"])


@router.get("/diff", operation_id="showDiff", response_class=Response, responses={200: {"content": {"text/x-diff": {}}}})
async def diff(run_id: str, server: Here, _who: Reader) -> Response:
    """Return the run's change as a unified diff, empty when it has none."""
    await server.run(run_id)
    result = await result_of(server.app, run_id)
    return Response(result["diff"], media_type="text/x-diff; charset=utf-8")


@router.get("/provenance", operation_id="showProvenance")
async def provenance(run_id: str, server: Here, _who: Reader) -> Provenance:
    """Return for each hunk of the change who wrote it, in which event, at what cost, and which tests then passed."""
    await server.run(run_id)
    return await provenance_of(server.app, run_id)
