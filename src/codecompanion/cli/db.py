"""`db status`, `db check` and `db migrate`: the tables of the log, in a SQLite file or in PostgreSQL."""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from codecompanion.cli.options import Json, load_settings, print_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codecompanion.ports import Schema

T = TypeVar("T")

ENVIRONMENT_EXIT_CODE = 6

app = typer.Typer(help="Look at the tables of the log, and bring them to another revision.")


@app.command()
def status(*, as_json: Json = False) -> int:
    """Show where the log is, how much room it takes, and the revision of its tables."""
    from codecompanion.storage.migrations.plain_sql import newest

    async def job(schema: "Schema") -> tuple[str, int, int]:
        return schema.place, await schema.revision(), await schema.size_bytes()

    place, revision, size_bytes = _with_schema(job)
    if as_json:
        facts = {"place": place, "revision": revision, "newest": newest(), "size_bytes": size_bytes}
        print_json({"schema_version": 1, "type": "db", **facts})
    else:
        print(f"{place}: {_standing(revision)}; {size_bytes / 1024**2:.1f} MiB")
    return 0


@app.command()
def check(*, as_json: Json = False) -> int:
    """Exit 0 when the tables are what this program works with, 6 when not."""
    from codecompanion.storage.migrations.plain_sql import newest

    revision = _with_schema(lambda schema: schema.revision())
    ok = revision == newest()
    if as_json:
        print_json({"schema_version": 1, "type": "db_check", "ok": ok, "revision": revision, "newest": newest()})
    else:
        print(_standing(revision))
    return 0 if ok else ENVIRONMENT_EXIT_CODE


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

    from codecompanion.store_wiring import schema

    settings = load_settings(None, {}).settings

    async def inside() -> T:
        return await job(schema(settings))

    return anyio.run(inside)
