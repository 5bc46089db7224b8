"""Which texts hold which terms, for many texts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecompanion.workspace.retrieval.analysis import Bag

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_SIEVE = 1 << 16


@dataclass(frozen=True, slots=True)
class Hits:
    """Where the terms of a query stand: for each hit the text, the block in it, the number of the query's term, the count."""

    texts: Ints
    blocks: Ints
    numbers: Ints
    counts: Floats

    def where(self, mask: Mask) -> "Hits":
        """Return the hits that a mask over hits keeps."""
        return Hits(self.texts[mask], self.blocks[mask], self.numbers[mask], self.counts[mask])


def summed(places: NDArray[np.integer[Any]], worth: NDArray[Any], size: int) -> Floats:
    """Return for each place below `size` the sum of what stands there."""
    return np.bincount(places, weights=worth, minlength=size).astype(np.float64, copy=False)


class Postings:
    """The terms of a sequence of texts, numbered from 0; bags list their blocks in order.

    Takes 12 bytes per different term of each block.
    """

    def __init__(self, bags: Sequence[Bag]) -> None:
        sizes = [len(bag.terms) for bag in bags]
        blocks = [int(bag.blocks[-1]) + 1 if len(bag.blocks) else 0 for bag in bags]
        self.size = len(bags)
        self.first_blocks: Ints = np.cumsum([0, *blocks], dtype=np.int64)
        """The place of each text's first block among all blocks, and behind the last text's the number of all."""
        self._texts = np.repeat(np.arange(len(bags), dtype=np.uint32), sizes)
        self._terms = np.concatenate([np.zeros(0, np.uint32), *(bag.terms for bag in bags)])
        self._counts = np.concatenate([np.zeros(0, np.uint8), *(bag.counts for bag in bags)])
        self._blocks = np.concatenate([np.zeros(0, np.uint8), *(bag.blocks for bag in bags)])

    @cached_property
    def lengths(self) -> Floats:
        """How many terms each text has, repeated ones included."""
        texts = np.repeat(np.arange(self.size), np.diff(self.first_blocks))
        return summed(texts, self.block_lengths, self.size)

    @cached_property
    def block_lengths(self) -> Floats:
        """As `lengths`, for each block; the blocks of all texts follow each other, see `first_blocks`."""
        lengths = np.zeros(int(self.first_blocks[-1]))
        if len(self._terms):
            # The entries of a block stand together, so no array as long as the entries is needed but two of flags.
            new = (self._texts[1:] != self._texts[:-1]) | (self._blocks[1:] != self._blocks[:-1])
            starts = np.flatnonzero(np.concatenate([np.ones(1, np.bool_), new]))
            places = self.first_blocks[self._texts[starts]] + self._blocks[starts]
            lengths[places] = np.add.reduceat(self._counts, starts, dtype=np.int64)
        return lengths

    @property
    def entries(self) -> tuple[Ints, Ints]:
        """The texts in their order, and beside each the id of a term that stands there; once for each block."""
        return self._texts.astype(np.int64), self._terms.astype(np.int64)

    @cached_property
    def _low_bits(self) -> NDArray[np.uint16]:
        return self._terms.astype(np.uint16)

    def hits(self, terms: Sequence[int]) -> Hits:
        """Return where terms (ids, no duplicates) stand; a hit's number counts in the order given."""
        wanted = np.array(terms, dtype=np.uint32)
        order = np.argsort(wanted)
        likely = self._sieved(wanted)
        if not len(wanted):
            return Hits(likely, likely, likely, likely.astype(np.float64))
        places = np.searchsorted(wanted[order], self._terms[likely]).clip(max=len(wanted) - 1)
        exact = wanted[order][places] == self._terms[likely]
        found = likely[exact]
        return Hits(
            texts=self._texts[found].astype(np.int64),
            blocks=self._blocks[found].astype(np.int64),
            numbers=order[places[exact]],
            counts=self._counts[found].astype(np.float64),
        )

    def _sieved(self, wanted: NDArray[np.uint32]) -> Ints:
        # By their low bits alone nearly all entries are told apart from the wanted ones, in one pass over memory.
        sieve = np.zeros(_SIEVE, dtype=np.bool_)
        sieve[wanted % _SIEVE] = True
        return np.flatnonzero(sieve[self._low_bits])
