"""An OpenTelemetry collector for tests: it takes spans over OTLP/HTTP on this machine and keeps them."""

import gzip
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True)
class TakenSpan:
    """A span as it came."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    seconds: float
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Collector:
    """What came so far; `raw` are the bodies of the requests."""

    url: str = ""
    spans: list[TakenSpan] = field(default_factory=list[TakenSpan])
    raw: list[bytes] = field(default_factory=list[bytes])
    services: set[str] = field(default_factory=set[str])

    @property
    def environ(self) -> dict[str, str]:
        """The variables that let a process send here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def named(self, beginning: str) -> list[TakenSpan]:
        """Return the spans whose names begin so."""
        return [span for span in self.spans if span.name.startswith(beginning)]

    def wait_for(self, name: str, limit_s: float = 30) -> TakenSpan:
        """Return the first span of a name, once there is one."""
        until = time.monotonic() + limit_s
        while not self.named(name):
            assert time.monotonic() < until, [span.name for span in self.spans]
            time.sleep(0.05)
        return self.named(name)[0]

    def take(self, body: bytes) -> None:
        """Keep the spans of a request."""
        self.raw.append(body)
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.services |= {one.value.string_value for one in resource.resource.attributes if one.key == "service.name"}
            for scope in resource.scope_spans:
                self.spans += [_taken(span) for span in scope.spans]


def _taken(span: Any) -> TakenSpan:
    return TakenSpan(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        {one.key: _value(one.value) for one in span.attributes},
        span.status.code == span.status.STATUS_CODE_ERROR,
    )


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")


@contextmanager
def collector() -> Generator[Collector]:
    """Take spans until the block ends."""
    taken = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] # nothing is said
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taken.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield taken
        finally:
            server.shutdown()
