"""Requests that are carried out once: the same Idempotency-Key gives the first answer again."""

import hashlib
from collections.abc import AsyncGenerator
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


@dataclass(slots=True)
class Once:
    """One request that is to be carried out once, whoever repeats it. `held` is its key while it is, "" before."""

    server: Server
    response: Response
    key: str
    body_digest: str
    held: str = ""

    async def take(self, who: Principal, run_id: str) -> str:
        """Take the request for a run and return the run that it is about: for a repeated one that of the first time.

        Raises:
            Refusal: The key was used for another request, the same one is being carried out now, or the server is stopping.
        """
        if self.server.worker.draining:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping", headers={"Retry-After": "5"})
        key = self._key_of(who)
        self._hold(key)
        clock = self.server.app.clock
        fact = RequestTaken(principal=who.name, body_digest=self.body_digest, run_id=run_id)
        now = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        draft = Draft(clock.new_id(), type(fact).__name__, fact.schema_version, now, encode(fact), actor=who.name)
        (first,) = await self._append(draft, key)
        taken = decode(first)
        assert isinstance(taken, RequestTaken)
        self._check_same(taken.body_digest)
        if first.event_id != draft.event_id:
            self.response.headers[REPLAYED] = "true"
        return taken.run_id

    async def known(self, who: Principal) -> bool:
        """Return whether the request was taken before."""
        return bool(await self.server.app.store.find(REQUESTS, self._key_of(who)))

    def _hold(self, key: str) -> None:
        # Another server's requests are not known here: there the log sees to it that both answer for one run.
        if (underway := self.server.in_flight.get(key)) is not None:
            self._check_same(underway)
            detail = "the same request, with the same Idempotency-Key, is being carried out"
            raise Refusal(HTTPStatus.CONFLICT, detail, fix="send it again when it has been", headers={"Retry-After": "1"})
        self.server.in_flight[key] = self.body_digest
        self.held = key

    def let_go(self) -> None:
        """Let the request be repeated: it was carried out, or failed."""
        if self.held:
            del self.server.in_flight[self.held]

    def _check_same(self, body_digest: str) -> None:
        if body_digest != self.body_digest:
            detail = "this Idempotency-Key was used for another request"
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, detail, fix="take a fresh key for each request")

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


async def _once(request: Request, response: Response, server: Here, key: _Key) -> AsyncGenerator[Once]:
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body())
    once = Once(server, response, key, asked.hexdigest())
    try:
        yield once
    finally:
        once.let_go()


OnlyOnce = Annotated[Once, Depends(_once)]
