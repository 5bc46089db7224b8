"""Artifacts: the documents that a run produced."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from codecompanion.api.access import ArtifactReader
from codecompanion.api.bodies import ArtifactRow
from codecompanion.api.problems import not_found
from codecompanion.api.server import Here, Server
from codecompanion.domain.events import ArtifactProduced, decode

router = APIRouter(prefix="/v1/runs/{run_id}/artifacts", tags=["artifacts"])

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("", operation_id="listArtifacts")
async def list_(run_id: str, server: Here, _who: ArtifactReader) -> list[ArtifactRow]:
    """List the artifacts of a run in the order they were produced."""
    return await _artifacts(server, run_id)


@router.get(
    "/{sha256}", operation_id="showArtifact", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
async def show(
    run_id: str,
    sha256: Sha256,
    server: Here,
    _who: ArtifactReader,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Return an artifact. Its content never changes: its sha256 is the ETag."""
    if sha256 not in {row.sha256 for row in await _artifacts(server, run_id)}:
        raise not_found(f"artifact {sha256} of run {run_id!r}")
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(await server.app.blobs.get(sha256), media_type="application/json", headers=headers)


async def _artifacts(server: Server, run_id: str) -> list[ArtifactRow]:
    await server.run(run_id)
    rows: list[ArtifactRow] = []
    for event in await server.app.store.read(run_id):
        fact = decode(event)
        if isinstance(fact, ArtifactProduced):
            href = f"/v1/runs/{run_id}/artifacts/{fact.sha256}"
            kind = fact.artifact_type.value
            rows.append(ArtifactRow(artifact_type=kind, title=fact.title, sha256=fact.sha256, version=event.version, href=href))
    return rows
