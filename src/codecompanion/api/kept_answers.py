"""Answers to reads, kept word for word until the log grows."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.ports import Clock, EventStore
from codecompanion.runs.tokens import written_moment

MOST_BYTES = 16 * 1024**2
_PARTS = ("http.response.start", "http.response.body")
"""What an answer consists of that is sent as a whole."""
_WORTH_KEEPING = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})


async def _mark(request: Request) -> None:
    # Before the route reads anything: what is appended from here on makes its answer an old one.
    request.state.answered_at = await request.state.log_end()


FollowsFromLog = Depends(_mark)
"""For a route whose answer follows from the log and the request alone: it is kept."""


@dataclass(frozen=True, slots=True)
class _Kept:
    position: int
    holds_until: str
    start: Message
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(name) + len(value) for name, value in self.start["headers"])


class KeptAnswers:
    """Answers a read that was asked before by the same caller in the same words, as long as the log is as it was.

    Whether the caller may know follows from the log too, in which tokens are handed out and revoked; only a token's own end,
    and that its use is to be told again, come by themselves, so an answer is kept no longer than that. Each answer from here
    costs one look at the log's end: it is never older than the log's last event, whichever process or machine appended it.
    """

    def __init__(self, app: ASGIApp, store: EventStore, clock: Clock) -> None:
        self._app = app
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, from what is kept if possible."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        question = _question(scope)
        kept = self._kept.get(question)
        if kept is not None and self._holds(kept) and await self._is_newest(kept):
            self._kept.move_to_end(question)
            await send({**kept.start, "headers": list(kept.start["headers"])})
            await send({"type": "http.response.body", "body": kept.body})
            return
        said: list[Message] = []

        async def sending(message: Message) -> None:
            if "answered_at" in scope["state"]:
                # Who stands around us adds headers to the message that it is given.
                said.append({**message, "headers": list(message["headers"])} if "headers" in message else message)
            await send(message)

        scope.setdefault("state", {})["log_end"] = self._store.last_position
        await self._app(scope, receive, sending)
        if len(said) == len(_PARTS) and said[0]["status"] in _WORTH_KEEPING:
            holds_until: str = scope["state"].get("holds_until", "")
            self._keep(question, _Kept(scope["state"]["answered_at"], holds_until, said[0], said[1]["body"]))

    async def _is_newest(self, kept: _Kept) -> bool:
        try:
            return kept.position == await self._store.last_position()
        except CodeCompanionError:  # the log is away: the route says so as it says everything
            return False

    def _holds(self, kept: _Kept) -> bool:
        return not kept.holds_until or written_moment(self._clock.now()) < kept.holds_until

    def _keep(self, question: Hashable, kept: _Kept) -> None:
        self._forget(question)
        if kept.size > MOST_BYTES:
            return
        self._kept[question] = kept
        self._bytes += kept.size
        while self._bytes > MOST_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, question: Hashable) -> None:
        if (old := self._kept.pop(question, None)) is not None:
            self._bytes -= old.size


def _question(scope: Scope) -> Hashable:
    headers = Headers(scope=scope)
    client = scope.get("client") or ("", 0)
    return scope["path"], scope["query_string"], client[0], headers.get("authorization"), headers.get("if-none-match")
