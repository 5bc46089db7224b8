from datetime import datetime, timedelta
from typing import Any

from codecompanion.domain.envelope import Event
from codecompanion.observability.run_spans import spans_of
from codecompanion.observability.spans import Span

TRACE, CALLER = "ab" * 16, "cd" * 8
BEGUN = datetime.fromisoformat("2026-01-01T00:00:00Z")


def log(*facts: tuple[str, dict[str, Any]], trace: str = f"{TRACE}-{CALLER}") -> list[Event]:
    """Return the events of a run, one a second."""
    return [
        Event(
            *(f"id{number}", "run", number, number, kind, 1),
            *((BEGUN + timedelta(seconds=number)).isoformat(), "run", "", trace if number == 1 else TRACE, "engine"),
            *(data, "", ""),
        )
        for number, (kind, data) in enumerate(facts, start=1)
    ]


def sent(send: int = 1) -> tuple[str, dict[str, Any]]:
    call = {"call": "c", "send": send, "task_id": "t", "attempt": 1, "role": "coder"}
    return "ModelCallReserved", {**call, "model": "google:gemini-x", "prompt_sha256": "p"}


def answered(sends: int = 1, *, from_cache: bool = False) -> tuple[str, dict[str, Any]]:
    data = {
        "call": "c",
        "sends": sends,
        "task_id": "t",
        "role": "coder",
        "model": "google:gemini-x-001",
        "from_cache": from_cache,
    }
    tokens = {"input_tokens": 9, "output_tokens": 3, "cached_tokens": 0}
    return "ModelCallCompleted", {**data, **tokens, "cost_usd": "0.5", "response_sha256": "r"}


Told = tuple[str, dict[str, Any]]
FAILED: Told = ("ModelCallFailed", {"call": "c", "send": 1, "role": "coder", "category": "timeout"})
BEGIN: Told = ("RunStarted", {})
TASK: Told = ("TaskStarted", {"task_id": "t", "worker": "w", "attempt": 1})
HANDOFF: Told = ("HandoffMade", {"task_id": "t", "role": "coder"})
DONE: Told = ("TaskCompleted", {"task_id": "t", "attempt": 1})
PAUSE: Told = ("RunPaused", {"reason": "interrupted"})
RESUME: Told = ("RunResumed", {})
END: Told = ("RunCompleted", {"status": "verified"})


def tree(spans: list[Span]) -> dict[str, str]:
    """Return each span's name with its parent's."""
    names = {span.span_id: span.name for span in spans}
    return {span.name: names.get(span.parent_id, span.parent_id) for span in spans}


def test_what_was_done_hangs_below_who_did_it() -> None:
    spans = spans_of(log(BEGIN, TASK, sent(), answered(), HANDOFF, DONE, END))
    assert tree(spans) == {
        "chat gemini-x": "invoke_agent coder",
        "invoke_agent coder": "task t",
        "task t": "invoke_workflow codecompanion",
        "invoke_workflow codecompanion": CALLER,
    }
    chat = spans[0]
    assert (chat.ended_ns - chat.begun_ns) == 1_000_000_000
    assert (chat.attributes["gen_ai.provider.name"], chat.attributes["gen_ai.response.model"]) == ("gcp.gemini", "gemini-x-001")
    assert chat.attributes["codecompanion.cost.usd"] == 0.5


def test_a_request_that_is_sent_again_is_a_span_of_its_own() -> None:
    spans = spans_of(log(BEGIN, TASK, sent(), FAILED, sent(2), answered(2), DONE, END))
    assert [(span.name, span.error) for span in spans[:2]] == [("chat gemini-x", "timeout"), ("chat gemini-x", "")]


def test_an_answer_from_the_cache_was_no_call() -> None:
    spans = spans_of(log(BEGIN, TASK, answered(from_cache=True), DONE, END))
    assert not [span for span in spans if span.name.startswith("chat")]


def test_each_sitting_tells_what_ended_in_it_and_together_they_are_whole() -> None:
    events = log(BEGIN, TASK, sent(), PAUSE, RESUME, TASK, sent(2), answered(2), DONE, END)
    first, second = spans_of(events[:4]), spans_of(events, after_version=4)
    assert [span.name for span in first] == ["chat gemini-x", "invoke_agent coder", "task t"]
    assert first[0].error == "interrupted"
    assert [*first, *second] == spans_of(events)
    assert second[-1].name == "invoke_workflow codecompanion"


def test_a_fork_does_not_tell_what_its_parent_did() -> None:
    events = log(BEGIN, TASK, sent(), answered(), ("RunForked", {}), DONE, END)
    assert [span.name for span in spans_of(events)] == ["invoke_agent coder", "task t", "invoke_workflow codecompanion"]
    assert spans_of(events)[-1].begun_ns == spans_of(events)[-1].ended_ns - 2_000_000_000


QUEUED: Told = ("RunQueued", {"principal": "somebody"})
RELEASE: Told = ("RunReleased", {"number": 1, "reason": "interrupted"})
RECEIVE, PROCESS = "receive cc.tasks", "process cc.tasks"


def claimed(number: int, worker: str = "w") -> Told:
    return "RunClaimed", {"worker": f"{worker}{number}", "number": number, "took_from": ""}


def told(spans: list[Span]) -> list[tuple[str, int, object, str]]:
    """Return of each span its name, how many seconds it took, the worker and the error."""
    return [
        (one.name, (one.ended_ns - one.begun_ns) // 10**9, one.attributes.get("codecompanion.worker"), one.error)
        for one in spans
    ]


def test_the_way_over_the_queue_is_a_wait_and_a_workers_share_that_holds_what_it_did() -> None:
    spans = spans_of(log(BEGIN, QUEUED, claimed(1), TASK, sent(), answered(), DONE, END))
    run = "invoke_workflow codecompanion"
    assert tree(spans) == {
        RECEIVE: run,
        "chat gemini-x": "invoke_agent coder",
        "invoke_agent coder": "task t",
        "task t": PROCESS,
        PROCESS: run,
        run: CALLER,
    }
    assert told([spans[0], spans[-2]]) == [(RECEIVE, 1, "w1", ""), (PROCESS, 5, "w1", "")]
    assert {(one.kind, one.attributes["messaging.destination.name"]) for one in (spans[0], spans[-2])} == {
        ("consumer", "cc.tasks")
    }


def test_a_run_that_is_let_go_waits_again_and_each_worker_tells_its_part_once() -> None:
    events = log(BEGIN, QUEUED, claimed(1), TASK, sent(), answered(), RELEASE, claimed(2), TASK, DONE, END)
    first, second = spans_of(events[:6]), spans_of(events, after_version=6)
    assert [*first, *second] == spans_of(events)
    assert told([one for one in second if one.kind == "consumer"]) == [
        (PROCESS, 4, "w1", ""),
        (RECEIVE, 1, "w2", ""),
        (PROCESS, 3, "w2", ""),
    ]


def test_a_worker_that_was_lost_is_told_when_another_takes_the_run() -> None:
    spans = spans_of(log(BEGIN, QUEUED, claimed(1), TASK, sent(), claimed(2), TASK, DONE, END))
    lost = [one for one in spans if one.error]
    assert told(lost) == [("chat gemini-x", 1, None, "interrupted"), (PROCESS, 3, "w1", "worker_lost")]
    assert {one.parent_id for one in spans} - {one.span_id for one in spans} == {CALLER}


def test_a_wait_for_a_person_is_no_wait_for_a_worker() -> None:
    given: Told = ("ApprovalGiven", {"subject": "s", "approved": True})
    events = log(BEGIN, QUEUED, claimed(1), RELEASE, TASK, given, claimed(2), PAUSE, RESUME, claimed(3), END)
    assert told([one for one in spans_of(events) if one.name == RECEIVE]) == [
        (RECEIVE, 1, "w1", ""),
        (RECEIVE, 1, "w2", ""),
        (RECEIVE, 1, "w3", ""),
    ]


def test_a_tool_of_an_mcp_server_names_it_and_says_when_it_did_not_answer() -> None:
    seen: Told = ("McpServersSeen", {"servers": [{"server": "web.site", "tools": 1, "said": ""}]})
    used = {"task_id": "t", "role": "coder", "duration_s": 0.5}
    mine: Told = ("ToolCompleted", {**used, "tool": "read_file"})
    theirs: Told = ("ToolCompleted", {**used, "tool": "mcp__web_site__look"})
    failed: Told = ("McpServerFailed", {"server": "web.site", "said": "it ended"})
    spans = [one for one in spans_of(log(BEGIN, TASK, seen, mine, theirs, failed, theirs, DONE, END)) if "tool" in one.name]
    assert [one.attributes.get("codecompanion.mcp.server") for one in spans] == [None, "web.site", "web.site"]
    assert [one.kind for one in spans] == ["internal", "client", "client"]
    assert [one.error for one in spans] == ["", "", "mcp_server_failed"]


def test_the_log_of_a_version_that_named_no_trace_has_none() -> None:
    assert spans_of([event._replace(trace_id="") for event in log(BEGIN, END)]) == []


def test_a_failed_run_says_how() -> None:
    (run,) = spans_of(log(BEGIN, ("RunFailed", {"code": "CC-6000"})))
    assert (run.error, run.attributes["codecompanion.run.status"]) == ("CC-6000", "failed")
