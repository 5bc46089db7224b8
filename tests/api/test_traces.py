from pathlib import Path

from api_server import ENDED, api_server, key, wait_for
from span_collector import collector

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_run_that_was_asked_for_over_http_is_one_connected_trace(environ: dict[str, str], shop: Path) -> None:
    with collector() as taken, api_server({**environ, **taken.environ}, shop) as server, server.client() as client:
        client.get("/v1/runs", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})  # reading is no part of a trace
        headers = {**key(), "traceparent": f"00-{TRACE}-{SPAN}-01"}
        run_id = client.post("/v1/runs", json={"objective": "fix the failing tests"}, headers=headers).json()["run_id"]
        wait_for(client, run_id, *ENDED)
        run = taken.wait_for("invoke_workflow")
        (request,) = taken.named("POST")
        assert (request.name, request.parent_id) == ("POST /v1/runs", SPAN)
        assert run.parent_id == request.span_id
        assert run.attributes["codecompanion.run.id"] == run_id
        assert run.attributes["codecompanion.run.status"] == "verified"
        assert {span.trace_id for span in taken.spans} == {TRACE}
        known = {span.span_id for span in taken.spans}
        assert all(span.parent_id in known for span in taken.spans if span is not request)
        assert taken.named("command ")
        (wait,), (share,) = taken.named("receive cc.tasks"), taken.named("process cc.tasks")
        assert wait.parent_id == share.parent_id == run.span_id
        assert wait.attributes["codecompanion.worker"] == share.attributes["codecompanion.worker"]
        assert share.span_id in {span.parent_id for span in taken.named("command ")}
        assert taken.services == {"codecompanion"}
