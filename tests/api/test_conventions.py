"""What holds for every request: problems, hosts, origins, sizes, rates, ids."""

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api_server import ApiServer, api_server, key

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/v1/runs/none", {}, 404),
        ("GET", "/v1/runs/%00", {}, 404),
        ("GET", "/v1/runs/../../etc/passwd", {}, 404),
        ("DELETE", "/v1/runs", {}, 405),
        ("GET", "/v1/runs?limit=0", {}, 422),
        ("GET", "/v1/runs?limit=201", {}, 422),
        ("GET", "/v1/runs?limit=x", {}, 422),
        ("GET", "/v1/runs?status=odd", {}, 422),
        ("GET", "/v1/costs?since=2026-13-01", {}, 422),
        ("GET", "/v1/costs?run=none", {}, 404),
        ("GET", "/v1/events/stream", {"headers": {"Last-Event-ID": "-1"}}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x"}}, 422),
        ("POST", "/v1/runs", {"content": b"{", "headers": {**key(), **JSON}}, 400),
        ("POST", "/v1/runs", {"content": b"\xff\xfe", "headers": {**key(), **JSON}}, 400),
        ("POST", "/v1/runs", {"content": b"[" * 100_000, "headers": {**key(), **JSON}}, 400),
        ("POST", "/v1/runs", {"content": b"a=b", "headers": {**key(), "Content-Type": "text/plain"}}, 422),
        ("POST", "/v1/runs", {"json": {}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": [], "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": ""}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": " \n "}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": 7}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"content": b'{"objective": "\\ud800"}', "headers": {**key(), **JSON}}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x", "more": 1}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x", "max_budget_usd": False}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x", "timeout_s": "nan"}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x", "model": "no-such-model"}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"json": {"objective": "x" * 70_000}, "headers": key()}, 422),
        ("POST", "/v1/runs", {"content": b"x" * 1_100_000, "headers": key()}, 413),
        ("GET", "/livez", {"headers": {"Host": "evil.example"}}, 421),
        ("POST", "/v1/runs", {"json": {"objective": "x"}, "headers": {**key(), "Origin": "http://evil.example"}}, 403),
        ("GET", "/v1/runs", {"headers": {"Authorization": "Bearer ccp_x"}}, 401),
        ("GET", "/v1/runs", {"headers": {"Authorization": "Basic eDp5"}}, 401),
    ],
)
def test_a_request_that_cannot_be_answered_gets_a_problem(
    client: httpx2.Client, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    answer = client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text


def test_a_body_that_grows_too_large_on_the_way_is_refused(client: httpx2.Client) -> None:
    answer = client.post("/v1/runs", content=(b" " * 65_536 for _ in range(20)), headers=key())
    assert answer.status_code == 413


def test_the_ids_of_a_request_are_taken_and_given_back(client: httpx2.Client) -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    answer = client.get("/livez", headers={"X-Request-Id": "mine.1", "traceparent": f"00-{trace}-{span}-01"})
    assert answer.headers["X-Request-Id"] == "mine.1"
    _, same_trace, own_span, _ = answer.headers["traceparent"].split("-")
    assert same_trace == trace
    assert own_span != span
    other = client.get("/livez", headers={"X-Request-Id": "a b", "traceparent": "00-0-0-0"})
    assert len(other.headers["X-Request-Id"]) == 32
    assert other.headers["traceparent"].startswith("00-")


@pytest.mark.attack("A88")
def test_no_other_site_is_let_in_and_nothing_is_kept_or_framed(client: httpx2.Client) -> None:
    answer = client.get("/v1/runs", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_probes_answer(client: httpx2.Client) -> None:
    assert [client.get(path).json() for path in ("/livez", "/readyz", "/startupz")] == [{"status": "ok"}] * 3


def test_figures_have_bounded_labels(client: httpx2.Client) -> None:
    client.request("BREW", "/v1/runs/20990101-000000-abcd")
    text = client.get("/metrics").text
    assert 'codecompanion_http_requests_total{method="other",status="4xx"}' in text
    assert "20990101" not in text


def test_figures_tell_of_runs_and_how_things_stand(client: httpx2.Client, run_id: str) -> None:
    while run_id in client.get("/v1/system").json()["working"]:
        time.sleep(0.05)
    lines = set(client.get("/metrics").text.splitlines())
    assert 'codecompanion_runs_total{status="verified"} 1.0' in lines
    assert 'codecompanion_run_duration_seconds_count{status="verified"} 1.0' in lines
    assert 'codecompanion_step_duration_seconds_count{kind="verify_tree"} 1.0' in lines
    assert 'codecompanion_open_runs{status="running"} 0.0' in lines
    assert any(line.startswith("codecompanion_sandbox_rung_info") for line in lines)
    assert any(line.startswith('codecompanion_budget_used_usd{as="spent",limit="day"}') for line in lines)


def test_who_asks_too_often_is_told_when_to_come_back(environ: dict[str, str], shop: Path) -> None:
    with api_server(environ, shop, "--rate", "0.5") as server, server.client() as client:  # two, then one in 2 s
        answers = [client.get("/v1/system") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200] * 2 + [429] * 2
        assert answers[-1].headers["Content-Type"] == "application/problem+json"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 2
        assert client.get("/livez").status_code == 200


def test_a_server_stops_in_good_order(served: ApiServer, environ: dict[str, str], shop: Path) -> None:
    del served
    with api_server(environ, shop) as server, server.client() as client, client.stream("GET", "/v1/events/stream") as stream:
        assert stream.status_code == 200
        assert server.stop(within_s=10) == 0
