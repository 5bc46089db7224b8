"""Opens everything a face needs and closes it again."""

import pkgutil
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio

from codecompanion.bus.beside import beside
from codecompanion.bus.mock import MockBus
from codecompanion.bus.rules import Rules
from codecompanion.bus.told_heads import told_heads
from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.observability.alerts import Alerts
from codecompanion.observability.observed_store import ObservedBlobs, ObservedStore, SlowQueries
from codecompanion.observability.redacting_blobs import RedactingBlobs
from codecompanion.observability.redaction import Redactor
from codecompanion.observability.spans import NoSpans, SpanSink
from codecompanion.observability.trace_context import recorded_here
from codecompanion.observability.watching import Watchers
from codecompanion.observability.webhook import Webhook
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.routing.learning_engine import LearningEngine
from codecompanion.settings import Settings
from codecompanion.storage.remembering_store import RememberingStore
from codecompanion.wiring.app import App
from codecompanion.wiring.bus import open_bus, open_limits
from codecompanion.wiring.notes import Notes
from codecompanion.wiring.stores import acknowledged, open_stores
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.packing import GitPacking
from codecompanion.workspace.worktree import GitWorkspace

if TYPE_CHECKING:
    from codecompanion.ports import EventStore

SENDING_SPANS = "codecompanion.observability.otlp:sending_spans"
OTLP_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@contextmanager
def _span_sink(environ: Mapping[str, str], redact: Callable[[str], str], note: Callable[[str], None]) -> Generator[SpanSink]:
    """Lend where traces go: nowhere, unless the environment names an address and the libraries for it are there."""
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    if off or not any(environ.get(name) for name in OTLP_ADDRESSES):
        yield NoSpans()
        return
    try:
        sending: Callable[..., AbstractContextManager[SpanSink]] = pkgutil.resolve_name(SENDING_SPANS)
    except ModuleNotFoundError:
        note("no traces are sent: pip install 'codecompanion[otel]' brings what sends them")
        yield NoSpans()
        return
    with sending(redact) as sink:
        yield sink


def _bus_of_this_process() -> MockBus:
    rules = Rules()
    return MockBus(max_deliveries=rules.max_deliveries, backoff_s=rules.backoff_s)


@asynccontextmanager
async def _posting(alerts: Alerts) -> AsyncGenerator[None]:
    """Post alerts while the context is open, if there is an address."""
    if not alerts.has_address:
        yield
        return
    async with beside(alerts.deliver):
        try:
            yield
        finally:
            await alerts.settle()


@asynccontextmanager
async def open_app(settings: Settings, environ: Mapping[str, str]) -> AsyncGenerator[App]:
    """Open the stores and everything that works with them.

    Raises:
        EnvironmentBroken: The state folder cannot be written, or the database cannot be used.
    """
    state = settings.state_dir
    try:
        await anyio.Path(state).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentBroken(
            f"the state folder {str(state)!r} cannot be made", cause=str(error), fix="name another with CODECOMPANION_STATE_DIR"
        ) from error
    redactor, clock, nearby = Redactor.from_environ(environ, also=settings.secrets()), SystemClock(), _bus_of_this_process()
    notes, watchers, slow = Notes(), Watchers(), SlowQueries(settings.slow_query_ms)
    async with (
        AsyncExitStack() as opened,
        open_stores(settings, notes.take) as stores,
        open_bus(settings, stores.events, nearby, stores.copied) as bus,
        open_limits(settings) as limits,
    ):
        known = opened.enter_context(acknowledged(settings, stores.copied, partial(told_heads, bus)))
        store: EventStore = ObservedStore(stores.events, watchers, slow)
        if known is not None:
            store = RememberingStore(store, known)
        alerts = Alerts(
            store,
            bus if settings.bus_url else nearby,  # without a bus that processes share each posts its own
            nearby,
            locks=stores.locks,
            note=CostGovernor(store, clock, Limits(), redact=redactor.data).note,
            post=Webhook(settings.alert_webhook.get_secret_value()).post if settings.alert_webhook else None,
        )
        with _span_sink(environ, redactor.text, notes.take) as spans:
            async with _posting(alerts):
                orchestrator = EventSourcedOrchestrator(
                    store, clock, nearby, redact=redactor.data, trace=lambda: recorded_here() or clock.new_id().replace("-", "")
                )
                yield App(
                    settings,
                    clock,
                    store,
                    RedactingBlobs(ObservedBlobs(stores.blobs, slow), redactor.content),
                    bus,
                    nearby,
                    stores.locks,
                    stores.roster,
                    stores.archive,
                    GitWorkspace(state / "worktrees"),
                    ProjectDetector(),
                    GitPacking(),
                    orchestrator,
                    alerts,
                    redactor,
                    environ,
                    acknowledged=known,
                    responses=None if settings.response_cache == "off" else stores.responses,
                    vectors=stores.vectors,
                    limits=limits,
                    notes=notes,
                    outcomes=LearningEngine(store, clock, redact=redactor.data),
                    watchers=watchers,
                    spans=spans,
                )
