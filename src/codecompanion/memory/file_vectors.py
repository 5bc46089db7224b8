"""The vectors in the file of the memory, compared by sqlite-vec or by numpy.

They lie in an ordinary table. sqlite-vec compares them where Python's SQLite may load extensions, numpy where it may not: both
look at every vector of the notes, so the answer is the same, and a file can be used, and forgotten from, by either.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlite_vec  # pyright: ignore[reportMissingTypeStubs] # it ships no types

from codecompanion.memory.file import MemoryFile

UNRELATED = 1.0
"""The cosine distance from which on two texts have nothing to do with each other."""

Asked = tuple[str, str, str, int]
"""The project, the embedder, the ids of the notes as JSON, and the length of their vectors in bytes."""
Compare = Callable[[sqlite3.Connection, Asked, bytes, int], list[tuple[str, float]]]

_VECTORS = (
    "FROM meaning JOIN note ON key = note WHERE project = ? AND embedder = ?"
    " AND note_id IN (SELECT value FROM json_each(?)) AND length(vector) = ?"
)


def load_sqlite_vec(connection: sqlite3.Connection) -> str | None:
    """Load sqlite-vec into a connection and return its version; None when this Python's SQLite loads no extensions."""
    if not hasattr(connection, "enable_load_extension"):
        return None
    try:
        connection.enable_load_extension(True)  # noqa: FBT003 - sqlite3 takes it by position only
        sqlite_vec.load(connection)
        connection.enable_load_extension(False)  # noqa: FBT003 - as above
    except (sqlite3.OperationalError, sqlite3.NotSupportedError):
        return None
    return str(connection.execute("SELECT vec_version()").fetchone()[0])


def by_sqlite_vec(connection: sqlite3.Connection, of: Asked, asked: bytes, most: int) -> list[tuple[str, float]]:
    """Return the nearest notes, compared by sqlite-vec, which must be loaded."""
    query = (
        f"SELECT note_id, vec_distance_cosine(vector, ?) AS distance {_VECTORS}"
        " AND distance < ? ORDER BY distance, note_id LIMIT ?"
    )
    return connection.execute(query, (asked, *of, UNRELATED, most)).fetchall()


def by_numpy(connection: sqlite3.Connection, of: Asked, asked: bytes, most: int) -> list[tuple[str, float]]:
    """Return the same, compared by numpy."""
    rows = connection.execute(f"SELECT note_id, vector {_VECTORS}", of).fetchall()
    if not rows:
        return []
    ids = np.array([note_id for note_id, _ in rows])
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
    distances = 1.0 - vectors @ np.frombuffer(asked, dtype="<f4")
    nearest = np.lexsort((ids, distances))[:most]
    return [(str(ids[place]), float(distances[place])) for place in nearest if distances[place] < UNRELATED]


def by_what_there_is(connection: sqlite3.Connection, of: Asked, asked: bytes, most: int) -> list[tuple[str, float]]:
    """Return the same, compared by sqlite-vec if it can be loaded."""
    return (by_sqlite_vec if load_sqlite_vec(connection) else by_numpy)(connection, of, asked, most)


@dataclass(frozen=True, slots=True)
class FileVectors:
    """A `VectorIndex` in the file of the memory, which goes with the notes: a note that is deleted has no vector left."""

    file: MemoryFile
    compare: Compare = by_what_there_is

    async def wanted(self, project: str, embedder: str, note_ids: Sequence[str], *, most: int) -> list[str]:
        """Return the notes that have no vector yet; see `VectorIndex.wanted`."""
        query = "SELECT note_id FROM meaning JOIN note ON key = note WHERE project = ? AND embedder = ?"
        rows = await self.file.run(lambda connection: connection.execute(query, (project, embedder)).fetchall())
        known = {note_id for (note_id,) in rows}
        return [note_id for note_id in note_ids if note_id not in known][:most]

    async def put(self, embedder: str, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep vectors; see `VectorIndex.put`."""
        rows = [(embedder, _packed(vector), note_id) for note_id, vector in vectors.items()]
        statement = "INSERT OR REPLACE INTO meaning (note, embedder, vector) SELECT key, ?, ? FROM note WHERE note_id = ?"
        await self.file.run(lambda connection: connection.executemany(statement, rows), writes=True)

    async def nearest(
        self, project: str, embedder: str, asked: Sequence[float], *, among: Sequence[str], most: int
    ) -> list[tuple[str, float]]:
        """Return the nearest notes; see `VectorIndex.nearest`."""
        packed = _packed(asked)
        of = (project, embedder, json.dumps(among), len(packed))
        return await self.file.run(lambda connection: self.compare(connection, of, packed, most))

    async def forget(self, note_ids: Sequence[str]) -> None:
        """Delete the vectors of notes; see `VectorIndex.forget`."""
        statement = "DELETE FROM meaning WHERE note = (SELECT key FROM note WHERE note_id = ?)"
        rows = [(note_id,) for note_id in note_ids]
        await self.file.run(lambda connection: connection.executemany(statement, rows), writes=True)


def _packed(vector: Sequence[float]) -> bytes:
    return np.asarray(vector, dtype="<f4").tobytes()
