"""`db status`, `check`, `migrate`, `archive` and `accept-loss`: the tables of the log, in a SQLite file or in PostgreSQL."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from codecompanion.cli.options import Json, load_settings, print_json, with_app
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codecompanion.domain.heads import Head
    from codecompanion.ports import Schema
    from codecompanion.wiring import App

T = TypeVar("T")

ENVIRONMENT_EXIT_CODE = 6
LOST_EXIT_CODE = 1

app = typer.Typer(help="Look at the tables of the log, and bring them to another revision.")


@app.command()
def status(*, as_json: Json = False) -> int:
    """Show where the log is, how much room it takes, and the revision of its tables."""
    from codecompanion.storage.migrations.plain_sql import newest

    async def job(schema: "Schema") -> tuple[str, int, int]:
        return schema.place, await schema.revision(), await schema.size_bytes()

    place, revision, size_bytes = _with_schema(job)
    lost = _lost() if revision == newest() else []
    if as_json:
        facts = {"place": place, "revision": revision, "newest": newest(), "size_bytes": size_bytes}
        print_json({"schema_version": 1, "type": "db", **facts, "lost": [asdict(head) for head in lost]})
    else:
        print(f"{place}: {_standing(revision)}; {size_bytes / 1024**2:.1f} MiB")
        for head in lost:
            print(f"lost: {_named(head)}")
    return 0


@app.command()
def check(*, as_json: Json = False) -> int:
    """Exit 0 when the tables are what this program works with, 6 when not, 1 when the log lost what was acknowledged."""
    from codecompanion.storage.migrations.plain_sql import newest

    revision = _with_schema(lambda schema: schema.revision())
    fits = revision == newest()
    lost = _lost() if fits else []
    if as_json:
        facts = {"ok": fits and not lost, "revision": revision, "newest": newest(), "lost": [asdict(head) for head in lost]}
        print_json({"schema_version": 1, "type": "db_check", **facts})
    else:
        print("\n".join([_standing(revision), *(f"lost: {_named(head)}" for head in lost)]))
    return (LOST_EXIT_CODE if lost else 0) if fits else ENVIRONMENT_EXIT_CODE


@app.command()
def migrate(
    *,
    to: Annotated[
        int | None, typer.Option("--to", metavar="REVISION", help="Which revision; the newest if left out.", min=1)
    ] = None,
    as_json: Json = False,
) -> int:
    """Bring the tables to the newest revision, or to an older one for an older program; all or nothing."""
    from codecompanion.domain.errors import BadInput
    from codecompanion.storage.migrations.plain_sql import newest

    target = to or newest()
    if target > newest():
        raise BadInput(f"there is no revision {target}", cause=f"the newest that this program knows is {newest()}")
    found = _with_schema(lambda schema: schema.migrate(target))
    if as_json:
        print_json({"schema_version": 1, "type": "db_migrated", "from": found, "to": target})
    else:
        print(f"revision {target}: nothing to do" if found == target else f"revision {found} -> {target}")
    return 0


@app.command()
def archive(
    *,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="Runs that ended so long ago: 90d, 12h, 8w.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Where the files go; STATE/archive if left out.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which runs would go, and leave them.")] = False,
    as_json: Json = False,
) -> int:
    """Write runs that ended long ago to files that audit import reads, verify the files, and take the runs out of the log."""

    async def job(app: "App") -> int:
        from codecompanion.runs.archiving import age, archive_runs, old_runs

        runs = await old_runs(app, age(older_than))
        if dry_run:
            _tell({"type": "archivable", "runs": runs}, runs or ["no run ended so long ago"], as_json=as_json)
            return 0
        rows: list[dict[str, object]] = []
        async for one in archive_runs(app, runs, (to or app.settings.state_dir / "archive").absolute()):
            rows.append({**asdict(one), "file": str(one.file)})
            if not as_json:
                print(f"{one.run_id}  {counted(one.events, 'event')}, {counted(one.blobs_removed, 'blob')} removed: {one.file}")
        _tell({"type": "archived", "runs": rows}, [] if rows else ["no run ended so long ago"], as_json=as_json)
        return 0

    return with_app(None, {}, job)


@app.command(name="accept-loss")
def accept_loss(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missed, and accept nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Go on with a database that has lost events (CC-1220); every run that is not over waits until you resume it."""

    async def job(app: "App") -> int:
        from codecompanion.domain.errors import CommandRefused
        from codecompanion.runs.losses import accept_loss as accept
        from codecompanion.runs.losses import lost_heads

        lost = await lost_heads(app)
        lines = [f"lost: {_named(head)}" for head in lost] or ["nothing is known to be lost"]
        heads = [asdict(head) for head in lost]
        if dry_run or not lost:
            _tell({"type": "losses", "lost": heads}, lines, as_json=as_json)
            return 0
        accepted = await accept(app)
        if accepted is None:
            raise CommandRefused("the loss was accepted by somebody else meanwhile")
        fact = accepted.fact
        lines += [f"waits for you: codecompanion resume {run_id}" for run_id in fact.paused]
        lines += [f"cannot be read: {run_id}" for run_id in accepted.unread]
        lines.append(
            "what the lost events tell of may have been done, also what they say of money and of runs that are not listed"
        )
        facts = {"lost": heads, "after": fact.after, "up_to": fact.up_to, "paused": fact.paused, "unread": accepted.unread}
        _tell({"type": "loss_accepted", **facts}, lines, as_json=as_json)
        return 0

    return with_app(None, {}, job)


def _named(head: "Head") -> str:
    return f"event {head.version} of {head.stream_id}, at position {head.position}, which was seen"


def _lost() -> "list[Head]":
    """Return what is known to be lost; what a file has lost was lost with what is known."""
    found: list[Head] = []

    async def job(app: "App") -> int:
        from codecompanion.runs.losses import lost_heads

        found.extend(await lost_heads(app))
        return 0

    if load_settings(None, {}).settings.database_url:
        with_app(None, {}, job)
    return found


def _tell(facts: dict[str, object], lines: "list[str]", *, as_json: bool) -> None:
    if as_json:
        print_json({"schema_version": 1, **facts})
    elif lines:
        print("\n".join(lines))


def _standing(revision: int) -> str:
    from codecompanion.storage.migrations.plain_sql import newest

    if revision == 0:
        return "no tables yet; the first run makes them"
    if revision == newest():
        return f"revision {revision}, up to date"
    remedy = "upgrade CodeCompanion" if revision > newest() else "codecompanion db migrate"
    return f"revision {revision}, this program works with {newest()}: {remedy}"


def _with_schema(job: "Callable[[Schema], Awaitable[T]]") -> T:
    import anyio

    from codecompanion.wiring.stores import schema

    settings = load_settings(None, {}).settings

    async def inside() -> T:
        return await job(schema(settings))

    return anyio.run(inside)
