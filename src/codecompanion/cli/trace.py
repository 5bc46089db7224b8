"""`trace`: the spans of a run, which its log tells."""

from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import Json, Run, print_json, with_app

if TYPE_CHECKING:
    from codecompanion.observability.spans import Span
    from codecompanion.wiring import App


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(trace)


def trace(
    run_id: Run = "last",
    *,
    send: Annotated[bool, typer.Option("--send", help="Send the whole trace (again) to OTEL_EXPORTER_OTLP_ENDPOINT.")] = False,
    as_json: Json = False,
) -> int:
    """Show the trace of a run: what took how long, in what."""

    async def job(app: "App") -> int:
        from dataclasses import asdict

        from codecompanion.domain.errors import BadInput
        from codecompanion.observability.run_spans import spans_of
        from codecompanion.runs.find import find_run
        from codecompanion.runs.tracing import with_content

        found = await find_run(app.store, run_id)
        spans = spans_of(await app.store.read(found))
        if send:
            if not app.traced:
                raise BadInput("no address for traces is set", fix="set OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318")
            app.spans.send(await with_content(app, spans))
        if as_json:
            print_json({"schema_version": 1, "type": "trace", "run_id": found, "spans": list(map(asdict, spans))})
        else:
            _print_tree(spans)
        return 0

    return with_app(None, {}, job)


def _print_tree(spans: list["Span"]) -> None:
    known = {span.span_id for span in spans}
    below: dict[str, list[Span]] = {}
    for span in spans:
        below.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)

    def show(parent: str, depth: int) -> None:
        for span in sorted(below.get(parent, []), key=lambda one: one.begun_ns):
            seconds = (span.ended_ns - span.begun_ns) / 1e9
            print(harmless(f"{seconds:9.3f} s  {'  ' * depth}{span.name}{f'  ({span.error})' if span.error else ''}"))
            show(span.span_id, depth + 1)

    show("", 0)
