"""The book of what is asked of providers, kept in a PostgreSQL database. All times are those of the server.

Its tables are not logged, so that a turn waits for no disk: a server that crashed has lost them, and is told anew of what is in
flight when that is renewed.
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.ports import LEASE_S, PATIENCE_S, WINDOW_S, Limit, Turn
from codecompanion.storage.postgres_database import Database, open_database, shown

ANSWER_S = 2.0
"""A database that takes longer for a turn is as good as away."""
ASK_EVERY_S = 1.0
"""So often one that is away is tried at most."""
_log = logging.getLogger(__name__)

_ENTER = "SELECT enter_provider($1, $2, $3, $4, $5, $6, $7)"
_RENEW = (
    "INSERT INTO provider_requests AS known (token, provider, came_at, asked_at, sent_at, lease_until)"
    " SELECT token, $1, now(), now(), '-infinity', clock_timestamp() + $3 FROM unnest($2::text[]) AS token"
    " ON CONFLICT (token) DO UPDATE SET lease_until = excluded.lease_until"
)
_LEAVE = (
    "WITH sent AS (UPDATE provider_requests SET lease_until = NULL"
    " WHERE token = $1 AND sent_at > clock_timestamp() - $2::interval RETURNING token)"
    " DELETE FROM provider_requests WHERE token = $1 AND NOT EXISTS (SELECT FROM sent)"
)
_HOLD_BACK = (
    "INSERT INTO held_models AS known (model, held_until) VALUES ($1, clock_timestamp() + $2::interval)"
    " ON CONFLICT (model) DO UPDATE SET held_until = greatest(known.held_until, excluded.held_until)"
)


@asynccontextmanager
async def open_postgres_limit_book(
    url: str, *, lease_s: float = LEASE_S, window_s: float = WINDOW_S, answer_s: float = ANSWER_S
) -> AsyncGenerator["PostgresLimitBook"]:
    """Open the book in a database that has our tables; it is connected to when a request is to be sent.

    Args:
        url: The database.
        lease_s: How long a request counts as in flight after the last sign of life of its process.
        window_s: What counts as a minute.
        answer_s: How long an answer of the database may take.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_database(url) as database:
        yield PostgresLimitBook(database, lease_s=lease_s, window_s=window_s, answer_s=answer_s)


class PostgresLimitBook:
    """A `LimitBook` in a PostgreSQL database. Made by `open_postgres_limit_book`."""

    def __init__(self, database: Database, *, lease_s: float, window_s: float, answer_s: float) -> None:
        self._database = database
        self._lease = timedelta(seconds=lease_s)
        self._window = timedelta(seconds=window_s)
        self._answer_s = answer_s
        self._is_away = False
        self._ask_again_at = 0.0

    async def enter(self, token: str, model: str, limit: Limit) -> Turn | None:
        """Ask for a turn; see `LimitBook.enter`."""
        numbers = (limit.in_flight or 0, limit.per_minute or 0, self._lease, self._window, timedelta(seconds=PATIENCE_S))
        answer = await self._ask(_ENTER, token, model, *numbers)
        return None if answer is None else Turn(answer[0], answer[1] > 0)

    async def renew(self, provider: str, tokens: Sequence[str]) -> None:
        """Say that requests are still in flight."""
        await self._ask(_RENEW, provider, sorted(tokens), self._lease)

    async def leave(self, token: str, provider: str) -> None:
        """Say that a request has ended or waits no longer."""
        del provider
        await self._ask(_LEAVE, token, self._window)

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no request to a model begin for some seconds."""
        await self._ask(_HOLD_BACK, model, timedelta(seconds=seconds))

    async def _ask(self, statement: str, *values: Any) -> Any:
        """Return the first value that a statement gives, None while the database is away."""
        if self._is_away and anyio.current_time() < self._ask_again_at:
            return None
        try:
            with anyio.fail_after(self._answer_s):
                answer = await self._database.run(lambda connection: connection.fetchval(statement, *values), patience_s=0)
        except (EnvironmentBroken, TimeoutError) as error:
            self._lost(error)
            return None
        if self._is_away:
            self._is_away = False
            _log.warning("%s is back: it keeps the limits of providers", shown(self._database.url))
        return answer

    def _lost(self, error: Exception) -> None:
        if not self._is_away:
            self._is_away = True
            cause = str(error) or "it does not answer"
            text = "%s keeps no limits of providers (%s): until it does each process keeps to them by itself"
            _log.warning(text, shown(self._database.url), cause)
        self._ask_again_at = anyio.current_time() + ASK_EVERY_S
