import json
from pathlib import Path

import httpx2
import pytest

from api_server import api_server


@pytest.mark.attack("A89")
def test_an_answer_is_a_line_with_its_request_and_without_its_query(environ: dict[str, str], shop: Path) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"X-Request-Id": "mine-1", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    with api_server(environ, shop) as server, server.client() as client:
        client.get("/v1/runs", params={"cursor": "nobody-may-read-this"}, headers=headers)
        client.get("/livez")
    text = (shop.parent / "serve.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "answered"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/runs", 422)
    assert (line["request_id"], line["trace_id"]) == ("mine-1", trace)
    assert "nobody-may" not in text


def test_the_trace_of_a_request_is_that_of_its_run(client: httpx2.Client, run_id: str) -> None:
    events = client.get(f"/v1/runs/{run_id}/events").json()["events"]
    trace, _, span = events[0]["trace_id"].partition("-")
    assert (len(trace), len(span)) == (32, 16)
    assert {event["trace_id"] for event in events[1:]} == {trace}
