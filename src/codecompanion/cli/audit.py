"""`audit verify`, `audit export` and `audit import`: prove a log, hand it out, take one in."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say, text_of, wants_json
from codecompanion.cli.options import Json, Run, print_json, with_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codecompanion.runs.audit import Verified
    from codecompanion.wiring import App

app = typer.Typer(help="Prove that a run's log is what was written, hand it out, take one in.")


@app.command()
def verify(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN|FILE]", help="A run, 'spending', or what audit export wrote; the whole log if left out."),
    ] = None,
    *,
    head: Annotated[
        str, typer.Option(metavar="HASH", help="A hash of the run that you kept elsewhere: finds a log cut off or made anew.")
    ] = "",
    as_json: Json = False,
) -> int:
    """Check every event's hash, the chain between them and every blob they cite."""
    if head and not run_id:
        raise typer.BadParameter("it belongs to one run: name it", param_hint="--head")
    if run_id and Path(run_id).is_file():
        return _verify_file(Path(run_id), head, as_json=as_json)

    async def job(app: "App") -> int:
        from codecompanion.runs.audit import verify_run
        from codecompanion.runs.find import find_stream

        runs = [await find_stream(app.store, run_id)] if run_id else await app.store.streams()
        answers = [await _answer(one, partial(verify_run, app.store, app.blobs, one, kept_head=head)) for one in runs]
        if not answers and not as_json:
            print("no runs yet", file=sys.stderr)
        return _told(answers, as_json=as_json)

    return with_app(None, {}, job)


def _verify_file(file: Path, head: str, *, as_json: bool) -> int:
    import anyio

    from codecompanion.runs.importing import read_export

    async def verified() -> "Verified":
        return read_export(file, kept_head=head).verified

    return _told([anyio.run(_answer, str(file), verified)], as_json=as_json)


def _told(answers: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        print_json({"schema_version": 1, "type": "audit", "runs": answers})
    return 0 if all(answer["ok"] for answer in answers) else 1


async def _answer(named: str, verify: "Callable[[], Awaitable[Verified]]") -> dict[str, Any]:
    """Return whether a run verifies; say so on stdout, or on stderr what is wrong."""
    from dataclasses import asdict

    from codecompanion.domain.errors import LogCorrupt

    try:
        verified = await verify()
    except LogCorrupt as error:
        say(text_of(error.code, error.what, error.cause, error.fix))
        return {"run_id": named, "ok": False, "event": error.version, "reason": error.reason}
    if not wants_json(sys.argv):
        print(f"{verified.run_id}  ok: {verified.events} events, {verified.blobs} blobs, head {verified.head_hash}")
    return {**asdict(verified), "ok": True}


@app.command()
def export(
    run_id: Run = "last",
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.", show_default=False)] = None,
) -> int:
    """Write a run's events and blobs into one .tar.gz file."""

    async def job(app: "App") -> int:
        from codecompanion.runs.audit import export_run
        from codecompanion.runs.find import find_stream

        found = await find_stream(app.store, run_id)
        file = output or Path(f"{found}.tar.gz")
        await export_run(app.store, app.blobs, found, file)
        print(file)
        return 0

    return with_app(None, {}, job)


@app.command(name="import")
def take_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What audit export wrote.")], *, as_json: Json = False
) -> int:
    """Take an exported run into the log, to look at it and to replay it."""

    async def job(app: "App") -> int:
        from dataclasses import asdict

        from codecompanion.runs.importing import import_run

        taken = await import_run(app.store, app.blobs, file)
        if as_json:
            print_json({"schema_version": 1, "type": "imported", **asdict(taken)})
        else:
            print(f"{taken.run_id}  ok: {taken.events} events, {taken.blobs} blobs, head {taken.head_hash}")
        return 0

    return with_app(None, {}, job)
