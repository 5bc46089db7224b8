"""That a token was used is told to the hour, by whichever process it was taken, and keeps nobody out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from codecompanion.clock import FixedClock
from codecompanion.domain.access import Scope, Token
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.streams import ACCESS
from codecompanion.runs.tokens import Tokens, written_moment
from codecompanion.storage.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


async def told(store: MemoryEventStore) -> list[str]:
    return [event.data["at"] for event in await store.read(ACCESS) if event.type == "TokenUsed"]


async def test_uses_within_an_hour_are_told_once_by_all_processes_together() -> None:
    store, clock = MemoryEventStore(), FixedClock(NOON)
    here, there = Tokens(store, clock), Tokens(store, clock)
    token, text = await here.create("ci", [Scope.RUNS_READ], None)
    assert token.last_used_at == ""
    for minutes in (0, 20, 20, 19):
        clock.advance(timedelta(minutes=minutes).total_seconds())
        for tokens in (here, there):
            taken = await tokens.holder_of(text)
            assert taken is not None
            assert await tokens.used(taken) == written_moment(NOON + timedelta(hours=1))
    clock.advance(60)
    await here.used(await holder(here, text))
    assert await told(store) == [written_moment(NOON), written_moment(NOON + timedelta(hours=1))]
    assert (await holder(there, text)).last_used_at == written_moment(NOON + timedelta(hours=1))


async def holder(tokens: Tokens, text: str) -> Token:
    found = await tokens.holder_of(text)
    assert found is not None
    return found


class Full(MemoryEventStore):
    """Has no room for uses of tokens."""

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        if drafts[0].type == "TokenUsed":
            raise EnvironmentBroken("the disk is full")
        return await super().append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)


async def test_a_log_that_cannot_be_written_to_keeps_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens(Full(), FixedClock(NOON))
    _, text = await tokens.create("ci", [Scope.RUNS_READ], None)
    taken = await holder(tokens, text)
    for _ in range(2):
        await tokens.used(taken)
    assert len(caplog.records) == 1, "and says so once"
    assert taken.token_id in caplog.text
