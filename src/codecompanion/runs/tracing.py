"""Sends the trace of a run, which is read from its log when a sitting is over."""

import logging
import pkgutil
from dataclasses import replace

from codecompanion.domain.envelope import Event
from codecompanion.observability.run_spans import spans_of
from codecompanion.observability.spans import INPUT_MESSAGES, OUTPUT_MESSAGES, Span
from codecompanion.wiring import App

_TOLD = {
    INPUT_MESSAGES: "codecompanion.agents.told_messages:told_request",
    OUTPUT_MESSAGES: "codecompanion.agents.told_messages:told_answer",
}
"""Loaded when what models were asked and said is to be sent, which is rare: they take a second."""
_log = logging.getLogger(__name__)


async def send_sitting(app: App, run_id: str) -> None:
    """Send the spans that ended since the run paused before its last sitting. Trouble with that is no trouble of the run."""
    if not app.traced:
        return
    try:
        events = await app.store.read(run_id)
        app.spans.send(await with_content(app, spans_of(events, after_version=_last_told(events))))
    except Exception:  # noqa: BLE001 - a trace is for who looks from outside
        _log.warning("the trace of the run could not be sent", exc_info=True, extra={"run_id": run_id})


def _last_told(events: list[Event]) -> int:
    """Return the version up to which earlier sittings have sent; one that was killed has sent nothing, nor recorded its end."""
    pauses = [event.version for event in events if event.type == "RunPaused"]
    resumed = max((event.version for event in events if event.type == "RunResumed"), default=0)
    told = [version for version in pauses if version < resumed]
    # A worker sends before it lets go, what ends with that is left to the next; who let go of a run that goes on.
    told += [event.version - 1 for event in events if event.type == "RunReleased" and event.version < events[-1].version]
    return max(told, default=0)


async def with_content(app: App, spans: list[Span]) -> list[Span]:
    """Return the spans with what models were asked and said, if the settings want that."""
    if not app.settings.trace_content:
        return spans
    return [await _told(app, span) for span in spans]


async def _told(app: App, span: Span) -> Span:
    told: dict[str, str] = {}
    for name, sha256 in span.blobs.items():
        told[name] = str(pkgutil.resolve_name(_TOLD[name])(await app.blobs.get(sha256)))
    return replace(span, attributes={**span.attributes, **told})
