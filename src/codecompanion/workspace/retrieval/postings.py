"""Which texts hold which terms, for many texts at once, and what becomes of that when some of them change.

What is known of the texts of one moment stays where it is; the texts that have changed since are kept apart, and join the
others when they are many: the segments of the log-structured merge tree (O'Neil et al., 1996), in memory and with two levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecompanion.workspace.retrieval.analysis import Bag
from codecompanion.workspace.retrieval.columns import Floats, Ints, Mask
from codecompanion.workspace.retrieval.segment import Segment

MOST_APART = 0.125
"""The share of the entries that may lie apart, or belong to nobody any more, before all are put together."""


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

    def once(self, terms: int) -> tuple[Ints, Ints]:
        """Return each text and number of a query of so many terms once, ascending."""
        texts, numbers = np.divmod(np.unique(self.texts * max(terms, 1) + self.numbers), max(terms, 1))
        return texts, numbers


def summed(places: NDArray[np.integer[Any]], worth: NDArray[Any], size: int) -> Floats:
    """Return for each place below `size` the sum of what stands there."""
    return np.bincount(places, weights=worth, minlength=size).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment, and which text each of its places is now; -1 for none any more."""

    segment: Segment
    numbers: Ints

    def bags(self) -> dict[int, Bag]:
        """Return the bag of each text that is still there."""
        return {number: self.segment.bag(place) for place, number in enumerate(self.numbers.tolist()) if number >= 0}

    def entries(self) -> int:
        """Return how many entries still belong to a text."""
        return int(np.diff(self.segment.starts)[self.numbers >= 0].sum())

    def moved(self, numbers: Ints) -> "_Part":
        return _Part(self.segment, np.append(numbers, -1)[self.numbers])


class Postings:
    """The terms of a sequence of texts, numbered from 0."""

    def __init__(self, parts: Sequence[_Part], size: int) -> None:
        self._parts = parts
        self.size = size
        blocks = np.zeros(size, dtype=np.int64)
        for part in parts:
            there = part.numbers >= 0
            blocks[part.numbers[there]] = np.diff(part.segment.first_blocks)[there]
        self.first_blocks: Ints = np.concatenate([np.zeros(1, np.int64), np.cumsum(blocks)])
        """The place of each text's first block among all blocks, and behind the last text's the number of all."""

    @classmethod
    def of(cls, bags: Sequence[Bag]) -> "Postings":
        """Return the postings of some texts; their bags list their blocks in order."""
        return cls([_together(dict(enumerate(bags)))], len(bags))

    def later(self, numbers: Ints, size: int, fresh: Mapping[int, Bag], *, most_apart: float = MOST_APART) -> "Postings":
        """Return the postings of a later moment; the time this takes is that of what has changed.

        Args:
            numbers: Which text each text is then; -1 for one that is gone, or has changed.
            size: How many texts there are then.
            fresh: The texts that are new or have changed.
            most_apart: The share of the entries from which on all are put together.
        """
        base, *apart = [part.moved(numbers) for part in self._parts]
        changed = {**fresh, **{number: bag for part in apart for number, bag in part.bags().items()}}
        lying = sum(len(bag.terms) for bag in changed.values()) + len(base.segment.terms) - base.entries()
        if lying > most_apart * len(base.segment.terms):
            return Postings([_together({**base.bags(), **changed})], size)
        return Postings([base, _together(changed)], size)

    @cached_property
    def lengths(self) -> Floats:
        """How many terms each text has, repeated ones included."""
        texts = np.repeat(np.arange(self.size), np.diff(self.first_blocks))
        return summed(texts, self.block_lengths, self.size)

    @cached_property
    def block_lengths(self) -> Floats:
        """As `lengths`, for each block; the blocks of all texts follow each other, see `first_blocks`."""
        lengths = np.zeros(int(self.first_blocks[-1]))
        for part in self._parts:
            sizes, there = np.diff(part.segment.first_blocks), part.numbers >= 0
            shifts = np.repeat(self.first_blocks[part.numbers] - part.segment.first_blocks[:-1], sizes)
            kept = np.repeat(there, sizes)
            lengths[(shifts + np.arange(len(kept)))[kept]] = part.segment.block_lengths[kept]
        return lengths

    @property
    def entries(self) -> tuple[Ints, Ints]:
        """The texts in their order, and beside each the id of a term that stands there; once for each block."""
        texts = np.concatenate([part.numbers[part.segment.texts] for part in self._parts])
        terms = np.concatenate([part.segment.terms.astype(np.int64) for part in self._parts])
        there = np.flatnonzero(texts >= 0)
        order = there[np.argsort(texts[there], kind="stable")]
        return texts[order], terms[order]

    def hits(self, terms: Sequence[int]) -> Hits:
        """Return where terms (ids, no duplicates) stand, in no order; a hit's number counts in the order given."""
        wanted = np.array(terms, dtype=np.uint32)
        if not len(wanted):
            none = np.zeros(0, np.int64)
            return Hits(none, none, none, np.zeros(0))
        order = np.argsort(wanted)
        found = [_hits(part, wanted[order], order) for part in self._parts]
        return Hits(
            texts=np.concatenate([hits.texts for hits in found]),
            blocks=np.concatenate([hits.blocks for hits in found]),
            numbers=np.concatenate([hits.numbers for hits in found]),
            counts=np.concatenate([hits.counts for hits in found]),
        )


def _together(bags: Mapping[int, Bag]) -> _Part:
    numbers = sorted(bags)
    return _Part(Segment([bags[number] for number in numbers]), np.array(numbers, dtype=np.int64))


def _hits(part: _Part, wanted: NDArray[np.uint32], order: Ints) -> Hits:
    entries, places = part.segment.where(wanted)
    texts = part.numbers[part.segment.texts[entries]]
    hits = Hits(
        texts=texts,
        blocks=part.segment.blocks[entries].astype(np.int64),
        numbers=order[places],
        counts=part.segment.counts[entries].astype(np.float64),
    )
    there = texts >= 0
    return hits if there.all() else hits.where(there)
