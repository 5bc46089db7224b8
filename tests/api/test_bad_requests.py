"""Bad input over HTTP, class by class: a problem that says what is wrong, at once, and nothing begun.

The ids are those of docs/INPUTS.md (C001 to C110); what is legal and only odd is accepted and comes back as it was.
"""

import gzip
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from api_server import ApiServer, key

JSON = {"Content-Type": "application/json"}
RUNS = "/v1/runs"
BIG = 1_048_576


@dataclass(frozen=True)
class Bad:
    """A request and the statuses that answer it. `twice` sends it two times with the same key."""

    method: str = "POST"
    path: str = RUNS
    statuses: tuple[int, ...] = (422,)
    content: bytes | None = None
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def raw(content: bytes, *statuses: int, **headers: str) -> Bad:
    return Bad(
        content=content, statuses=statuses or (400,), headers={**JSON, **{n.replace("_", "-"): v for n, v in headers.items()}}
    )


def get(path: str, *statuses: int, **headers: str) -> Bad:
    return Bad("GET", path, statuses or (404,), headers={name.replace("_", "-"): value for name, value in headers.items()})


def body(**fields: Any) -> Bad:
    return Bad(json={"objective": "fix the failing tests", "repo": "/not/served", **fields})


def text(**fields: Any) -> Bad:
    """A value that JSON's own writer would not write."""
    whole = ", ".join([f'"{name}": {value}' for name, value in {"objective": '"x"', **fields}.items()])
    return raw(f"{{{whole}}}".encode(), 400, 422)


BODIES: dict[str, Bad] = {
    "C001-empty-body": raw(b"", 422),
    "C002-no-json": raw(b"objective=x"),
    "C003-truncated": raw(b'{"objective": "x'),
    "C004-trailing-garbage": raw(b'{"objective": "x"} and more'),
    "C005-two-documents": raw(b'{"objective": "x"}{"objective": "y"}'),
    "C006-bom": raw(b'\xef\xbb\xbf{"objective": ""}', 400, 422),
    "C007-utf16": raw('{"objective": "x", "repo": "/n"}'.encode("utf-16"), 400, 422, 403),
    "C008-invalid-utf8": raw(b'{"objective": "\xff\xfe"}'),
    "C009-nul": raw(b'{"objective": "a\x00b"}'),
    "C010-lone-surrogate": raw(b'{"objective": "\\ud800"}', 422),
    "C011-duplicate-keys": raw(b'{"objective": "x", "repo": "/n", "objective": ""}', 422),
    "C012-deep-nesting": raw(b"[" * 10_000 + b"]" * 10_000, 400, 422),
    "C013-10-mb": raw(b" " * 10 * BIG, 413),
    "C014-long-array": raw(b"[" + b"0," * 400_000 + b"0]", 422),
    "C015-many-keys": raw(json.dumps({f"k{n}": 0 for n in range(60_000)}).encode(), 422),
    "C016-wrong-content-type": Bad(content=b'{"objective": "x"}', headers={"Content-Type": "text/plain"}),
    "C017-no-content-type": Bad(content=b'{"objective": ""}', statuses=(422,)),
    "C018-multipart": Bad(
        content=b'--b\r\nContent-Disposition: form-data; name="objective"\r\n\r\nx\r\n--b--\r\n',
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ),
    "C019-gzip-bomb": raw(gzip.compress(b" " * 50_000_000), 400, 413, 415, 422, Content_Encoding="gzip"),
    "C020-bad-gzip": raw(b"\x1f\x8b garbage", 400, 415, 422, Content_Encoding="gzip"),
    "C025-64-kb-header": get("/livez", 400, 431, 200, X_Large="x" * 60_000),
    "C026-500-headers": Bad("GET", "/livez", (200, 400, 431), headers={f"X-{n}": "x" for n in range(500)}),
    "C028-unknown-method": Bad("BREW", RUNS, (405, 501)),
    "C029-options": Bad("OPTIONS", RUNS, (405,)),
    "C030-64-kb-url": get(f"/v1/runs/{'x' * 60_000}", 404, 400, 414),
    "C031-dots-encoded": get("/v1/runs/..%2f..%2fetc%2fpasswd"),
    "C032-double-encoded": get("/v1/runs/%252e%252e%252fetc"),
    "C033-overlong-utf8": get("/v1/runs/%c0%ae%c0%ae"),
    "C034-nul": get("/v1/runs/a%00b"),
    "C035-backslash": get("/v1/runs/..%5c..%5cetc"),
    "C036-absolute-path": get("/v1/runs/%2fetc%2fpasswd/artifacts"),
    "C037-empty-id": get("/v1/runs/%20"),
    "C038-wrong-prefix": get("/v1/runs/spending"),
    "C038-another-stream": get("/v1/runs/access/events"),
    "C040-uuid-braces": get("/v1/runs/{01A216C6-DCF8-7217-B271-52F6E5D6E5D9}"),
    "C041-negative": get("/v1/runs?limit=-1", 422),
    "C042-2-to-63": get(f"/v1/runs?limit={2**63}", 422),
    "C043-2-to-64": get(f"/v1/events?limit={2**64}", 422),
    "C044-1e400": get("/v1/runs?limit=1e400", 422),
    "C045-nan": get("/v1/runs?limit=NaN", 422),
    "C045-infinity": get("/v1/runs?limit=Infinity", 422),
    "C047-unicode-digits": get("/v1/runs?limit=%EF%BC%91%EF%BC%92x", 422),
    "C048-emoji": get("/v1/runs/%F0%9F%91%BB"),
    "C049-limit-0": get("/v1/runs?limit=0", 422),
    "C049-limit-1e9": get("/v1/events?limit=1000000000", 422),
    "C050-repeated-key": get("/v1/runs?limit=5&limit=0", 422),
    "C052-forged-cursor": get("/v1/runs?cursor=InJ1biI.forged", 422),
    "C052-long-cursor": get(f"/v1/runs?cursor={'x' * 501}", 422),
    "C053-bool-for-number": body(timeout_s=True),
    "C053-bool-for-seed": body(seed=False),
    "C054-number-for-string": body(objective=7),
    "C055-string-for-number": body(seed="10"),
    "C056-null-for-required": body(objective=None),
    "C057-missing-required": Bad(json={"repo": "/n"}),
    "C058-unknown-field": body(colour="red"),
    "C058-a-file-of-the-server": body(state_dir="/etc"),
    "C059-empty-task": body(objective=""),
    "C060-blank-task": Bad(json={"objective": " \t\n "}),
    "C061-1-mb-task": body(objective="x" * (BIG - 100)),
    "C062-control-characters": Bad(json={"objective": "\u0001\u0002\u007f"}),
    "C066-budget-0-as-number": body(max_budget_usd=0),
    "C067-negative-budget": body(max_budget_usd="-1"),
    "C067-negative-seed": body(seed=-1),
    "C068-negative-zero": text(timeout_s="-0.0"),
    "C069-1e-320-as-budget": body(max_budget_usd="1e-320"),
    "C070-1e308": text(timeout_s="1e308"),
    "C071-too-many-decimals": body(max_budget_usd="1.00000000001"),
    "C072-currency": body(max_budget_usd="$5"),
    "C073-unknown-enum": body(team="orchestra"),
    "C074-wrong-case": body(permission_mode="AUTO"),
    "C075-time-without-zone": get("/v1/costs?since=2026-11-26T04:00:00", 422),
    "C075-hour-without-zone": get("/v1/costs?since=2026-11-26T04", 422),
    "C076-feb-30": get("/v1/costs?since=2026-02-30", 422),
    "C077-leap-second": get("/v1/costs?since=23:59:60Z", 422),
    "C078-year-0": get("/v1/costs?since=0000-01-01", 422),
    "C079-negative-duration": body(timeout_s=-5),
    "C079-nan-duration": text(timeout_s="NaN"),
    "C080-a-place-of-the-server": Bad(json={"objective": "fix the failing tests", "repo": "/etc"}, statuses=(403,)),
    "C080-script-of-the-server": body(model="scripted:/etc/passwd"),
    "C080-script-as-reviewer": body(reviewer=" Scripted:x"),
    "C080-script-as-fallback": body(fallback_models=["builtin", "scripted:x"]),
    "C083-wrong-scheme": get(RUNS, 401, Authorization="Basic dTpw"),
    "C082-empty-bearer": get(RUNS, 401, Authorization="Bearer"),
    "C088-truncated-token": get(RUNS, 401, Authorization="Bearer ccp_abc"),
    "C089-extended-token": get(RUNS, 401, Authorization=f"Bearer ccp_abcd_{'x' * 5000}"),
    "C091-token-in-query": get(f"{RUNS}?token=ccp_abcdefgh", 200),
    "C092-bad-origin": Bad(json={"objective": "x"}, headers={"Origin": "http://evil.example"}, statuses=(403,)),
    "C092-null-origin": Bad(json={"objective": "x"}, headers={"Origin": "null"}, statuses=(403,)),
    "C093-bad-host": get("/livez", 421, Host="evil.example"),
    "C093-rebound-host": get(RUNS, 421, Host="localhost.evil.example"),
    "C093-no-name": get(RUNS, 400, 421, Host="[::1"),
    "C098-10-kb-key": Bad(json={"objective": "x"}, headers={"Idempotency-Key": "k" * 10_000}),
    "C100-no-key": Bad(json={"objective": "x"}, headers={"Idempotency-Key": ""}),
    "C106-last-event-id-text": get("/v1/events/stream", 422, Last_Event_ID="x"),
    "C107-last-event-id-negative": get("/v1/events/stream", 422, Last_Event_ID="-1"),
    "C110-cancel-of-no-run": Bad(path="/v1/runs/20260101-000000-zzzz/cancel", statuses=(404,)),
    "C110-apply-of-no-run": Bad(path="/v1/runs/20260101-000000-zzzz/apply", statuses=(404,)),
    "C110-approval-of-no-run": Bad(path="/v1/approvals/20260101-000000-zzzz", json={"decision": "approve"}, statuses=(404,)),
}

ODD_BUT_LEGAL: dict[str, str] = {
    "C046-id-with-spaces": "/v1/runs?limit=%201",
    "C051-unknown-query-key": "/v1/runs?colour=red",
    "C078-year-9999": "/v1/costs?since=9999-12-31",
    "C094-spoofed-forwarding": "/v1/runs",
    "C095-malformed-traceparent": "/livez",
    "C096-oversize-request-id": "/livez",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_request_gets_a_problem_at_once_and_nothing_is_begun(client: httpx2.Client, name: str) -> None:
    bad = BODIES[name]
    before = client.get("/v1/events", params={"limit": 1}).json()
    headers = {**(key() if bad.method == "POST" else {}), **bad.headers}
    more: dict[str, Any] = {"json": bad.json} if bad.json is not None else {"content": bad.content}
    answer = client.request(bad.method, bad.path, headers=headers, **more)
    assert answer.status_code in bad.statuses, answer.text[:500]
    assert "Traceback" not in answer.text
    if answer.status_code >= 400 and answer.headers.get("X-Request-Id"):
        problem = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert problem["detail"]
    assert client.get("/v1/events", params={"limit": 1}).json() == before


@pytest.mark.parametrize("name", ODD_BUT_LEGAL)
def test_what_is_odd_and_legal_is_answered(client: httpx2.Client, name: str) -> None:
    headers = {
        "X-Forwarded-For": "127.0.0.1, evil",
        "traceparent": "00-zz-zz-00",
        "X-Request-Id": "r" * 5000,
    }
    answer = client.get(ODD_BUT_LEGAL[name], headers=headers)
    assert answer.status_code == 200, answer.text
    assert len(answer.headers["X-Request-Id"]) <= 128


@pytest.mark.parametrize(
    ("name", "lines"),
    {
        "C021-wrong-content-length": ["POST /v1/runs HTTP/1.1", "Content-Length: 5", "Content-Type: application/json"],
        "C022-chunked-and-length": ["POST /v1/runs HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked"],
        "C022-two-lengths": ["POST /v1/runs HTTP/1.1", "Content-Length: 3", "Content-Length: 4"],
        "C027-cr-in-a-header": ["GET /livez HTTP/1.1", "X-A: a\rSet-Cookie: b"],
        "C027-nul-in-a-header": ["GET /livez HTTP/1.1", "X-A: a\0b"],
        "C093-no-host": ["GET /v1/runs HTTP/1.1"],
        "C084-two-authorizations": ["GET /v1/runs HTTP/1.1", "Authorization: Bearer a", "Authorization: Bearer b"],
        "C090-token-not-ascii": ["GET /v1/runs HTTP/1.1", "Authorization: Bearer \xe9\xff"],
        "C030-not-http": ["\x16\x03\x01\x02\x00\x01"],
    }.items(),
)
def test_bytes_that_no_client_sends_are_refused_and_the_server_lives(served: ApiServer, name: str, lines: list[str]) -> None:
    host = [] if name == "C093-no-host" else [f"Host: 127.0.0.1:{served.port}"]
    body = "{}garbage" if lines[0].startswith("POST") else ""
    asked = "\r\n".join([lines[0], *host, *lines[1:], "Connection: close", "Idempotency-Key: k", "", body])
    with socket.create_connection(("127.0.0.1", served.port), 10) as connection:
        connection.sendall(asked.encode("latin-1"))
        if body or len(lines) == 1:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert (not answer and body) or answer.split()[1][:1] == b"4", answer[:300]
    assert b"Traceback" not in answer
    with served.client() as client:
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    "name", ["C023-slow-headers", "C024-slow-body", "C108-a-stream-that-nobody-reads", "C109-many-streams"]
)
def test_who_is_slow_or_never_reads_keeps_nobody_waiting(served: ApiServer, name: str) -> None:
    head = f"Host: 127.0.0.1:{served.port}\r\n"
    asked = {
        "C023": f"GET /livez HTTP/1.1\r\n{head}X-Slow:",
        "C024": f"POST /v1/runs HTTP/1.1\r\n{head}Content-Length: 100\r\nIdempotency-Key: k\r\n\r\n{{",
    }.get(name[:4], f"GET /v1/events/stream HTTP/1.1\r\n{head}\r\n")
    held = [socket.create_connection(("127.0.0.1", served.port), 10) for _ in range(40 if name.startswith("C109") else 5)]
    for connection in held:
        connection.sendall(asked.encode())
    with served.client() as client:
        assert client.get("/livez").status_code == 200
    for connection in held:
        connection.close()


def test_c097_a_refused_request_leaves_its_key_free(client: httpx2.Client) -> None:
    same = key()
    first = client.post("/v1/runs/20260101-000000-zzzz/cancel", headers=same)
    second = client.post(RUNS, json={"objective": "x", "repo": "/not/served"}, headers=same)
    assert (first.status_code, second.status_code) == (404, 403)


ETAGS = {
    "C101-stale": 'W/"stale"',
    "C101-any": "*",
    "C102-weak-list": 'W/"a", "b"',
    "C102-as-if-strong": '"{run_id}.1"',
    "C103-half-a-quote": '"',
    "C103-empty": "",
    "C103-not-ascii": "\u00fc",
    "C103-long": "x" * 200,
}


@pytest.mark.parametrize("name", ETAGS)
def test_an_etag_that_is_not_this_one_is_no_match(client: httpx2.Client, run_id: str, name: str) -> None:
    etag = ETAGS[name].format(run_id=run_id)
    answer = client.get(f"/v1/runs/{run_id}", headers=[(b"If-None-Match", etag.encode())])
    assert answer.status_code == 200


def test_c104_c105_a_place_beyond_the_end_is_waited_at_and_one_before_the_start_is_the_start(
    client: httpx2.Client, run_id: str
) -> None:
    with client.stream("GET", f"/v1/runs/{run_id}/events/stream", headers={"Last-Event-ID": "0"}) as answer:
        lines = answer.iter_lines()
        first = next(line for line in lines if line.startswith("id:"))
    assert first == "id: 1" or int(first.removeprefix("id:")) >= 1
    with client.stream("GET", f"/v1/runs/{run_id}/events/stream", headers={"Last-Event-ID": "9" * 18}) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()).startswith((":", "retry"))


def test_c110_an_ended_run_is_not_cancelled_once_more(client: httpx2.Client, run_id: str) -> None:
    before = client.get(f"/v1/runs/{run_id}").json()
    assert client.post(f"/v1/runs/{run_id}/cancel", headers=key()).status_code == 202
    assert client.get(f"/v1/runs/{run_id}").json()["status"] == before["status"]


@pytest.mark.parametrize(
    ("name", "objective"),
    {
        "C063-bidi-and-zero-width": "fix the failing tests \u200b\u2066 of\u2069 shop",
        "C064-right-to-left-override": "fix the failing tests \u202egnp.exe",
        "C065-combining-flood": "fix the failing tests z" + "\u0301" * 500,
        "C048-emoji": "fix the failing tests 👩\u200d💻",
    }.items(),
)
def test_legal_oddities_come_back_byte_for_byte(client: httpx2.Client, name: str, objective: str) -> None:
    answer = client.post(RUNS, json={"objective": objective, "timeout_s": 0.001}, headers=key())
    assert answer.status_code == 202, (name, answer.text)
    run_id = answer.json()["run_id"]
    events = client.get(f"/v1/runs/{run_id}/events").json()["events"]
    assert events[0]["data"]["objective"] == objective


@pytest.mark.parametrize(
    ("name", "content"),
    {
        "C181-svg": '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "C182-html": "<!doctype html><script>alert(1)</script>",
        "C183-polyglot": "GIF89a/*<script>*/=alert(1)//%PDF-1.4",
        "C184-claims-another-type": "Content-Type: text/html\r\n\r\n<b>x",
    }.items(),
)
def test_what_a_browser_could_run_goes_out_as_data(client: httpx2.Client, name: str, content: str) -> None:
    objective = f"fix the failing tests {content}"
    answer = client.post(RUNS, json={"objective": objective, "timeout_s": 0.001}, headers=key())
    assert answer.status_code == 202, (name, answer.text)
    run = answer.json()["href"]
    for path in (run, f"{run}/events", f"{run}/diff", RUNS):
        shown = client.get(path)
        assert shown.headers["Content-Type"].partition(";")[0] in ("application/json", "text/x-diff")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    recorded = client.get(f"{run}/events").json()["events"][0]["data"]["objective"]
    assert recorded == objective.replace("\r", "")
