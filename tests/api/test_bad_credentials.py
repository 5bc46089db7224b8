"""Bad input to a server with tokens: who may not is told so, whatever exists, and nothing is begun.

The ids are those of docs/INPUTS.md.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from api_server import ApiServer, api_server, key
from codecompanion.clock import FixedClock, SystemClock
from codecompanion.domain.access import Scope
from codecompanion.runs.tokens import Tokens
from codecompanion.storage.sqlite import open_sqlite
from command_line import environment
from projects import SHOP, repository

RUNS = "/v1/runs"
ASKED = {"objective": "fix the failing tests", "timeout_s": 0.001}
WRITER = (Scope.RUNS_READ, Scope.RUNS_WRITE)


@dataclass(frozen=True)
class Guarded:
    """A server that wants tokens, and texts of tokens by what they are."""

    server: ApiServer
    tokens: Mapping[str, str]

    def client(self, token: str) -> httpx2.Client:
        return self.server.client(self.tokens[token])


async def hand_out(log: Path) -> dict[str, str]:
    """Hand out tokens, one of them an hour before it expired, and take one back."""
    then = datetime.now(UTC) - timedelta(hours=2)
    made: dict[str, str] = {}
    async with open_sqlite(log) as (store, _):
        for name, scopes, clock in (
            ("ada", WRITER, SystemClock()),
            ("bob", WRITER, SystemClock()),
            ("gauge", (Scope.METRICS_READ,), SystemClock()),
            ("revoked", WRITER, SystemClock()),
            ("expired", WRITER, FixedClock(then)),
        ):
            until = clock.now() + timedelta(hours=1)
            token, made[name] = await Tokens(store, clock).create(name, scopes, until)
            if name == "revoked":
                await Tokens(store, clock).revoke(token.token_id)
    return made


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Generator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    tokens = anyio.run(hand_out, folder / "state/log.sqlite3")
    shop = repository(folder / "shop", SHOP)
    with api_server(environment(folder, venv_with_pytest / "bin/python"), shop, "--rate", "0") as server:
        yield Guarded(server, tokens)


@pytest.fixture(scope="module")
def begun(guarded: Guarded) -> dict[str, Any]:
    """The key and the run of a request that Ada sent."""
    same = key()
    with guarded.client("ada") as ada:
        answer = ada.post(RUNS, json=ASKED, headers=same)
    assert answer.status_code == 202, answer.text
    return {"key": same, "run_id": answer.json()["run_id"]}


CREDENTIALS: dict[str, str | None] = {
    "C081-no-token": None,
    "C085-expired": "Bearer {expired}",
    "C086-revoked": "Bearer {revoked}",
    "C088-one-letter-less": "Bearer {short}",
    "C089-one-letter-more": "Bearer {ada}x",
    "C083-right-token-in-a-wrong-scheme": "Basic {ada}",
}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_whoever_has_no_token_that_holds_is_refused_and_nothing_is_begun(guarded: Guarded, name: str) -> None:
    words = CREDENTIALS[name]
    given = {} if words is None else {"Authorization": words.format(**guarded.tokens, short=guarded.tokens["ada"][:-1])}
    with guarded.client("ada") as ada, guarded.server.client() as stranger:
        before = ada.get(RUNS).json()
        for answer in (stranger.get(RUNS, headers=given), stranger.post(RUNS, json=ASKED, headers={**key(), **given})):
            assert answer.status_code == 401, answer.text
            assert answer.json()["detail"]
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert ada.get(RUNS).json() == before


def test_c087_a_token_of_another_scope_begins_nothing(guarded: Guarded, begun: dict[str, Any]) -> None:
    with guarded.client("gauge") as gauge, guarded.client("ada") as ada:
        before = taken(ada)
        for path in (RUNS, f"{RUNS}/{begun['run_id']}/cancel", f"{RUNS}/{begun['run_id']}/apply"):
            answer = gauge.post(path, json=ASKED, headers=key())
            assert answer.status_code == 403
            assert 'scope="runs:write"' in answer.headers["WWW-Authenticate"]
        assert taken(ada) == before


def taken(client: httpx2.Client) -> list[str]:
    """Return the ids of the requests that were taken."""
    events = client.get("/v1/events", params={"limit": 200}).json()["events"]
    return [event["event_id"] for event in events if event["type"] == "RequestTaken"]


def test_c039_who_may_not_read_is_not_told_which_runs_there_are(guarded: Guarded, begun: dict[str, Any]) -> None:
    with guarded.client("gauge") as gauge:
        there, nowhere = (gauge.get(f"{RUNS}/{run}") for run in (begun["run_id"], "20260101-000000-zzzz"))
    assert there.status_code == nowhere.status_code == 403
    assert there.json()["detail"] == nowhere.json()["detail"]


def test_c097_a_key_with_another_body_is_refused_and_begins_nothing(guarded: Guarded, begun: dict[str, Any]) -> None:
    with guarded.client("ada") as ada:
        before = ada.get(RUNS).json()["runs"]
        answer = ada.post(RUNS, json={**ASKED, "seed": 7}, headers=begun["key"])
        assert answer.status_code == 422
        assert "was used for another request" in answer.json()["detail"]
        assert [run["run_id"] for run in ada.get(RUNS).json()["runs"]] == [run["run_id"] for run in before]
        again = ada.post(RUNS, json=ASKED, headers=begun["key"])
        assert (again.json()["run_id"], again.headers["Idempotency-Replayed"]) == (begun["run_id"], "true")


def test_c099_a_key_of_somebody_else_is_a_fresh_one(guarded: Guarded, begun: dict[str, Any]) -> None:
    with guarded.client("bob") as bob:
        answer = bob.post(RUNS, json=ASKED, headers=begun["key"])
    assert answer.status_code == 202
    assert answer.json()["run_id"] != begun["run_id"]
    assert "Idempotency-Replayed" not in answer.headers
