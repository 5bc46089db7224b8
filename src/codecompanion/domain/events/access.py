"""Tokens of the API, and requests that it took."""

from codecompanion.domain.events.fact import Fact


class TokenCreated(Fact):
    """A bearer token of the API was handed out. Only the sha256 of its text is kept; `expires_at` is RFC 3339, "" for never."""

    token_id: str
    name: str
    token_digest: str
    scopes: tuple[str, ...]
    expires_at: str = ""


class TokenRevoked(Fact):
    """A bearer token is not taken any more."""

    token_id: str


class TokenUsed(Fact):
    """A bearer token was taken at the RFC 3339 time `at`. Uses within the hour after it are not told."""

    token_id: str
    at: str


class RequestTaken(Fact):
    """A request that must not be carried out twice was taken. `body_digest` is that of its method, path and body.

    `principal` is who sent it; `run_id` the run that it began or is about.
    """

    principal: str
    body_digest: str
    run_id: str
