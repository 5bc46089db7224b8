"""Events: pages of the log, and its end as it grows."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from codecompanion.api.access import Reader
from codecompanion.api.bodies import EventPage, EventRow
from codecompanion.api.kept_answers import FollowsFromLog
from codecompanion.api.server import Here, Server
from codecompanion.domain.envelope import Event
from codecompanion.domain.streams import is_run

router = APIRouter(prefix="/v1", tags=["events"])

RETRY_MS = 1000
"""So long a client waits before it comes back: short, since all are to be back within three seconds of a new start."""
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=500)]
After = Annotated[int, Query(ge=0, le=2**31, description="The version to begin after.")]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern="^[0-9]{1,18}$",
        description="The position to go on after, that of the last event that came; 0 is the beginning.",
    ),
]


async def _known(run_id: str, server: Here) -> str:
    await server.run(run_id)
    return run_id


KnownRun = Annotated[str, Depends(_known)]
"""Looked for before a stream begins: later its status cannot be taken back."""


@router.get("/events", operation_id="listEvents", dependencies=[FollowsFromLog])
async def list_all(server: Here, _who: Reader, limit: Limit = 100, cursor: Cursor = None) -> EventPage:
    """Return the events of all runs in the order of their positions."""
    after = 0 if cursor is None else int(server.place("events", cursor))
    found = await server.app.store.read_all(after_position=after, limit=limit)
    rest = server.cursor("events", str(found[-1].position)) if len(found) == limit else None
    return EventPage(events=[EventRow.of(event) for event in found if is_run(event.stream_id)], next_cursor=rest)


@router.get("/events/stream", operation_id="followEvents", response_class=EventSourceResponse)
async def follow_all(server: Here, _who: Reader, last_event_id: LastEventId = None) -> AsyncIterator[ServerSentEvent]:
    """Follow the events of all runs; without Last-Event-ID from the first on."""
    async for event in _followed(server, None, last_event_id):
        yield event


@router.get("/runs/{run_id}/events", operation_id="listRunEvents", dependencies=[FollowsFromLog])
async def list_of_run(
    run_id: str, server: Here, _who: Reader, limit: Limit = 100, cursor: Cursor = None, after: After = 0
) -> EventPage:
    """Return the events of a run in their order, those after a version or where a cursor goes on."""
    view = await server.run(run_id)
    kind = f"events:{run_id}"
    after = after if cursor is None else int(server.place(kind, cursor))
    found = await server.app.store.read(run_id, after_version=after, up_to_version=after + limit)
    last = found[-1].version if found else after
    return EventPage(
        events=[EventRow.of(event) for event in found],
        next_cursor=server.cursor(kind, str(last)) if last < view.version else None,
    )


@router.get("/runs/{run_id}/events/stream", operation_id="followRunEvents", response_class=EventSourceResponse)
async def follow_run(
    run_id: KnownRun, server: Here, _who: Reader, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Follow the events of a run, those that are recorded already first."""
    async for event in _followed(server, run_id, last_event_id):
        yield event


async def _followed(server: Server, run_id: str | None, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
    after = int(last_event_id or 0)
    yield ServerSentEvent(comment="following", retry=RETRY_MS)
    with server.metrics.sse_clients.track_inprogress():
        async for event in server.tail.events(after, run_id):
            if is_run(event.stream_id):
                yield _sent(event)


def _sent(event: Event) -> ServerSentEvent:
    return ServerSentEvent(id=str(event.position), event=event.type, data=EventRow.of(event).model_dump())
