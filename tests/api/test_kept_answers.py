"""An answer is made once for a log that stands still, is never older than the log, and is for whoever may have it alone."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI, Request, Response
from httpx2 import ASGITransport, AsyncClient

from codecompanion.api import kept_answers
from codecompanion.api.kept_answers import FollowsFromLog, KeptAnswers
from codecompanion.clock import FixedClock
from codecompanion.domain.errors import DatabaseUnavailable
from codecompanion.domain.events import RunResumed
from codecompanion.runs.tokens import written_moment
from codecompanion.storage.memory import MemoryEventStore
from histories import REQUEST
from recorded_runs import record

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Site:
    """A page whose answers are kept and one whose are not; `asked` says what was not answered from what was kept."""

    def __init__(self, store: MemoryEventStore | None = None) -> None:
        self.store = store or MemoryEventStore()
        self.clock = FixedClock(NOON)
        self.asked: list[str] = []
        self.status = 200
        self.holds_until = ""
        api = FastAPI()
        api.get("/kept", dependencies=[FollowsFromLog])(self._answer)
        api.get("/other")(self._answer)
        api.state.site = self
        api.add_middleware(KeptAnswers, store=self.store, clock=self.clock)
        self.client = AsyncClient(transport=ASGITransport(api), base_url="http://here")

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.query)
        request.state.holds_until = self.holds_until
        return Response(f"{request.url.query}:{len(self.asked)}", self.status, {"ETag": '"1"'})

    async def text(self, path: str, **headers: str) -> str:
        return (await self.client.get(path, headers=headers)).text


async def test_an_answer_is_made_again_only_when_the_log_has_grown() -> None:
    site = Site()
    assert [await site.text("/kept?a") for _ in range(3)] == ["a:1"] * 3
    await record(site.store, "run-1", [REQUEST])
    assert [await site.text("/kept?a") for _ in range(2)] == ["a:2"] * 2
    await record(site.store, "run-1", [RunResumed()], after=1)
    assert await site.text("/kept?a") == "a:3"
    assert (await site.client.get("/kept?a")).headers["etag"] == '"1"'


async def test_who_asks_otherwise_has_an_answer_of_his_own() -> None:
    site = Site()
    first = [await site.text("/kept?a"), await site.text("/kept?b"), await site.text("/kept?a", authorization="Bearer x")]
    first += [await site.text("/kept?a", **{"if-none-match": '"1"'})]
    assert first == ["a:1", "b:2", "a:3", "a:4"]
    assert await site.text("/kept?a", authorization="Bearer x") == "a:3"


async def test_an_answer_is_kept_no_longer_than_the_token_holds() -> None:
    site = Site()
    site.holds_until = written_moment(NOON.replace(hour=13))
    assert [await site.text("/kept?a") for _ in range(2)] == ["a:1"] * 2
    site.clock.advance(3600)
    assert await site.text("/kept?a") == "a:2"


class AwayStore(MemoryEventStore):
    """A store whose log cannot be asked while it is away."""

    away = False

    async def last_position(self) -> int:
        if self.away:
            raise DatabaseUnavailable("the log is away")
        return await super().last_position()


async def test_while_the_log_is_away_nothing_is_answered_from_what_is_kept_and_what_needs_no_log_is() -> None:
    site = Site(store := AwayStore())
    assert await site.text("/kept?a") == "a:1"
    store.away = True
    with pytest.raises(DatabaseUnavailable):  # by the route, whose errors are answered as problems
        await site.text("/kept?a")
    assert await site.text("/other?a") == "a:2"
    store.away = False
    assert await site.text("/kept?a") == "a:1"


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_refusal_is_not_kept(status: int) -> None:
    site = Site()
    site.status = status
    assert [await site.text("/kept?a"), await site.text("/kept?a")] == ["a:1", "a:2"]


async def test_what_does_not_follow_from_the_log_is_asked_for_each_time() -> None:
    site = Site()
    assert [await site.text("/other?a"), await site.text("/other?a")] == ["a:1", "a:2"]


async def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    await site.text("/kept?a")
    kept = site.asked.copy()
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 60)  # an answer with its headers has 25 bytes, so that two are kept
    for query in "abaca":
        await site.text(f"/kept?{query}")
    await site.text("/kept?b")
    assert site.asked == [*kept, "b", "c", "b"]
