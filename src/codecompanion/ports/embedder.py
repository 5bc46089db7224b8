"""Vectors of texts."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Makes vectors of texts, so that texts which mean about the same lie near each other."""

    @property
    def name(self) -> str:
        """Who makes the vectors: those of two names cannot be compared."""
        ...

    @property
    def dimensions(self) -> int | None:
        """How many numbers a vector has; None before the first answer of a model that is not known."""
        ...

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        """Return a vector for each text, in order. They need not be of unit length: that is the caller's business.

        `as_query` says that the texts are what is searched for, not what is searched: some models tell the two apart.

        Raises:
            ModelUnavailable: There is no answer.
        """
        ...
