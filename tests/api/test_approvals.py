"""A run that waits for a person, and people who decide at once, twice and too late."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from api_server import api_server, key
from command_line import Cli, command_line
from shop_team import OBJECTIVE, STANDARD

pytestmark = pytest.mark.timeout(300)


def decide(client: httpx2.Client, run_id: str, decision: str = "approve") -> int:
    return client.post(f"/v1/approvals/{run_id}", json={"decision": decision}, headers=key()).status_code


def test_f45_of_many_decisions_one_counts_and_what_comes_late_is_refused(
    environ: dict[str, str], shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "script.json").write_text(json.dumps(STANDARD), encoding="utf-8")
    cli = command_line(environ, shop)
    waits = ("run", OBJECTIVE, "--model", f"scripted:{tmp_path}/script.json", "--permission-mode", "plan", "--json")
    run_id, rejected = (cli(*waits).json["run_id"] for _ in range(2))
    with api_server(environ, shop, "--rate", "0") as server, server.client() as one, server.client() as other:
        with ThreadPoolExecutor(8) as people:
            answers = [*people.map(decide, [one, other] * 4, [run_id] * 8)]
        assert set(answers) <= {202, 409}
        assert 202 in answers
        assert decide(other, run_id) == 409  # late
        assert decide(other, run_id, "reject") == 409
        assert decide(one, rejected, "reject") == 202
        assert decide(other, rejected) == 409  # after the cancel
        events = one.get(f"/v1/runs/{run_id}/events", params={"limit": 200}).json()["events"]
    assert Counter(event["type"] for event in events)["ApprovalGiven"] == 1
    assert cli("show", rejected, "--json").json["status"] == "cancelled"


@pytest.mark.attack("A91")
def test_an_approval_is_of_what_was_shown_and_counts_once(
    cli: Cli, environ: dict[str, str], shop: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(STANDARD), encoding="utf-8")
    done = cli("run", OBJECTIVE, "-C", str(shop), "--model", f"scripted:{script}", "--permission-mode", "plan", "--json")
    assert done.exit_code == 3, done.stderr
    run_id = done.json["run_id"]
    with api_server(environ, shop) as server, server.client() as client:
        (shown,) = client.get("/v1/approvals").json()
        where = f"/v1/approvals/{run_id}"
        old = client.post(where, json={"decision": "reject", "version": shown["version"] - 1}, headers=key())
        assert (old.status_code, old.json()["code"]) == (409, "CC-2100")
        assert "has gone on since you looked" in old.text
        assert client.get("/v1/approvals").json() == [shown], "nothing was decided"
        decided = {"decision": "reject", "version": shown["version"]}
        once = key()
        assert client.post(where, json=decided, headers=once).status_code == 202
        assert client.post(where, json=decided, headers=once).status_code == 202, "the answer is told again"
        assert client.post(where, json={**decided, "decision": "approve"}, headers=key()).status_code == 409
        assert client.get(f"/v1/runs/{run_id}").json()["status"] == "cancelled"
