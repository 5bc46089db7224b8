"""Which revision the tables of a PostgreSQL database have, and how they get another one."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg

from codecompanion.domain.errors import SchemaMismatch
from codecompanion.storage.migrations.plain_sql import PLAN, newest, whole
from codecompanion.storage.postgres_database import SCHEMA, Connection, Database, bad_url, connected, meaning, shown

ONE_AT_A_TIME = f"SELECT pg_advisory_xact_lock(hashtext('{SCHEMA} schema'))"
"""Held by whoever lays out or changes the tables, until it has committed."""


async def require_schema(database: Database) -> None:
    """Make the tables of a database that has none.

    Raises:
        BadInput: The URL of the database cannot be read.
        DatabaseUnavailable: The database cannot be reached or refuses us.
        SchemaMismatch: Its tables are older or newer than this program.
    """
    try:
        found = await database.run(revision_of, patience_s=0)
    except ValueError as error:  # the URL is read when the first connection is made
        raise bad_url(error) from error
    if found == 0:
        found = await PostgresSchema(database.url).lay_out()
    if found != newest():
        raise mismatch(f"the log in {shown(database.url)}", found)


def mismatch(log: str, found: int) -> SchemaMismatch:
    """Return what to say of a log whose revision is not ours."""
    cause = f"its schema is {found}, this program knows {newest()}"
    if found > newest():
        return SchemaMismatch(
            f"{log} was written by a newer CodeCompanion", cause=cause, fix="upgrade CodeCompanion, or choose another place"
        )
    return SchemaMismatch(f"{log} was written by an older CodeCompanion", cause=cause, fix="codecompanion db migrate")


async def revision_of(connection: Connection) -> int:
    """Return the revision of a database's tables, 0 when it has none."""
    if await connection.fetchval(f"SELECT to_regclass('{SCHEMA}.alembic_version')") is None:
        return 0
    return int(await connection.fetchval(f"SELECT max(version_num) FROM {SCHEMA}.alembic_version") or 0)  # noqa: S608  # a constant


@dataclass(frozen=True, slots=True)
class PostgresSchema:
    """The `Schema` of a database."""

    url: str

    @property
    def place(self) -> str:
        """Return the address without user and password."""
        return shown(self.url)

    async def revision(self) -> int:
        """Return the revision; see `Schema.revision`."""
        async with connected(self.url) as connection:
            return await revision_of(connection)

    async def lay_out(self) -> int:
        """Make the tables unless they are there, and return their revision then."""
        return await self._change(lambda found: found or newest())

    async def migrate(self, target: int) -> int:
        """Bring the tables to a revision; see `Schema.migrate`."""
        found = 0

        def choose(revision: int) -> int:
            nonlocal found
            found = revision
            if found > newest():
                raise mismatch(f"the log in {self.place}", found)
            return target

        await self._change(choose)
        return found

    async def size_bytes(self) -> int:
        """Return the size of the tables and their indexes."""
        async with connected(self.url) as connection:
            size: int = await connection.fetchval(
                "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)",
                SCHEMA,
            )
            return size

    async def _change(self, choose: Callable[[int], int]) -> int:
        async with connected(self.url, answer_s=None) as connection:
            try:
                async with connection.transaction():
                    await _begin(connection)
                    found = await revision_of(connection)
                    target = choose(found)
                    if target != found:
                        await connection.execute(_script(found, target))
                        await _stamp(connection, target)
                    return target
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise meaning(self.url, error) or error from error


def _script(found: int, target: int) -> str:
    if (found, target) == (0, newest()):
        return whole("postgresql")
    plan: Callable[[str, int, int], str] = pkgutil.resolve_name(PLAN)
    return plan("postgresql", found, target)


async def _begin(connection: "asyncpg.Connection[Any]") -> None:
    """Keep others from changing the tables until the end of the transaction, and make the place for their revision."""
    await connection.execute(ONE_AT_A_TIME)
    if await connection.fetchval(f"SELECT to_regclass('{SCHEMA}.alembic_version')") is None:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        await connection.execute(
            f"CREATE TABLE {SCHEMA}.alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)"
        )


async def _stamp(connection: Connection, revision: int) -> None:
    """Write down which revision the tables have now; 0 is none."""
    await connection.execute(f"DELETE FROM {SCHEMA}.alembic_version")  # noqa: S608  # a constant
    if revision:
        await connection.execute(f"INSERT INTO {SCHEMA}.alembic_version VALUES ($1)", f"{revision:04}")  # noqa: S608  # a constant
