"""Figures of the server for Prometheus. Labels are bounded: no ids, no paths."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "codecompanion_http_requests",
            "Answers, by method and class of status.",
            ["method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "codecompanion_http_first_byte_seconds", "Seconds until an answer began.", registry=self.registry
        )
        self.sse_clients = Gauge("codecompanion_sse_clients", "Open streams of events.", registry=self.registry)
        self.working = Gauge("codecompanion_runs_working", "Runs that are worked on here.", registry=self.registry)
        self.waiting = Gauge("codecompanion_queue_depth", "Runs that wait for a free worker.", registry=self.registry)

    def seen(self, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method if method in METHODS else "other", f"{status // 100}xx").inc()
        self._seconds.observe(seconds)
