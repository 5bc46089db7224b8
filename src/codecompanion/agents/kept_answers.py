"""Answers that are used again: for the same request of the same model at the same address, nothing else."""

import json
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelResponse

from codecompanion.agents.request_text import sha256_of
from codecompanion.ports import ResponseCache

_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)
_NOT_WHOLE = frozenset({"length", "content_filter", "error"})


class AnswerKeeper:
    """Decides which answers are kept and used again.

    Args:
        cache: Where they are.
        addresses: The addresses that the user named for providers: another server may answer otherwise.
        every: Whether requests are answered from the cache that chance has a part in; without it only those of temperature 0.
    """

    def __init__(self, cache: ResponseCache, *, addresses: str = "", every: bool = False) -> None:
        self._cache = cache
        self._addresses = addresses
        self._every = every

    async def get(self, request_hash: str, request: str) -> object | None:
        """Return the answer that is kept for a request, None for none. `request_hash` is that of the model and its JSON."""
        if not self._is_repeatable(request):
            return None
        kept = await self._cache.get(self._key(request_hash))
        return None if kept is None else json.loads(kept)

    async def put(self, request_hash: str, request: str, answer: str, at: datetime) -> None:
        """Keep an answer, given as JSON, unless it is cut off or refused."""
        whole = _RESPONSE.validate_json(answer).finish_reason not in _NOT_WHOLE
        if whole and self._is_repeatable(request):
            await self._cache.put(self._key(request_hash), answer.encode(), at)

    def _key(self, request_hash: str) -> str:
        return sha256_of(f"{self._addresses}\n{request_hash}")

    def _is_repeatable(self, request: str) -> bool:
        settings = cast("dict[str, Any]", json.loads(request)["settings"])
        return self._every or settings.get("temperature") == 0
