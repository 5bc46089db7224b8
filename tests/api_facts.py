"""A fact of every type that only the API has."""

from codecompanion.domain.events import Fact, RequestTaken, TokenCreated, TokenRevoked, TokenUsed

API_FACTS: tuple[Fact, ...] = (
    TokenCreated(
        token_id="0a1b2c3d4e5f",
        name="ci",
        token_digest="b" * 64,
        scopes=("runs:read",),
        expires_at="2027-01-01T00:00:00.000000Z",
    ),
    TokenRevoked(token_id="0a1b2c3d4e5f"),
    TokenUsed(token_id="0a1b2c3d4e5f", at="2026-11-26T10:15:00.000000Z"),
    RequestTaken(principal="token:0a1b2c3d4e5f", body_digest="c" * 64, run_id="20261126-040000-abcd"),
)
