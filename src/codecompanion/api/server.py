"""What the routes of one server stand on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeSerializer

from codecompanion.api.metrics import Metrics
from codecompanion.api.problems import not_found
from codecompanion.api.tail import Tail
from codecompanion.domain.errors import BadInput
from codecompanion.orchestrator.projections import RunView
from codecompanion.runs.errands import Errands
from codecompanion.runs.standing import OpenRuns
from codecompanion.runs.tokens import Tokens
from codecompanion.runs.views import Views
from codecompanion.runs.worker import Worker
from codecompanion.wiring import App


@dataclass(frozen=True, slots=True)
class Server:
    """Everything a request may need.

    `repos` are the roots of the repositories that are served, the first one is meant when none is named. `open_here` is whether
    requests from this machine need no token as long as none was handed out. `key` signs cursors. `changing` is held while
    something is compared with what its caller has seen, and changed. `in_flight` has the digests of the requests that are being
    carried out, by their keys.
    """

    app: App
    worker: Worker
    tokens: Tokens
    views: Views
    open_runs: OpenRuns
    tail: Tail
    metrics: Metrics
    errands: Errands
    repos: tuple[Path, ...]
    open_here: bool
    key: str = field(repr=False)
    changing: anyio.Lock = field(default_factory=anyio.Lock)
    in_flight: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self, run_id: str) -> RunView:
        """Return a run.

        Raises:
            Refusal: There is none with this id.
        """
        try:
            return await self.views.of(run_id)
        except BadInput as error:
            raise not_found(f"run {run_id!r}") from error

    def cursor(self, kind: str, place: str) -> str:
        """Return a place in a list as a text that only this server can make."""
        return URLSafeSerializer(self.key, salt=kind).dumps(place)

    def place(self, kind: str, cursor: str) -> str:
        """Return the place that a cursor holds.

        Raises:
            BadInput: It was not made by this server, or for another list.
        """
        try:
            return str(URLSafeSerializer(self.key, salt=kind).loads(cursor))
        except BadSignature as error:
            raise BadInput("the cursor is not one of this list", fix="begin again without a cursor") from error


async def _server_of(request: Request) -> Server:  # the framework would hand one that is not async to a thread
    return request.app.state.server


Here = Annotated[Server, Depends(_server_of)]
