"""Figures of what a process does with runs, for Prometheus. Labels are bounded: no ids, no paths, no words of strangers."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import PARKED_CODE, OverBudget

MOST_MODELS = 40
"""So many different models have figures of their own; what comes later counts as "other"."""
RUN_BUCKETS_S = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600)
CALL_BUCKETS_S = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Those of `gen_ai.client.operation.duration` in OpenTelemetry's conventions."""
APPEND_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class _Known:
    """The first labels of a kind that are seen; any others are called "other"."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def label(self, text: str) -> str:
        if text not in self._seen and len(self._seen) < self._most:
            self._seen.add(text)
        return text if text in self._seen else "other"


class RunMetrics:
    """A `Watcher` that counts. Make it once for a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._models = _Known(MOST_MODELS)
        self._runs = Counter("codecompanion_runs", "Runs that began or ended here.", ["status"], registry=registry)
        self._run_s = Histogram(
            "codecompanion_run_duration_seconds",
            "Seconds from the start of a run to its end.",
            ["status"],
            buckets=RUN_BUCKETS_S,
            registry=registry,
        )
        self._step_s = Histogram(
            "codecompanion_step_duration_seconds", "Seconds of a step.", ["kind"], buckets=RUN_BUCKETS_S, registry=registry
        )
        self._calls = Counter(
            "codecompanion_llm_requests",
            "Answers (ok, cached) and failures of models, by what became of the request.",
            ["provider", "model", "outcome"],
            registry=registry,
        )
        self._call_s = Histogram(
            "codecompanion_llm_request_duration_seconds",
            "Seconds of a call of a model with its repetitions.",
            ["provider"],
            buckets=CALL_BUCKETS_S,
            registry=registry,
        )
        self._first_token_s = Histogram(
            "codecompanion_llm_time_to_first_token_seconds",
            "Seconds until a streamed answer began.",
            ["provider"],
            buckets=CALL_BUCKETS_S,
            registry=registry,
        )
        self._tokens = Counter("codecompanion_llm_tokens", "Tokens of models' answers.", ["direction"], registry=registry)
        self._cost = Counter("codecompanion_llm_cost_usd", "US dollars that settled calls cost.", registry=registry)
        self._append_s = Histogram(
            "codecompanion_event_append_seconds",
            "Seconds until facts were durable.",
            buckets=APPEND_BUCKETS_S,
            registry=registry,
        )
        self._errors = Counter("codecompanion_errors", "Errors that stopped a step, by code.", ["code"], registry=registry)
        self._budget_stops = Counter(
            "codecompanion_budget_stops", "Runs that stopped because a call could cost more than is left.", registry=registry
        )
        self._alerts = Counter(
            "codecompanion_budget_alerts", "Limits that were nearly or wholly used.", ["limit", "percent"], registry=registry
        )
        self._commands = Counter(
            "codecompanion_commands", "Commands that ended in a sandbox.", ["sandbox", "outcome"], registry=registry
        )
        self._violations = Counter(
            "codecompanion_sandbox_violations",
            "Commands ended for taking more disk or memory than allowed, hosts refused to MCP servers.",
            ["kind"],
            registry=registry,
        )
        self._leases = Counter(
            "codecompanion_lease_expired", "Claims of runs whose worker was lost, seen by who came next.", registry=registry
        )

    def appended(self, events: Sequence[Event], seconds: float) -> None:
        """Count what was recorded."""
        self._append_s.observe(seconds)
        for event in events:
            self._count(event.type, event.data)

    def _count(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "RunStarted":
                self._runs.labels("started").inc()
            case "ModelCallCompleted":
                self._answered(data)
            case "ModelCallFailed":
                self._calls.labels(*self._names(data["model"]), data["category"]).inc()
            case "BudgetSettled":
                self._cost.inc(float(data["cost_usd"]))
            case "BudgetAlerted":
                self._alerts.labels(data["limit"], str(data["percent"])).inc()
            case "CommandExecuted":
                self._executed(data)
            case "NetworkRefused":
                self._violations.labels("network").inc()
            case "RunClaimed" if data["took_from"]:
                self._leases.inc()
            case "RunPaused" if data["code"] == PARKED_CODE:
                self._leases.inc()
            case _:
                pass

    def _executed(self, data: dict[str, Any]) -> None:
        self._commands.labels(data["sandbox"], _outcome(data["exit_code"])).inc()
        if data["exceeded"]:
            self._violations.labels(data["exceeded"]).inc()

    def _answered(self, data: dict[str, Any]) -> None:
        provider, model = self._names(data["asked"] or data["model"])
        if data["from_cache"]:
            self._calls.labels(provider, model, "cached").inc()
            return
        self._calls.labels(provider, model, "ok").inc()
        self._call_s.labels(provider).observe(data["duration_s"])
        if data["first_token_s"] is not None:
            self._first_token_s.labels(provider).observe(data["first_token_s"])
        for direction in ("input", "output", "cached"):
            self._tokens.labels(direction).inc(data[f"{direction}_tokens"])

    def _names(self, asked: str) -> tuple[str, str]:
        provider, _, model = self._models.label(asked).partition(":")
        return provider, model or provider

    def performed(self, step: str, seconds: float) -> None:
        """Count a step."""
        self._step_s.labels(step).observe(seconds)

    def stopped(self, code: str) -> None:
        """Count an error."""
        self._errors.labels(code).inc()
        if code == OverBudget.code:
            self._budget_stops.inc()

    def ended(self, status: str, seconds: float) -> None:
        """Count the end of a run."""
        self._runs.labels(status).inc()
        self._run_s.labels(status).observe(seconds)


def _outcome(exit_code: int | None) -> str:
    if exit_code is None:
        return "timeout"
    return "ok" if exit_code == 0 else "failed"


@contextmanager
def metrics_port(registry: CollectorRegistry, port: int, host: str = "127.0.0.1") -> Generator[int]:
    """Serve the figures of a process that has no API of its own, at /metrics, and lend the port; 0 takes a free one.

    There is no token: who can reach the port may read them.

    Raises:
        OSError: The port cannot be had.
    """
    server, thread = start_http_server(port, host, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
