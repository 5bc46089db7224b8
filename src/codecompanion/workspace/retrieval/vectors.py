"""Vectors of texts, kept under the hash of each text and the name of who made them: none is asked for twice."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codecompanion.domain.errors import EnvironmentBroken

Vector = NDArray[np.float32]

_SCHEMA = "CREATE TABLE IF NOT EXISTS vector (maker TEXT, text TEXT, vector BLOB NOT NULL, PRIMARY KEY (maker, text))"
_MOST_IN_A_QUERY = 500
_BUSY_S = 30.0


def key_of(text: str) -> str:
    """Return the hash that stands for a text."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


class VectorFile:
    """An SQLite file of vectors. Several processes may use it at once; losing it costs what the vectors cost."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, maker: str, keys: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors by a maker that are kept for some of the keys.

        Raises:
            EnvironmentBroken: The file cannot be read.
        """
        found: dict[str, Vector] = {}
        try:
            with closing(self._open()) as connection:
                for start in range(0, len(keys), _MOST_IN_A_QUERY):
                    some = keys[start : start + _MOST_IN_A_QUERY]
                    marks = ",".join("?" * len(some))
                    query = f"SELECT text, vector FROM vector WHERE maker = ? AND text IN ({marks})"  # noqa: S608 - only marks
                    found |= {key: np.frombuffer(packed, "<f4") for key, packed in connection.execute(query, (maker, *some))}
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error
        return found

    def keep(self, maker: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors.

        Raises:
            EnvironmentBroken: The file cannot be written.
        """
        rows = [(maker, key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        try:
            with closing(self._open()) as connection, connection:
                connection.executemany("REPLACE INTO vector VALUES (?, ?, ?)", rows)
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_BUSY_S)
        connection.execute(_SCHEMA)
        return connection

    def _broken(self, error: Exception) -> EnvironmentBroken:
        return EnvironmentBroken(
            f"the vectors in {str(self._path)!r} cannot be used", cause=str(error), fix="remove the file: it is made anew"
        )
