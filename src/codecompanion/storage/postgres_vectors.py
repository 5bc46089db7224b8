"""The vectors of the memory in a PostgreSQL database whose server has pgvector, so that a team embeds each note once.

The table is none of the schema's revisions: the extension may come and go with the server, and may be no ordinary user's to
create. So the table is made when it is first needed, and what keeps it from being made is an answer, not an error.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg

from codecompanion.ports import Readiness
from codecompanion.storage.postgres_database import SCHEMA, Connection, Database, open_database
from codecompanion.storage.postgres_schema import ONE_AT_A_TIME, require_schema

UNRELATED = 1.0
"""The cosine distance from which on two texts have nothing to do with each other."""
CLAIM_S = 60
"""So long a note is left to whoever wanted to embed it. A request to an embedder takes less, or has failed by then."""
INSTALL = "install pgvector on the database's server (on Debian: apt-get install postgresql-VERSION-pgvector)"
CREATE = "let a superuser run CREATE EXTENSION vector in this database"
GRANT = (
    f"let the owner of the table GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.memory_vectors, or of the schema CREATE ON it"
)

_EXTENSION = (
    "SELECT quote_ident(nspname), extversion FROM pg_extension JOIN pg_namespace AS place ON place.oid = extnamespace"
    " WHERE extname = 'vector'"
)
_IS_INSTALLED = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')"
_HAS_TABLE = (
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('memory_vectors') AND attname = 'vector'"
    " AND NOT attisdropped)"
)
_MAY = (
    "SELECT coalesce(bool_and(has_table_privilege(to_regclass('memory_vectors'), asked)), false)"
    " FROM unnest($1::text[]) AS asked"
)
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
_REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidSchemaNameError,  # there is no schema "public"
    asyncpg.FeatureNotSupportedError,
    asyncpg.UndefinedFileError,  # the server has half of the extension
)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS memory_vectors (note_id text NOT NULL, embedder text NOT NULL, project text NOT NULL,"
    " claimed_at timestamptz NOT NULL, PRIMARY KEY (note_id, embedder))"
)
# Its length is the model's affair. The column went if the extension was dropped with what depends on it.
_COLUMN = "ALTER TABLE memory_vectors ADD COLUMN IF NOT EXISTS vector {type}"
_WANT = (
    "INSERT INTO memory_vectors (note_id, embedder, project, claimed_at) SELECT asked.note_id, $2, $1, now()"
    " FROM unnest($3::text[]) WITH ORDINALITY AS asked (note_id, place)"
    " LEFT JOIN memory_vectors AS known ON known.note_id = asked.note_id AND known.embedder = $2"
    " WHERE known.note_id IS NULL OR (known.vector IS NULL AND known.claimed_at < now() - make_interval(secs => $5))"
    " ORDER BY place LIMIT $4"
    " ON CONFLICT (note_id, embedder) DO UPDATE SET claimed_at = excluded.claimed_at"
    " WHERE memory_vectors.vector IS NULL AND memory_vectors.claimed_at < now() - make_interval(secs => $5)"
    " RETURNING note_id"
)
_PUT = (
    "UPDATE memory_vectors SET vector = made.vector::{type} FROM unnest($2::text[], $3::text[]) AS made (note_id, vector)"
    " WHERE memory_vectors.note_id = made.note_id AND embedder = $1"
)
# What is asked is read once: for each row again it takes longer than all the rest, a second for 5,000 notes.
# To compare vectors of two lengths is an error, and only CASE says what is looked at first.
_NEAREST = (
    "WITH asked AS MATERIALIZED (SELECT $4::text::{type} AS vector), compared AS MATERIALIZED (SELECT note_id,"
    " CASE WHEN {schema}.vector_dims(known.vector) = $5 THEN known.vector OPERATOR({schema}.<=>) asked.vector END AS distance"
    " FROM memory_vectors AS known CROSS JOIN asked"
    " WHERE project = $1 AND embedder = $2 AND note_id IN (SELECT unnest($3::text[])))"
    ' SELECT note_id, distance FROM compared WHERE distance < $7 ORDER BY distance, note_id COLLATE "C" LIMIT $6'
)


@asynccontextmanager
async def open_postgres_vectors(url: str) -> AsyncGenerator["PostgresVectors"]:
    """Return the vectors in a database, which is connected to when they are first asked for.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_database(url) as database:
        yield PostgresVectors(database)


class PostgresVectors:
    """A `SharedVectors` in a database. All methods but `ready` and `forget` need it to be ready."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema: str | None = None

    async def ready(self) -> Readiness:
        """Make the extension and the table unless they are there; see `SharedVectors.ready`."""
        await require_schema(self._database)

        async def query(connection: Connection) -> Readiness:
            try:
                return await self._made(connection)
            except _REFUSALS as error:
                fix = GRANT if await connection.fetchrow(_EXTENSION) else CREATE
                return Readiness(ok=False, found=str(error).splitlines()[0], fix=fix)

        return await self._database.run(query)

    async def _made(self, connection: Connection) -> Readiness:
        found = await connection.fetchrow(_EXTENSION)
        if found is None and not await connection.fetchval(_IS_INSTALLED):
            return Readiness(ok=False, found="the database's server has no pgvector", fix=f"{INSTALL}; then {CREATE}")
        if found is None or not await connection.fetchval(_HAS_TABLE):
            async with connection.transaction():
                await connection.execute(ONE_AT_A_TIME)
                found = await _make(connection)
        if not await connection.fetchval(_MAY, _ALL):
            return Readiness(ok=False, found="this user may not write the table memory_vectors", fix=GRANT)
        self._schema, version = found
        return Readiness(ok=True, found=f"pgvector {version}")

    async def wanted(self, project: str, embedder: str, note_ids: Sequence[str], *, most: int) -> list[str]:
        """Return the notes that nobody has embedded, or is about to; see `VectorIndex.wanted`."""

        async def query(connection: Connection) -> set[str]:
            return {row[0] for row in await connection.fetch(_WANT, project, embedder, note_ids, most, CLAIM_S)}

        ours = await self._database.run(query)
        return [note_id for note_id in note_ids if note_id in ours]

    async def put(self, embedder: str, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep vectors; see `VectorIndex.put`."""
        statement, written = self._sql(_PUT), [_written(vector) for vector in vectors.values()]
        await self._database.run(lambda connection: connection.execute(statement, embedder, list(vectors), written))

    async def nearest(
        self, project: str, embedder: str, asked: Sequence[float], *, among: Sequence[str], most: int
    ) -> list[tuple[str, float]]:
        """Return the nearest notes, compared by pgvector; see `VectorIndex.nearest`."""
        values = (project, embedder, among, _written(asked), len(asked), most, UNRELATED)
        statement = self._sql(_NEAREST)
        rows = await self._database.run(lambda connection: connection.fetch(statement, *values))
        return [(row[0], row[1]) for row in rows]

    async def forget(self, note_ids: Sequence[str]) -> None:
        """Delete the vectors of notes; see `VectorIndex.forget`. Who may not delete here has put none here."""

        async def query(connection: Connection) -> None:
            if await connection.fetchval(_MAY, ("DELETE",)):
                await connection.execute("DELETE FROM memory_vectors WHERE note_id IN (SELECT unnest($1::text[]))", note_ids)

        await self._database.run(query)

    def _sql(self, statement: str) -> str:
        """Return a statement with the place of the extension, which is not on our search path."""
        assert self._schema is not None
        return statement.format(schema=self._schema, type=f"{self._schema}.vector")


async def _make(connection: Connection) -> asyncpg.Record:
    """Make the extension and the table unless they are there, and return what `_EXTENSION` finds."""
    # Not in our schema: the database may be shared, and others look for it where it usually is.
    await connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    found = await connection.fetchrow(_EXTENSION)
    assert found is not None
    await connection.execute(_TABLE)
    await connection.execute(_COLUMN.format(type=f"{found[0]}.vector"))
    return found


def _written(vector: Sequence[float]) -> str:
    """Return a vector as PostgreSQL reads it: a number of 32 bits survives being written in decimal."""
    return json.dumps(list(vector))
