"""Hand out, revoke and check the bearer tokens of the API; they are a ledger of the log."""

import hmac
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from codecompanion.domain.access import (
    ID_DIGITS,
    NO_ACCESS,
    SECRET_BYTES,
    Access,
    Scope,
    Token,
    digest,
    fold,
    id_in,
    written,
)
from codecompanion.domain.envelope import Draft
from codecompanion.domain.errors import BadInput, CodeCompanionError, VersionConflict
from codecompanion.domain.events import Fact, TokenCreated, TokenRevoked, TokenUsed, encode
from codecompanion.domain.streams import ACCESS
from codecompanion.ports import Clock, EventStore
from codecompanion.routing.stream_fold import StreamFold

_log = logging.getLogger(__name__)
_ACCESS: TypeAdapter[Access] = TypeAdapter(Access)
MAX_CONFLICTS = 20
MAX_NAME = 100
USE_TOLD_EVERY = timedelta(hours=1)
"""A token's use is recorded when none was for so long: the log shall not grow with every request."""


class Tokens:
    """The tokens of one store."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told: dict[str, str] = {}
        """From when on a use of each token is to be recorded again, as far as this process knows."""
        self._access: StreamFold[Access] = StreamFold(store, ACCESS, _ACCESS, NO_ACCESS, fold)

    async def create(self, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> tuple[Token, str]:
        """Hand out a token; return it and its text, which is kept nowhere. `expires_at` None stands for never.

        Raises:
            BadInput: The name is empty or too long, there is no scope, or it would have expired already.
        """
        if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
            raise BadInput(f"a token's name has 1 to {MAX_NAME} printable characters", fix="name who will use it, like ci")
        if not scopes:
            raise BadInput("a token without a scope allows nothing", fix=f"choose from {', '.join(Scope)}")
        if expires_at is not None and expires_at <= self._clock.now():
            raise BadInput("the token would have expired already", fix="choose a time to come")
        token_id = secrets.token_hex(ID_DIGITS // 2)
        text = written(token_id, secrets.token_bytes(SECRET_BYTES))
        expiry = "" if expires_at is None else written_moment(expires_at)
        values = tuple(sorted({scope.value for scope in scopes}))
        await self._append(
            TokenCreated(token_id=token_id, name=name, token_digest=digest(text), scopes=values, expires_at=expiry)
        )
        return (await self.known())[token_id], text

    async def revoke(self, token_id: str) -> None:
        """Take a token back; doing so again changes nothing.

        Raises:
            BadInput: There is no such token.
        """
        token = (await self.known()).get(token_id)
        if token is None:
            raise BadInput(f"there is no token {token_id!r}", fix="codecompanion auth token ls shows them")
        if not token.revoked:
            await self._append(TokenRevoked(token_id=token_id))

    async def known(self) -> dict[str, Token]:
        """Return every token that was handed out, by its id."""
        return (await self._access.load()).state.tokens

    async def any_holds(self) -> bool:
        """Return whether there is a token that is taken now."""
        now = written_moment(self._clock.now())
        return any(token.holds_at(now) for token in (await self.known()).values())

    async def holder_of(self, text: str) -> Token | None:
        """Return the token with this text; None when there is none, or it was revoked or has expired.

        Takes equally long for a wrong secret wherever it differs.
        """
        token_id = id_in(text)
        token = None if token_id is None else (await self.known()).get(token_id)
        if token is None or not hmac.compare_digest(token.token_digest, digest(text)):
            return None
        return token if token.holds_at(written_moment(self._clock.now())) else None

    async def used(self, token: Token) -> str:
        """Record that a token was taken, unless that was told lately; return from when on it is to be told again.

        A log that cannot be written to now keeps nobody out: it is said once, and tried again later.
        """
        moment = self._clock.now()
        now, told = written_moment(moment), max(_told_again_from(token), self._told.get(token.token_id, ""))
        if now < told:
            return told
        self._told[token.token_id] = again = written_moment(moment + USE_TOLD_EVERY)
        try:
            await self._append(TokenUsed(token_id=token.token_id, at=now))
        except CodeCompanionError as error:
            _log.warning("that token %s was used is not recorded: %s", token.token_id, error.what)
        return again

    async def _append(self, fact: Fact) -> None:
        now = written_moment(self._clock.now())
        draft = Draft(self._clock.new_id(), type(fact).__name__, fact.schema_version, now, encode(fact), actor="user")
        for conflicts in range(MAX_CONFLICTS):
            version = (await self._access.load()).version
            try:
                await self._store.append(ACCESS, [draft], expected_version=version)
            except VersionConflict:
                if conflicts + 1 == MAX_CONFLICTS:
                    raise
            else:
                return


def written_moment(moment: datetime) -> str:
    """Return a time in UTC as a `Token` has it: texts that sort as their times do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _told_again_from(token: Token) -> str:
    """Return from when on a use is to be recorded again, "" for at once."""
    if not token.last_used_at:
        return ""
    return written_moment(datetime.fromisoformat(token.last_used_at) + USE_TOLD_EVERY)
