"""The trace of a run, read from its log.

Spans are not measured while a run works but derived from what it recorded: that costs the run nothing, holds after a crash,
gives the same ids each time, and a replay, which records nothing, has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from codecompanion.domain.envelope import Event, trace_id_of
from codecompanion.domain.mcp_servers import server_of
from codecompanion.domain.topics import TASKS
from codecompanion.observability import spans as names
from codecompanion.observability.spans import Attribute, Span

ENDS = {"RunCompleted": "", "RunFailed": "code", "RunCancelled": ""}
"""The facts that end a run, and which of their fields names the error."""
_NS = 1_000_000_000


@dataclass(slots=True)
class _Open:
    """A span that has not ended. What is sent under a call is found by its key."""

    name: str
    span_id: str
    begun_ns: int
    attributes: dict[str, Attribute]
    blobs: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class _Reading:
    """What is known of a run up to an event.

    `wait` is the span of a run that waits for a worker, `held` that of the worker that has it. `servers` are those of MCP
    whose tools are offered, `mute` the one that gave no answer to the call that is told of next.
    """

    run_id: str
    trace_id: str
    root: _Open
    caller: str
    queued: bool = False
    wait: _Open | None = None
    held: _Open | None = None
    servers: tuple[str, ...] = ()
    mute: str = ""
    tasks: dict[str, _Open] = field(default_factory=dict[str, _Open])
    agents: dict[tuple[str, str], _Open] = field(default_factory=dict[tuple[str, str], _Open])
    sent: dict[tuple[str, int], _Open] = field(default_factory=dict[tuple[str, int], _Open])
    done: list[Span] = field(default_factory=list[Span])

    @property
    def holder(self) -> str:
        """The id of the span below which work is done: the worker's, or the run's when no worker has it."""
        return (self.held or self.root).span_id

    def close(self, span: _Open, parent: str, at_ns: int, error: str = "", **how: Any) -> None:
        attributes, times = {names.RUN: self.run_id, **span.attributes}, (span.begun_ns, at_ns)
        ids = (self.trace_id, span.span_id, parent)
        self.done.append(Span(span.name, *ids, *times, attributes=attributes, error=error, blobs=span.blobs, **how))


def spans_of(events: Iterable[Event], *, after_version: int = 0) -> list[Span]:
    """Return the spans of a run that an event above a version ended, in the order of their ends.

    The run's own span, over all of its sittings, comes last, when the run is over. A run whose log names no trace has none.
    """
    reading: _Reading | None = None
    for event in events:
        if reading is None:
            reading = _begin(event)
        if event.version <= after_version:
            done = len(reading.done)
            _read(reading, event)
            del reading.done[done:]
        else:
            _read(reading, event)
    return reading.done if reading is not None and reading.trace_id else []


def _begin(first: Event) -> _Reading:
    trace_id, caller = trace_id_of(first.trace_id), first.trace_id.partition("-")[2]
    attributes: dict[str, Attribute] = {names.OPERATION: "invoke_workflow", names.WORKFLOW: "codecompanion"}
    root = _Open("invoke_workflow codecompanion", _id(first.stream_id, "run"), _ns(first), attributes)
    return _Reading(first.stream_id, trace_id, root, caller)


def _read(reading: _Reading, event: Event) -> None:  # noqa: C901, PLR0912 - one line a fact
    data, at_ns = event.data, _ns(event)
    match event.type:
        case "TaskStarted":
            attributes: dict[str, Attribute] = {names.TASK: data["task_id"], names.ATTEMPT: data["attempt"]}
            reading.tasks[data["task_id"]] = _Open(
                f"task {data['task_id']}", _id(reading.run_id, event.event_id), at_ns, attributes
            )
        case "TaskCompleted" | "TaskFailed":
            _end_task(reading, data, at_ns, data.get("reason", ""))
        case "HandoffMade":
            _end_agent(reading, (data["task_id"], data["role"]), at_ns)
        case "ModelCallReserved":
            _send(reading, event, data, at_ns)
        case "ModelCallCompleted" if not data["from_cache"]:
            _answered(reading, data, at_ns)
        case "ModelCallFailed":
            _failed(reading, data, at_ns)
        case "ToolCompleted":
            _tool(reading, event, data, at_ns)
        case "CommandExecuted":
            _command(reading, event, data, at_ns)
        case "McpServersSeen":
            reading.servers = tuple(one["server"] for one in data["servers"])
        case "McpServerFailed":  # recorded together with the answer that the agent got instead
            reading.mute = data["server"]
        case "RunQueued" | "RunResumed" | "ApprovalGiven" | "RunReleased" | "RunClaimed":
            _in_the_queue(reading, event, data, at_ns)
        case "RunForked":  # what came before was another run's
            reading.done.clear()
            reading.root.begun_ns, reading.queued, reading.wait, reading.held = at_ns, False, None, None
        case "RunPaused":
            _end_all(reading, at_ns)
        case kind if kind in ENDS:
            _end_all(reading, at_ns)
            reading.root.attributes[names.STATUS] = data.get("status", event.type.removeprefix("Run").lower())
            reading.close(reading.root, reading.caller, at_ns, error=str(data.get(ENDS[kind], "")) if ENDS[kind] else "")
        case _:
            pass


def _send(reading: _Reading, event: Event, data: dict[str, Any], at_ns: int) -> None:
    provider, _, model = str(data["model"]).partition(":")
    attributes: dict[str, Attribute] = {
        names.OPERATION: "chat",
        names.PROVIDER: names.PROVIDER_NAMES.get(provider, provider),
        names.REQUEST_MODEL: model or provider,
        names.AGENT: data["role"],
        names.TASK: data["task_id"],
        names.ATTEMPT: data["attempt"],
        names.EVENT: event.version,
    }
    _agent(reading, data["task_id"], data["role"], at_ns)
    asked = {names.INPUT_MESSAGES: data["prompt_sha256"]}
    span = _Open(f"chat {model or provider}", _id(reading.run_id, event.event_id), at_ns, attributes, asked)
    reading.sent[data["call"], data["send"]] = span


def _answered(reading: _Reading, data: dict[str, Any], at_ns: int) -> None:
    span = reading.sent.pop((data["call"], data["sends"]), None)
    if span is None:
        return
    span.attributes |= {
        names.RESPONSE_MODEL: str(data["model"]).partition(":")[2] or data["model"],
        names.INPUT_TOKENS: data["input_tokens"],
        names.OUTPUT_TOKENS: data["output_tokens"],
        names.CACHED_TOKENS: data["cached_tokens"],
    }
    span.blobs[names.OUTPUT_MESSAGES] = data["response_sha256"]
    if data["cost_usd"] is not None:
        span.attributes[names.COST_USD] = float(data["cost_usd"])
    reading.close(span, _agent(reading, data["task_id"], data["role"], at_ns), at_ns, kind="client")


def _failed(reading: _Reading, data: dict[str, Any], at_ns: int) -> None:
    span = reading.sent.pop((data["call"], data["send"]), None)
    if span is not None:
        parent = _agent(reading, str(span.attributes[names.TASK]), data["role"], at_ns)
        reading.close(span, parent, at_ns, error=data["category"], kind="client")


def _tool(reading: _Reading, event: Event, data: dict[str, Any], at_ns: int) -> None:
    attributes: dict[str, Attribute] = {names.OPERATION: "execute_tool", names.TOOL: data["tool"], names.EVENT: event.version}
    begun_ns = at_ns - int(data["duration_s"] * _NS)
    span = _Open(f"execute_tool {data['tool']}", _id(reading.run_id, event.event_id), begun_ns, attributes)
    parent = _agent(reading, data["task_id"], data["role"], begun_ns)
    if server := server_of(data["tool"], reading.servers):
        attributes |= {names.TOOL_TYPE: "extension", names.MCP_METHOD: "tools/call", names.SERVER: server}
        reading.close(span, parent, at_ns, error="mcp_server_failed" if reading.mute == server else "", kind="client")
    else:
        reading.close(span, parent, at_ns)
    reading.mute = ""


def _command(reading: _Reading, event: Event, data: dict[str, Any], at_ns: int) -> None:
    attributes: dict[str, Attribute] = {names.SANDBOX: data["sandbox"], names.EVENT: event.version}
    exit_code, open_tasks = data["exit_code"], [*reading.tasks.values()]
    if exit_code is not None:
        attributes[names.EXIT_CODE] = exit_code
    begun_ns = at_ns - int(data["duration_s"] * _NS)
    span = _Open(f"command {data['purpose']}", _id(reading.run_id, event.event_id), begun_ns, attributes)
    parent = open_tasks[-1].span_id if open_tasks else reading.holder
    reading.close(span, parent, at_ns, error="timeout" if exit_code is None else "")


def _agent(reading: _Reading, task_id: str, role: str, at_ns: int) -> str:
    """Return the id of the span of an agent at work on a task, which begins now if there is none."""
    key = (task_id, role)
    if key not in reading.agents:
        attributes: dict[str, Attribute] = {names.OPERATION: "invoke_agent", names.AGENT: role, names.TASK: task_id}
        reading.agents[key] = _Open(f"invoke_agent {role}", _id(reading.run_id, f"{key} {at_ns}"), at_ns, attributes)
    return reading.agents[key].span_id


def _end_agent(reading: _Reading, key: tuple[str, str], at_ns: int) -> None:
    span = reading.agents.pop(key, None)
    if span is not None:
        task = reading.tasks.get(key[0])
        reading.close(span, reading.holder if task is None else task.span_id, at_ns)


def _end_task(reading: _Reading, data: dict[str, Any], at_ns: int, error: str) -> None:
    for key in [key for key in reading.agents if key[0] == data["task_id"]]:
        _end_agent(reading, key, at_ns)
    span = reading.tasks.pop(data["task_id"], None)
    if span is not None:
        reading.close(span, reading.holder, at_ns, error="task_failed" if error else "")


def _end_all(reading: _Reading, at_ns: int, error: str = "") -> None:
    """End what is open when a sitting ends: a request without an answer is one whose process was killed or cancelled."""
    for span in reading.sent.values():
        parent = _agent(reading, str(span.attributes[names.TASK]), str(span.attributes[names.AGENT]), span.begun_ns)
        reading.close(span, parent, at_ns, error="interrupted", kind="client")
    reading.sent.clear()
    for key in [*reading.agents]:
        _end_agent(reading, key, at_ns)
    for task_id in [*reading.tasks]:
        _end_task(reading, {"task_id": task_id}, at_ns, "")
    if reading.wait is not None:
        reading.close(reading.wait, reading.root.span_id, at_ns, kind="consumer")
    if reading.held is not None:
        reading.close(reading.held, reading.root.span_id, at_ns, error=error, kind="consumer")
    reading.wait = reading.held = None


def _in_the_queue(reading: _Reading, event: Event, data: dict[str, Any], at_ns: int) -> None:
    """Tell of the way over the queue: how long the run waited for a worker, and how long which worker had it."""
    match event.type:
        case "RunClaimed":
            told: dict[str, Attribute] = {names.WORKER: data["worker"], names.CLAIM: data["number"], names.EVENT: event.version}
            if reading.wait is not None:
                reading.wait.attributes |= told
            _end_all(reading, at_ns, error="worker_lost")  # who still had it did not let go
            reading.held = _over_the_queue(reading, event, "process", at_ns)
            reading.held.attributes |= told
        case "RunReleased":
            _end_all(reading, at_ns)
            reading.wait = _over_the_queue(reading, event, "receive", at_ns)
        case "ApprovalGiven":  # until then it waited for a person
            if reading.wait is not None:
                reading.wait.begun_ns = at_ns
        case _:
            reading.queued = reading.queued or event.type == "RunQueued"
            if reading.queued and reading.held is None and reading.wait is None:
                reading.wait = _over_the_queue(reading, event, "receive", at_ns)


def _over_the_queue(reading: _Reading, event: Event, what: str, at_ns: int) -> _Open:
    about: dict[str, Attribute] = {
        names.MESSAGING_SYSTEM: "codecompanion",
        names.DESTINATION: TASKS,
        names.MESSAGING_OPERATION: what,
    }
    return _Open(f"{what} {TASKS}", _id(reading.run_id, f"{what} {event.event_id}"), at_ns, about)


def _id(run_id: str, what: str) -> str:
    return sha256(f"{run_id} {what}".encode()).hexdigest()[:16]


def _ns(event: Event) -> int:
    at = datetime.fromisoformat(event.recorded_at)
    return int(at.timestamp()) * _NS + at.microsecond * 1000
