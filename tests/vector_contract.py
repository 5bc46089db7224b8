"""What every `VectorIndex` answers to the same questions, told as JSON, so that one may be asked in another process.

As a program, `python vector_contract.py FOLDER`, it asks sqlite-vec, which this process may not be able to load.
"""

import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from codecompanion.domain.memory import MemoryItem, Source
from codecompanion.memory.file import MemoryFile
from codecompanion.memory.file_vectors import Compare, FileVectors, by_sqlite_vec, load_sqlite_vec
from codecompanion.memory.keeping import keep
from codecompanion.ports import VectorIndex

DIMENSIONS, BATCH = 24, 64
PROJECT, OTHER_PROJECT = "root:shop", "root:other"
EMBEDDER, OTHER_EMBEDDER = "random", "another"


def _item(project: str, number: int) -> MemoryItem:
    return MemoryItem(
        item_id=f"{project}{number}",
        kind="review",
        text=f"note {number}",
        project=project,
        source=Source(run_id="r", event_id=f"e{number}", version=number),
        recorded_at="2026-01-01T00:00:00.000000Z",
    )


ITEMS = [_item(PROJECT, number) for number in range(300)]
OTHER_ITEM = _item(OTHER_PROJECT, 0)
NOTES = [item.note_id for item in ITEMS]
OTHER_NOTE = OTHER_ITEM.note_id
SHORT, ZERO, OPPOSITE, *TWINS = NOTES[:9]
"""Notes whose vectors are special: of another length, zero, as far as can be, and some that are equal."""


def _unit(numbers: Sequence[float]) -> list[float]:
    length = math.sqrt(math.fsum(number * number for number in numbers))
    return [number / length for number in numbers]


def _drawn() -> tuple[list[float], dict[str, list[float]]]:
    draw = random.Random(7)
    asked, *others = (_unit([draw.gauss(0, 1) for _ in range(DIMENSIONS)]) for _ in range(len(NOTES) + 1))
    near = _unit([number + 0.01 for number in asked])
    special = {
        SHORT: _unit(asked[:5]),
        ZERO: [0.0] * DIMENSIONS,
        OPPOSITE: [-number for number in asked],
        **dict.fromkeys(TWINS, near),
    }
    return asked, {**dict(zip(NOTES, others, strict=True)), **special}


ASKED, VECTORS = _drawn()


def expected(among: Sequence[str], most: int) -> list[tuple[str, float]]:
    """Return the nearest notes by plain arithmetic."""
    alike = [note_id for note_id in among if len(VECTORS[note_id]) == DIMENSIONS and any(VECTORS[note_id])]
    distances = [(1 - math.fsum(a * b for a, b in zip(ASKED, VECTORS[one], strict=True)), one) for one in alike]
    return [(one, distance) for distance, one in sorted(distances)[:most] if distance < 1]


async def outcomes(index: VectorIndex) -> Mapping[str, Any]:
    """Ask an index everything and return what it answers."""
    told: dict[str, Any] = {"wanted of none": await index.wanted(PROJECT, EMBEDDER, NOTES, most=BATCH)}
    wanted: list[str] = told["wanted of none"]
    told["wanted in all"] = [*wanted]
    while wanted:
        await index.put(EMBEDDER, {note_id: VECTORS[note_id] for note_id in wanted})
        wanted = await index.wanted(PROJECT, EMBEDDER, NOTES, most=BATCH)
        told["wanted in all"] += wanted
    told["nearest"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=NOTES, most=40)
    told["all"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=NOTES, most=1000)
    told["among some"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=[*NOTES[::7], "0" * 64], most=40)
    told["among none"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=[], most=40)
    told["shorter"] = await index.nearest(PROJECT, EMBEDDER, VECTORS[SHORT], among=NOTES, most=40)

    told["wanted by another embedder"] = await index.wanted(PROJECT, OTHER_EMBEDDER, TWINS, most=BATCH)
    await index.put(OTHER_EMBEDDER, {TWINS[0]: VECTORS[OPPOSITE], TWINS[1]: ASKED})
    told["of the first embedder"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=NOTES, most=40)
    told["of another embedder"] = await index.nearest(PROJECT, OTHER_EMBEDDER, ASKED, among=NOTES, most=40)
    told["wanted of another project"] = await index.wanted(OTHER_PROJECT, EMBEDDER, [OTHER_NOTE], most=BATCH)
    await index.put(EMBEDDER, {OTHER_NOTE: ASKED})
    told["of another project"] = await index.nearest(OTHER_PROJECT, EMBEDDER, ASKED, among=[*NOTES, OTHER_NOTE], most=40)

    await index.put(EMBEDDER, {"f" * 64: ASKED, OPPOSITE: ASKED})
    told["put anew"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=[*NOTES, "f" * 64], most=1)
    await index.forget([OPPOSITE, *TWINS, "0" * 64])
    await index.forget([])
    told["after forgetting"] = await index.nearest(PROJECT, EMBEDDER, ASKED, among=NOTES, most=40)
    told["of another embedder after forgetting"] = await index.nearest(PROJECT, OTHER_EMBEDDER, ASKED, among=NOTES, most=9)
    return told


async def file_outcomes(folder: Path, compare: Compare) -> Mapping[str, Any]:
    """Return what the vectors in the file of a memory that has the notes answer."""
    file = MemoryFile(folder / "memory.sqlite3")
    await file.run(lambda connection: keep(connection, [*ITEMS, OTHER_ITEM], ()), writes=True)
    return await outcomes(FileVectors(file, compare))


async def _main(folder: Path) -> None:
    def compare(connection: Any, of: Any, asked: bytes, most: int) -> list[tuple[str, float]]:
        assert load_sqlite_vec(connection)
        return by_sqlite_vec(connection, of, asked, most)

    sys.stdout.write(json.dumps(await file_outcomes(folder, compare)))


if __name__ == "__main__":
    anyio.run(_main, Path(sys.argv[1]))
