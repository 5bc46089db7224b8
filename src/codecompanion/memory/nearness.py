"""What the memory asks of a search by meaning: vectors, and what they need, are loaded only where there is an embedder."""

from dataclasses import dataclass
from typing import Protocol

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.memory.file import MemoryFile


class Nearness(Protocol):
    """Finds the notes that mean about the same as what is asked."""

    async def take_in(self, file: MemoryFile, project: str) -> None:
        """Learn the meaning of the notes of a project that are not known yet.

        Raises:
            ModelUnavailable: The embedder does not answer.
        """
        ...

    async def nearest(self, file: MemoryFile, project: str, asked: str, most: int) -> list[tuple[int, float]]:
        """Return the keys of at most `most` notes with their distances, the nearest first.

        Raises:
            ModelUnavailable: The embedder does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoNearness:
    """Stands for an embedder that cannot be opened, so that the words are still searched and the reason is told."""

    why: ModelUnavailable

    async def take_in(self, file: MemoryFile, project: str) -> None:  # noqa: ARG002 - the port's
        """Raise the reason."""
        raise self.why

    async def nearest(self, file: MemoryFile, project: str, asked: str, most: int) -> list[tuple[int, float]]:  # noqa: ARG002 - the port's
        """Raise the reason."""
        raise self.why
