"""Who may use the API: bearer tokens, what each is allowed, and how one is written.

A token is `ccp_ID_SECRETCHECK`: an id of 12 hex digits, 32 random bytes, and the CRC-32 of all before it, both as base64url.
The check tells a typing error from a token that was revoked; the secret has 256 random bits, so its plain sha256 can be kept.
"""

import binascii
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from codecompanion.domain.events import Fact, TokenCreated, TokenRevoked, TokenUsed
from codecompanion.domain.project import Value

PREFIX = "ccp"
SECRET_BYTES = 32
ID_DIGITS = 12
_SECRET_CHARACTERS = 43
_CHECK_CHARACTERS = 6


class Scope(StrEnum):
    """What a token allows. ADMIN allows everything."""

    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"
    APPROVALS_WRITE = "approvals:write"
    ARTIFACTS_READ = "artifacts:read"
    METRICS_READ = "metrics:read"
    BUDGETS_WRITE = "budgets:write"
    ADMIN = "admin"


class Token(Value):
    """A token that was handed out. `expires_at` and `last_used_at` are RFC 3339 with microseconds and "Z", "" for never.

    `last_used_at` may be behind: not every use is recorded.
    """

    token_id: str
    name: str
    token_digest: str
    scopes: tuple[str, ...]
    expires_at: str
    revoked: bool = False
    last_used_at: str = ""

    def holds_at(self, moment: str) -> bool:
        """Return whether it is taken at a time, written as `expires_at` is."""
        return not self.revoked and (not self.expires_at or moment < self.expires_at)

    def allows(self, scope: Scope) -> bool:
        """Return whether it allows something."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class Access(Value):
    """Every token by its id."""

    tokens: dict[str, Token] = Field(default_factory=dict[str, Token])


NO_ACCESS = Access()


def fold(access: Access, facts: Iterable[Fact]) -> Access:
    """Return who has access after further facts."""
    tokens = dict(access.tokens)
    for fact in facts:
        match fact:
            case TokenCreated():
                tokens[fact.token_id] = Token.model_validate(fact.model_dump())
            case TokenRevoked(token_id=token_id) if token_id in tokens:
                tokens[token_id] = tokens[token_id].model_copy(update={"revoked": True})
            case TokenUsed(token_id=token_id, at=at) if token_id in tokens:
                tokens[token_id] = tokens[token_id].model_copy(update={"last_used_at": at})
            case _:
                pass
    return Access(tokens=tokens)


def written(token_id: str, secret: bytes) -> str:
    """Return the text of a token."""
    body = f"{PREFIX}_{token_id}_{_base64(secret)}"
    return body + _check(body)


def id_in(text: str) -> str | None:
    """Return the id of a token; None when the text is none, or was not copied whole."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    right_size = len(token_id) == ID_DIGITS and len(secret) == _SECRET_CHARACTERS + _CHECK_CHARACTERS
    if prefix != PREFIX or not right_size or not text.isascii():
        return None
    return token_id if _check(text[:-_CHECK_CHARACTERS]) == text[-_CHECK_CHARACTERS:] else None


def digest(text: str) -> str:
    """Return what is kept of a token: the sha256 of its text, as lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(body: str) -> str:
    return _base64(binascii.crc32(body.encode()).to_bytes(4, "big"))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
