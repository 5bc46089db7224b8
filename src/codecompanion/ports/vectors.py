"""Where the vectors of the memory lie, and how the nearest are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class VectorIndex(Protocol):
    """Vectors of notes: for each note at most one of each embedder. Notes are named by their ids.

    Vectors are of unit length, or zero; a vector that has another length than what is asked is compared with nothing. All
    methods raise EnvironmentBroken when what holds the vectors cannot be used.
    """

    async def wanted(self, project: str, embedder: str, note_ids: Sequence[str], *, most: int) -> list[str]:
        """Return those of some notes that have no vector yet, in their order, at most `most`: the caller is to put them.

        Where several machines share an index, each note is given to one of them, and to another one only when no vector has
        come for a minute.
        """
        ...

    async def put(self, embedder: str, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep the vectors of wanted notes. A note that was forgotten since then gets none."""
        ...

    async def nearest(
        self, project: str, embedder: str, asked: Sequence[float], *, among: Sequence[str], most: int
    ) -> list[tuple[str, float]]:
        """Return the notes nearest to what is asked with their cosine distances, the nearest first, then by id.

        Every vector of the notes in `among` is looked at. Those at a distance of 1 or more have nothing to do with it and are
        left out.
        """
        ...

    async def forget(self, note_ids: Sequence[str]) -> None:
        """Delete the vectors of notes, of all embedders. Unknown ids are none."""
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether something optional can be used. `found` says what there is, or what is missing; `fix` is "" when it is there."""

    ok: bool
    found: str
    fix: str = ""


class SharedVectors(VectorIndex, Protocol):
    """An index that the machines of a team share, if the database of the team can hold one."""

    async def ready(self) -> Readiness:
        """Make what is needed unless it is there, and return whether the index can be used. `forget` needs no ready index.

        Raises:
            EnvironmentBroken: The database cannot be reached.
        """
        ...
