"""Figures of the server for Prometheus. Labels are bounded: no ids, no paths."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from codecompanion.domain.budget import Standing
from codecompanion.observability.metrics import RunMetrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one server, in a registry of their own; `runs` are those of the work that its process does."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.runs = RunMetrics(registry)
        self._requests = Counter(
            "codecompanion_http_requests", "Answers, by method and class of status.", ["method", "status"], registry=registry
        )
        self._seconds = Histogram("codecompanion_http_first_byte_seconds", "Seconds until an answer began.", registry=registry)
        self.sse_clients = Gauge("codecompanion_sse_clients", "Open streams of events.", registry=registry)
        self.working = Gauge("codecompanion_runs_working", "Runs that are worked on here.", registry=registry)
        self.waiting = Gauge("codecompanion_queue_depth", "Runs that wait for a free worker.", registry=registry)
        self.approvals = Gauge("codecompanion_approvals_waiting", "Runs that wait for a person.", registry=registry)
        self.lag = Gauge(
            "codecompanion_outbox_lag_events", "Recorded events that the streams have not sent yet.", registry=registry
        )
        self._open = Gauge("codecompanion_open_runs", "Runs that are not over.", ["status"], registry=registry)
        self._rung = Gauge("codecompanion_sandbox_rung_info", "The sandbox that is enforced.", ["rung"], registry=registry)
        self._limit = Gauge("codecompanion_budget_limit_usd", "A limit of cost.", ["limit"], registry=registry)
        self._used = Gauge(
            "codecompanion_budget_used_usd", "What is spent and reserved of a limit.", ["limit", "as"], registry=registry
        )

    def seen(self, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method if method in METHODS else "other", f"{status // 100}xx").inc()
        self._seconds.observe(seconds)

    def show(self, open_runs: Mapping[str, int], rung: str, standings: Sequence[Standing]) -> None:
        """Take how things stand now."""
        self._rung.labels(rung).set(1)
        self.approvals.set(open_runs["waiting"])
        for status, count in open_runs.items():
            self._open.labels(status).set(count)
        for standing in standings:
            self._used.labels(standing.name, "spent").set(float(standing.spent_usd))
            self._used.labels(standing.name, "reserved").set(float(standing.reserved_usd))
            if standing.limit_usd is not None:
                self._limit.labels(standing.name).set(float(standing.limit_usd))
