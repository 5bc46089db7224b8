"""The main job over HTTP, and everything that can be asked of the run after it."""

import sqlite3
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2

from api_server import ApiServer, begin, key, wait_for


def test_a_run_repairs_the_repository_and_tells_its_result(client: httpx2.Client, run_id: str) -> None:
    run = client.get(f"/v1/runs/{run_id}").json()
    assert (run["status"], run["exit_code"], run["type"]) == ("verified", 0, "result")
    assert run["branch"].startswith(f"codecompanion/{run_id}")
    diff = client.get(f"/v1/runs/{run_id}/diff")
    assert diff.headers["content-type"].startswith("text/x-diff")
    assert diff.text == run["diff"] != ""


def test_the_same_key_begins_one_run(client: httpx2.Client, run_id: str) -> None:
    body, headers = {"objective": "fix the failing tests", "seed": 1}, key()
    first, second = (client.post("/v1/runs", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json()["run_id"] != run_id
    client.post(f"/v1/runs/{first.json()['run_id']}/cancel", headers=key())


@contextmanager
def nobody_else_writes(log: Path) -> Generator[None]:
    with closing(sqlite3.connect(log, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_request_that_is_repeated_while_it_is_carried_out_is_put_off(
    served: ApiServer, client: httpx2.Client, run_id: str
) -> None:
    path, headers = f"/v1/runs/{run_id}/cancel", key()
    with ThreadPoolExecutor() as threads:
        with nobody_else_writes(served.log):
            both = [threads.submit(client.post, path, headers=headers) for _ in range(2)]
            put_off = next(as_completed(both)).result()
            assert (put_off.status_code, put_off.headers["Retry-After"]) == (409, "1")
            assert "is being carried out" in put_off.json()["detail"]
            other = client.post(f"/v1/runs/{run_id}/pause", headers=headers)
            assert other.status_code == 422, "the key is that of another request, also while that is carried out"
        assert sorted(answer.result().status_code for answer in both) == [202, 409]
    again = client.post(path, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")


def test_a_key_cannot_be_used_for_another_request(client: httpx2.Client, run_id: str) -> None:
    headers = key()
    assert client.post(f"/v1/runs/{run_id}/cancel", headers=headers).status_code == 202
    other = client.post("/v1/runs", json={"objective": "fix the failing tests"}, headers=headers)
    assert other.status_code == 422
    assert "another request" in other.json()["detail"]


def test_runs_are_listed_in_pages_the_newest_first(client: httpx2.Client, run_id: str) -> None:
    every = [row["run_id"] for row in client.get("/v1/runs").json()["runs"]]
    assert run_id in every
    assert every == sorted(every, reverse=True)
    paged, cursor = list[str](), None
    while True:
        page = client.get("/v1/runs", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        paged += [row["run_id"] for row in page["runs"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert paged == every
    assert all(row["status"] == "verified" for row in client.get("/v1/runs", params={"status": "verified"}).json()["runs"])


def test_a_cursor_of_another_list_is_refused(client: httpx2.Client, run_id: str) -> None:
    cursor = client.get(f"/v1/runs/{run_id}/events", params={"limit": 1}).json()["next_cursor"]
    for wrong in (cursor, "x", cursor[:-1]):
        assert client.get("/v1/runs", params={"cursor": wrong}).status_code == 422


def test_a_run_that_did_not_change_is_not_sent_again(client: httpx2.Client, run_id: str) -> None:
    tag = client.get(f"/v1/runs/{run_id}").headers["ETag"]
    again = client.get(f"/v1/runs/{run_id}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_state_can_be_looked_at_as_it_was(client: httpx2.Client, run_id: str) -> None:
    first = client.get(f"/v1/runs/{run_id}/state", params={"at": 1}).json()
    last = client.get(f"/v1/runs/{run_id}/state").json()
    assert (first["version"], first["state"]["kind"], first["tree"]) == (1, "running", None)
    assert last["state"]["kind"] == "ended"
    assert last["tree"]
    assert client.get(f"/v1/runs/{run_id}/state", params={"at": last["version"] + 1}).status_code == 422


def test_the_tasks_of_the_plan_are_listed(client: httpx2.Client, run_id: str) -> None:
    (task,) = client.get(f"/v1/runs/{run_id}/tasks").json()
    assert task["status"] == "completed"


def test_artifacts_are_fetched_by_their_hash_and_kept(client: httpx2.Client, run_id: str) -> None:
    rows = client.get(f"/v1/runs/{run_id}/artifacts").json()
    assert {"CodePatch", "EvalReport"} <= {row["artifact_type"] for row in rows}
    content = client.get(rows[0]["href"])
    assert content.headers["ETag"] == f'"{rows[0]["sha256"]}"'
    assert content.json()["artifact_type"] == rows[0]["artifact_type"]
    assert client.get(rows[0]["href"], headers={"If-None-Match": content.headers["ETag"]}).status_code == 304
    assert client.get(f"/v1/runs/{run_id}/artifacts/{'0' * 64}").status_code == 404


def test_a_fork_goes_on_by_itself_from_an_event(client: httpx2.Client, run_id: str) -> None:
    headers = key()
    first, again = (client.post(f"/v1/runs/{run_id}/fork", json={"at_version": 4}, headers=headers) for _ in range(2))
    assert first.status_code == 202, first.text
    assert first.json() == again.json()
    child = first.json()["run_id"]
    assert child != run_id
    assert wait_for(client, child, "verified")["diff"] == client.get(f"/v1/runs/{run_id}").json()["diff"]


def test_a_run_that_has_ended_cannot_be_resumed_paused_or_approved(client: httpx2.Client, run_id: str) -> None:
    assert client.post(f"/v1/runs/{run_id}/resume", headers=key()).status_code == 409
    assert client.post(f"/v1/runs/{run_id}/pause", headers=key()).status_code == 409
    assert client.post(f"/v1/approvals/{run_id}", json={"decision": "approve"}, headers=key()).status_code == 409
    assert client.get("/v1/approvals").json() == []


def test_a_run_is_paused_resumed_and_cancelled(client: httpx2.Client) -> None:
    run_id = begin(client, seed=7)
    assert client.post(f"/v1/runs/{run_id}/pause", headers=key()).status_code == 202
    run = client.get(f"/v1/runs/{run_id}").json()
    assert (run["status"], run["summary"]) == ("paused", "paused by loopback")
    assert client.post(f"/v1/runs/{run_id}/resume", headers=key()).status_code == 202
    assert client.get(f"/v1/runs/{run_id}").json()["status"] in ("queued", "running", "paused")
    assert client.post(f"/v1/runs/{run_id}/cancel", headers=key()).status_code == 202
    assert client.get(f"/v1/runs/{run_id}").json()["status"] == "cancelled"


def test_a_change_is_brought_into_the_working_tree_and_out_again(client: httpx2.Client, run_id: str) -> None:
    applied = client.post(f"/v1/runs/{run_id}/apply", headers=key()).json()
    assert applied["paths"] == client.get(f"/v1/runs/{run_id}").json()["files_changed"]
    assert client.post(f"/v1/runs/{run_id}/undo", headers=key()).json() == applied


def test_what_the_builtin_mind_cannot_do_is_declined(client: httpx2.Client) -> None:
    answer = client.post("/v1/runs", json={"objective": "write a poem"}, headers={"Idempotency-Key": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (409, "CC-5000")
    assert "--model" in answer.json()["fix"]


def test_a_repository_that_is_not_served_is_refused(client: httpx2.Client) -> None:
    body = {"objective": "fix the failing tests", "repo": "/etc"}
    answer = client.post("/v1/runs", json=body, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (403, "CC-7000")


def test_each_hunk_of_the_change_says_who_wrote_it_and_what_passed_with_it(client: httpx2.Client, run_id: str) -> None:
    (hunk,) = client.get(f"/v1/runs/{run_id}/provenance").json()["hunks"]
    assert hunk["path"] == "shop.py"
    assert "+    if count >= 10:" in hunk["text"].splitlines()
    (writer,) = hunk["written_by"]
    assert (writer["model"], writer["role"], writer["attempt"], writer["cost_usd"]) == ("builtin", "debugger", 1, "0")
    events = client.get(f"/v1/runs/{run_id}/events", params={"limit": 200}).json()["events"]
    assert events[writer["event"] - 1]["event_id"] == writer["event_id"]
    proof = events[hunk["proof"]["event"] - 1]
    assert (proof["type"], proof["data"]["evidence"]) == ("ChecksCompleted", hunk["proof"]["evidence"])
    assert hunk["proof"]["fixed"] == ["tests/test_shop.py::test_ten_pieces_have_a_discount"]


def test_that_no_router_chose_is_said(client: httpx2.Client, run_id: str) -> None:
    told = client.get(f"/v1/runs/{run_id}/routes").json()
    assert (told["type"], told["model"], told["tasks"]) == ("route_explanation", "builtin", [])


def test_costs_budgets_models_providers_agents_and_the_server_are_told(client: httpx2.Client, run_id: str) -> None:
    assert client.get("/v1/costs", params={"run": run_id}).json()["run_id"] == run_id
    assert isinstance(client.get("/v1/budgets").json(), list)
    assert {"anthropic", "openai"} <= {row["provider"] for row in client.get("/v1/providers").json()}
    assert client.get("/v1/models").json()
    assert client.get("/v1/agents").json()
    assert client.get("/v1/system").json()["sandbox"] in ("bubblewrap", "landlock")


def test_who_did_what_and_when_is_told(client: httpx2.Client, run_id: str) -> None:
    lanes = client.get(f"/v1/runs/{run_id}/lanes").json()
    assert {row["lane"] for row in lanes} == {"builtin", "commands"}
    assert [row["began_s"] for row in lanes] == sorted(row["began_s"] for row in lanes)
    assert client.get(f"/v1/runs/{run_id}/lanes", params={"newest": 1}).json() == lanes[-1:]
    took_s = client.get(f"/v1/runs/{run_id}").json()["duration_s"]
    assert all(0 <= row["began_s"] <= row["ended_s"] <= took_s + 0.01 for row in lanes)
