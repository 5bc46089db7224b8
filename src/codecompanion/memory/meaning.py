"""Search by meaning: an embedder makes vectors of notes and of what is asked, and the nearest notes are found.

The vectors lie in an ordinary table. sqlite-vec compares them where Python's SQLite may load extensions, numpy where it may
not: both look at every vector of the project, so the answer is the same, and a file can be used, and forgotten from, by either.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlite_vec  # pyright: ignore[reportMissingTypeStubs] # it ships no types

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.memory.file import MemoryFile
from codecompanion.ports import Embedder

BATCH = 64
"""So many notes are embedded with one request."""
MOST_AT_ONCE = 1024
"""So many notes are embedded before one search; the newest first, the others with the next."""
UNRELATED = 1.0
"""The cosine distance from which on two texts have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an embedder adds to the memory."""

    embedder: Embedder

    async def take_in(self, file: MemoryFile, project: str) -> None:
        """Embed the notes of a project that have no vector of this embedder yet; it sees their text.

        Raises:
            ModelUnavailable: The embedder does not answer; what it had answered before is kept.
            EnvironmentBroken: As `MemoryFile.run`.
        """
        name = self.embedder.name
        waiting = await file.run(lambda connection: _without_vector(connection, project, name))
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            vectors = await self._vectors([text for _, text in batch])
            rows = [(key, name, vector.tobytes(), key) for (key, _), vector in zip(batch, vectors, strict=True)]
            await file.run(lambda connection, rows=rows: _keep(connection, rows), writes=True)

    async def nearest(self, file: MemoryFile, project: str, asked: str, most: int) -> list[tuple[int, float]]:
        """Return the keys of the notes nearest to what is asked, with their cosine distances, the nearest first.

        Raises:
            ModelUnavailable: The embedder does not answer.
            EnvironmentBroken: As `MemoryFile.run`.
        """
        [vector] = await self._vectors([asked], as_query=True)
        if not vector.any():
            return []
        return await file.run(lambda connection: _nearest(connection, (project, self.embedder.name), vector, most))

    async def _vectors(self, texts: Sequence[str], *, as_query: bool = False) -> list[np.ndarray]:
        vectors = [np.asarray(vector, dtype="<f4") for vector in await self.embedder.embed(texts, as_query=as_query)]
        if len(vectors) != len(texts) or any(not np.isfinite(vector).all() for vector in vectors):
            raise ModelUnavailable(f"{self.embedder.name} answered with something that is no vector of each text")
        lengths = [float(np.linalg.norm(vector)) for vector in vectors]
        return [vector / np.float32(length) if length else vector for vector, length in zip(vectors, lengths, strict=True)]


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


def _without_vector(connection: sqlite3.Connection, project: str, embedder: str) -> list[tuple[int, str]]:
    return connection.execute(
        "SELECT key, text FROM note WHERE project = ? AND NOT EXISTS"
        " (SELECT 1 FROM meaning WHERE note = key AND embedder = ?) ORDER BY last_at DESC LIMIT ?",
        (project, embedder, MOST_AT_ONCE),
    ).fetchall()


def _keep(connection: sqlite3.Connection, rows: Sequence[tuple[int, str, bytes, int]]) -> None:
    # A note may have been forgotten while the embedder had its text.
    connection.executemany(
        "INSERT OR REPLACE INTO meaning (note, embedder, vector)"
        " SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM note WHERE key = ?)",
        rows,
    )


def _nearest(connection: sqlite3.Connection, of: tuple[str, str], asked: np.ndarray, most: int) -> list[tuple[int, float]]:
    find = by_sqlite_vec if load_sqlite_vec(connection) else by_numpy
    return find(connection, of, asked, most)


_VECTORS = "FROM meaning JOIN note ON key = note WHERE project = ? AND embedder = ? AND length(vector) = ?"
"""A model that changed the length of its vectors under the same name is not compared with what it said before."""


def by_sqlite_vec(connection: sqlite3.Connection, of: tuple[str, str], asked: np.ndarray, most: int) -> list[tuple[int, float]]:
    """Return the nearest vectors, compared by sqlite-vec, which must be loaded. `of` is the project and the embedder."""
    query = f"SELECT key, vec_distance_cosine(vector, ?) AS distance {_VECTORS} AND distance < ? ORDER BY distance, key LIMIT ?"
    return connection.execute(query, (asked.tobytes(), *of, asked.nbytes, UNRELATED, most)).fetchall()


def by_numpy(connection: sqlite3.Connection, of: tuple[str, str], asked: np.ndarray, most: int) -> list[tuple[int, float]]:
    """Return the same, compared by numpy."""
    rows = connection.execute(f"SELECT key, vector {_VECTORS}", (*of, asked.nbytes)).fetchall()
    if not rows:
        return []
    keys = np.array([key for key, _ in rows])
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
    distances = 1.0 - vectors @ asked
    nearest = np.lexsort((keys, distances))[:most]
    return [(int(keys[place]), float(distances[place])) for place in nearest if distances[place] < UNRELATED]
