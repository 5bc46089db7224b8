"""Requests that are carried out once: the same Idempotency-Key gives the first answer again."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from codecompanion.api.access import Principal
from codecompanion.api.problems import Refusal
from codecompanion.api.server import Here, Server
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import VersionConflict
from codecompanion.domain.events import RequestTaken, decode, encode
from codecompanion.domain.streams import REQUESTS

MAX_CONFLICTS = 50
REPLAYED = "Idempotency-Replayed"

_Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the caller, a UUID say. The same key with the same request gives the first answer again.",
    ),
]


@dataclass(frozen=True, slots=True)
class Once:
    """One request that is to be carried out once, whoever repeats it."""

    server: Server
    response: Response
    key: str
    body_digest: str

    async def take(self, who: Principal, run_id: str) -> str:
        """Take the request for a run and return the run that it is about: for a repeated one that of the first time.

        Raises:
            Refusal: The key was used for another request, or the server is stopping.
        """
        if self.server.worker.draining:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping", headers={"Retry-After": "5"})
        key = self._key_of(who)
        clock = self.server.app.clock
        fact = RequestTaken(principal=who.name, body_digest=self.body_digest, run_id=run_id)
        now = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        draft = Draft(clock.new_id(), type(fact).__name__, fact.schema_version, now, encode(fact), actor=who.name)
        (first,) = await self._append(draft, key)
        taken = decode(first)
        assert isinstance(taken, RequestTaken)
        if taken.body_digest != self.body_digest:
            detail = "this Idempotency-Key was used for another request"
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, detail, fix="take a fresh key for each request")
        if first.event_id != draft.event_id:
            self.response.headers[REPLAYED] = "true"
        return taken.run_id

    async def known(self, who: Principal) -> bool:
        """Return whether the request was taken before."""
        return bool(await self.server.app.store.find(REQUESTS, self._key_of(who)))

    def _key_of(self, who: Principal) -> str:
        return hashlib.sha256(f"{who.name}\n{self.key}".encode()).hexdigest()

    async def _append(self, draft: Draft, key: str) -> list[Event]:
        version = 0
        for _ in range(MAX_CONFLICTS):
            try:
                return await self.server.app.store.append(REQUESTS, [draft], expected_version=version, idempotency_key=key)
            except VersionConflict as conflict:
                version = conflict.actual
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests begin at once", headers={"Retry-After": "1"})


async def _once(request: Request, response: Response, server: Here, key: _Key) -> Once:
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body())
    return Once(server, response, key, asked.hexdigest())


OnlyOnce = Annotated[Once, Depends(_once)]
