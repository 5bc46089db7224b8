"""Search by meaning: an embedder makes vectors of notes and of what is asked, and the nearest notes are found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.memory import reading
from codecompanion.memory.file import MemoryFile
from codecompanion.ports import Embedder, VectorIndex

BATCH = 64
"""So many notes are embedded with one request."""
MOST_AT_ONCE = 1024
"""So many notes are embedded before one search; the newest first, the others with the next."""
MOST_NUMBERS = 16_000
"""So long may a vector be: pgvector holds no longer ones, and no model makes them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an embedder adds to the memory; `index` holds the vectors."""

    embedder: Embedder
    index: VectorIndex

    async def take_in(self, file: MemoryFile, project: str) -> None:
        """Embed the notes of a project that have no vector of this embedder yet; it sees their text.

        Raises:
            ModelUnavailable: The embedder does not answer; what it had answered before is kept.
            EnvironmentBroken: As `MemoryFile.run`, or as the index.
        """
        name = self.embedder.name
        known = list(await file.run(lambda connection: reading.ids_of_project(connection, project)))
        for _ in range(MOST_AT_ONCE // BATCH):
            batch = await self.index.wanted(project, name, known, most=BATCH)
            texts = await file.run(lambda connection, batch=batch: reading.texts(connection, batch))
            if texts:
                vectors = await self._vectors(list(texts.values()))
                await self.index.put(name, {note_id: v.tolist() for note_id, v in zip(texts, vectors, strict=True)})
            if len(batch) < BATCH:
                return

    async def nearest(self, file: MemoryFile, project: str, asked: str, most: int) -> list[tuple[int, float]]:
        """Return the keys of the notes nearest to what is asked, with their cosine distances, the nearest first.

        Raises:
            ModelUnavailable: The embedder does not answer.
            EnvironmentBroken: As `MemoryFile.run`, or as the index.
        """
        [vector] = await self._vectors([asked], as_query=True)
        if not vector.any():
            return []
        keys = await file.run(lambda connection: reading.ids_of_project(connection, project))
        found = await self.index.nearest(project, self.embedder.name, vector.tolist(), among=list(keys), most=most)
        return [(keys[note_id], distance) for note_id, distance in found]

    async def _vectors(self, texts: Sequence[str], *, as_query: bool = False) -> list[np.ndarray]:
        vectors = [np.asarray(vector, dtype="<f4") for vector in await self.embedder.embed(texts, as_query=as_query)]
        if len(vectors) != len(texts) or not all(map(_is_vector, vectors)):
            raise ModelUnavailable(f"{self.embedder.name} answered with something that is no vector of each text")
        lengths = [float(np.linalg.norm(vector)) for vector in vectors]
        return [vector / np.float32(length) if length else vector for vector, length in zip(vectors, lengths, strict=True)]


def _is_vector(vector: np.ndarray) -> bool:
    return 0 < len(vector) <= MOST_NUMBERS and bool(np.isfinite(vector).all())
