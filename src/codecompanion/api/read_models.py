"""Answers to reads that many ask for, kept as bytes until the log grows."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from pydantic_core import to_json

from codecompanion.ports import EventStore

MOST_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class _Kept:
    position: int
    body: bytes


class ReadModels:
    """Keeps what was answered at a position of the log, for whoever asks the same at the same position.

    Only for answers that follow from the log and the question alone. Each question costs one look at the log's end, so an
    answer is never older than the log, whichever process or machine appended to it.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0

    async def answer(self, question: Hashable, make: Callable[[], Awaitable[Any]]) -> Response:
        """Return the answer; `make` returns what becomes its JSON when the log has grown since it was last asked for."""
        position = await self._store.last_position()
        kept = self._kept.get(question)
        if kept is None or kept.position != position:
            # What is appended meanwhile may be in it already: then it is made again for the next who asks.
            kept = _Kept(position, to_json(await make()))
            self._keep(question, kept)
        else:
            self._kept.move_to_end(question)
        return Response(kept.body, media_type="application/json")

    def _keep(self, question: Hashable, kept: _Kept) -> None:
        self._forget(question)
        if len(kept.body) > MOST_BYTES:
            return
        self._kept[question] = kept
        self._bytes += len(kept.body)
        while self._bytes > MOST_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, question: Hashable) -> None:
        if (old := self._kept.pop(question, None)) is not None:
            self._bytes -= len(old.body)
