"""Ask sqlite-vec and numpy for the nearest of the same random vectors: compare_vectors.py FOLDER writes both as JSON."""

import json
import random
import sqlite3
import sys
from pathlib import Path

import anyio
import numpy as np

from codecompanion.domain.memory import MemoryItem, Source
from codecompanion.memory import meaning
from codecompanion.memory.file import MemoryFile
from codecompanion.memory.keeping import keep

DIMENSIONS = 24
OF = ("p", "random")


async def main(folder: Path) -> None:
    draw = random.Random(7)
    items = [
        MemoryItem(
            item_id=f"{number:064x}",
            kind="review",
            text=f"note {number}",
            project="p",
            source=Source(run_id="r", event_id=f"e{number}", version=number),
            recorded_at="2026-01-01T00:00:00.000000Z",
        )
        for number in range(1, 301)
    ]
    vectors = np.array([[draw.gauss(0, 1) for _ in range(DIMENSIONS)] for _ in range(301)], dtype="<f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def job(connection: sqlite3.Connection) -> dict[str, object]:
        keep(connection, items, ())
        rows = [(key, "random", vectors[key].tobytes()) for key in range(1, 301)]
        connection.executemany("INSERT INTO meaning VALUES (?, ?, ?)", rows)
        connection.execute("INSERT OR REPLACE INTO meaning VALUES (1, 'random', ?)", (vectors[1][:5].tobytes(),))
        version = meaning.load_sqlite_vec(connection)
        asked = vectors[0]
        return {
            "version": version,
            "sqlite_vec": meaning.by_sqlite_vec(connection, OF, asked, 40),
            "numpy": meaning.by_numpy(connection, OF, asked, 40),
        }

    sys.stdout.write(json.dumps(await MemoryFile(folder / "memory.sqlite3").run(job, writes=True)))


anyio.run(main, Path(sys.argv[1]))
