"""Sends spans to an OpenTelemetry collector over OTLP/HTTP. Loaded only when an address is set: it needs the extra `otel`.

The address and everything else are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_SCHEDULE_DELAY, ...
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import metadata

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from codecompanion.observability.spans import ERROR, Attribute, Span

LAST_WAIT_MS = 5000
"""So long the end of a process waits for spans that are still to be sent."""
_KINDS = {
    "internal": SpanKind.INTERNAL,
    "client": SpanKind.CLIENT,
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
}


class OtlpSpans:
    """A `SpanSink` that sends in a thread of its own.

    Args:
        redact: Masks the secrets in whatever is sent.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._batches = BatchSpanProcessor(OTLPSpanExporter())
        version = metadata.version("codecompanion")
        self._resource = _resource(version)
        self._scope = InstrumentationScope("codecompanion", version)

    def send(self, spans: Sequence[Span]) -> None:
        """Take spans; when too many wait already the library drops them."""
        for span in spans:
            self._batches.on_end(self._readable(span))

    def close(self) -> None:
        """Send what waits, for a little while."""
        self._batches.force_flush(LAST_WAIT_MS)
        self._batches.shutdown()

    def _readable(self, span: Span) -> ReadableSpan:
        attributes = {name: self._masked(value) for name, value in span.attributes.items()}
        status = Status(StatusCode.UNSET)
        if span.error:
            attributes[ERROR], status = self._masked(span.error), Status(StatusCode.ERROR)
        return ReadableSpan(
            self._redact(span.name),
            context=_context(span.trace_id, span.span_id),
            parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
            resource=self._resource,
            attributes=attributes,
            kind=_KINDS[span.kind],
            status=status,
            start_time=span.begun_ns,
            end_time=span.ended_ns,
            instrumentation_scope=self._scope,
        )

    def _masked(self, value: Attribute) -> Attribute:
        if isinstance(value, str):
            return self._redact(value)
        return value if isinstance(value, bool | int | float) else [self._redact(one) for one in value]


def _resource(version: str) -> Resource:
    """Return what sends: what the environment says, and else our own name."""
    found = Resource.create({"service.version": version})
    unnamed = str(found.attributes["service.name"]).startswith("unknown_service")
    return found.merge(Resource({"service.name": "codecompanion"})) if unnamed else found


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


@contextmanager
def sending_spans(redact: Callable[[str], str]) -> Generator[OtlpSpans]:
    """Lend a sink; at the end what waits is sent, for a little while."""
    sink = OtlpSpans(redact)
    try:
        yield sink
    finally:
        sink.close()
