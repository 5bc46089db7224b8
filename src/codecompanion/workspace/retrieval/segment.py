"""The terms of a number of texts in a few long columns, once and for all; `Postings` puts segments together."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from codecompanion.workspace.retrieval.analysis import Bag
from codecompanion.workspace.retrieval.columns import Floats, Ints

_SIEVE = 1 << 16


class Segment:
    """Texts by their places, from 0. Takes 12 bytes per different term of each block.

    Attributes:
        texts: Of each entry the text, ascending.
        terms: Of each entry the term (its id).
        counts: How often that term stands in the entry's block; 255 stands for more.
        blocks: The number of that block in its text, ascending within it.
        starts: Where the entries of each text begin; behind the last text, the number of entries.
        first_blocks: The place of each text's first block among all blocks; behind the last text, the number of all.
    """

    def __init__(self, bags: Sequence[Bag]) -> None:
        sizes = [len(bag.terms) for bag in bags]
        blocks = [int(bag.blocks[-1]) + 1 if len(bag.blocks) else 0 for bag in bags]
        self.starts: Ints = np.cumsum([0, *sizes], dtype=np.int64)
        self.first_blocks: Ints = np.cumsum([0, *blocks], dtype=np.int64)
        self.texts = np.repeat(np.arange(len(bags), dtype=np.uint32), sizes)
        self.terms = np.concatenate([np.zeros(0, np.uint32), *(bag.terms for bag in bags)])
        self.counts = np.concatenate([np.zeros(0, np.uint8), *(bag.counts for bag in bags)])
        self.blocks = np.concatenate([np.zeros(0, np.uint8), *(bag.blocks for bag in bags)])

    def bag(self, text: int) -> Bag:
        """Return the terms of a text as they were put in."""
        entries = slice(int(self.starts[text]), int(self.starts[text + 1]))
        return Bag(self.terms[entries], self.counts[entries], self.blocks[entries])

    @cached_property
    def block_lengths(self) -> Floats:
        """How many terms each block has, repeated ones included; the blocks of all texts follow each other."""
        lengths = np.zeros(int(self.first_blocks[-1]))
        if len(self.terms):
            # The entries of a block stand together, so no array as long as the entries is needed but two of flags.
            new = (self.texts[1:] != self.texts[:-1]) | (self.blocks[1:] != self.blocks[:-1])
            starts = np.flatnonzero(np.concatenate([np.ones(1, np.bool_), new]))
            places = self.first_blocks[self.texts[starts]] + self.blocks[starts]
            lengths[places] = np.add.reduceat(self.counts, starts, dtype=np.int64)
        return lengths

    @cached_property
    def _low_bits(self) -> NDArray[np.uint16]:
        return self.terms.astype(np.uint16)

    def where(self, ordered: NDArray[np.uint32]) -> tuple[Ints, Ints]:
        """Return the entries that have one of some terms (at least one, ascending), and which of them each has."""
        # By their low bits alone nearly all entries are told apart from the wanted ones, in one pass over memory.
        sieve = np.zeros(_SIEVE, dtype=np.bool_)
        sieve[ordered % _SIEVE] = True
        likely = np.flatnonzero(sieve[self._low_bits])
        places = np.searchsorted(ordered, self.terms[likely]).clip(max=len(ordered) - 1)
        exact = ordered[places] == self.terms[likely]
        return likely[exact], places[exact]
