"""What is kept of one file's content: its terms by block and side by side, the terms of the names it defines, what it imports.

An analysis depends on the content and the language alone, so it is cached under the content's id for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from codecompanion.domain.terms import WORD, runs_in
from codecompanion.workspace.retrieval.languages import script_language_of
from codecompanion.workspace.retrieval.neighbours import marked_ids_of, neighbour_ids, unmarked
from codecompanion.workspace.retrieval.outline import defined_names, imported_names
from codecompanion.workspace.retrieval.tokens import ids_of, term_id

BLOCK_LINES = 30
MOST_BLOCKS = 255
"""The last block takes the rest of a longer file."""
_MOST_COUNTED = 255


@dataclass(frozen=True, slots=True)
class Bag:
    """Terms (their ids), how often each stands in its block (255 stands for more), and the number of that block."""

    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    blocks: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Analysis:
    """One file's content.

    Attributes:
        words: The terms of its blocks of `BLOCK_LINES` lines.
        neighbours: The pairs of terms that stand beside each other; all in one block.
        names: The terms of its definitions.
        imports: As written.
    """

    words: Bag
    neighbours: Bag
    names: Bag
    imports: tuple[str, ...]


def analyse(path: str, text: str) -> Analysis:
    """Return the analysis of a file; the path tells only the language."""
    language = script_language_of(path)
    marked, sizes = _marked(_blocks(text))
    return Analysis(
        words=_bag(marked, sizes),
        neighbours=_bag_of_pairs(neighbour_ids(marked)),
        names=bag_of([" ".join(defined_names(text, language))]),
        imports=tuple(dict.fromkeys(imported_names(text, language))),
    )


def short_bag(blocks: list[str], more: Sequence[str] = ()) -> Bag:
    """Return the terms of short texts as `bag_of` does, but each as often as it stands there, counted once each time.

    `more` are terms that the last text has besides its words.
    """
    found = [[term for word in WORD.findall(block) for term in ids_of(word)] for block in blocks]
    if more:
        found[-1] += map(term_id, more)
    terms = np.fromiter(chain.from_iterable(found), dtype=np.uint32)
    places = np.repeat(np.arange(len(blocks), dtype=np.uint8), [len(block) for block in found])
    return Bag(terms, np.ones(len(terms), dtype=np.uint8), places)


def bag_of(blocks: list[str]) -> Bag:
    """Return the terms of texts, each text a block."""
    return _bag(*_marked(blocks))


def _marked(blocks: list[str]) -> tuple[NDArray[np.uint64], list[int]]:
    """Return the marked ids of the terms of all texts, and how many each text has."""
    found = [[term for run in runs_in(block) for term in marked_ids_of(run)] for block in blocks]
    sizes = [len(terms) for terms in found]
    return np.fromiter(chain.from_iterable(found), dtype=np.uint64, count=sum(sizes)), sizes


def _bag(marked: NDArray[np.uint64], sizes: list[int]) -> Bag:
    keys = np.repeat(np.arange(len(sizes), dtype=np.uint64) << np.uint64(32), sizes) | unmarked(marked)
    unique, counts = np.unique(keys, return_counts=True)
    return Bag(
        terms=unique.astype(np.uint32),
        counts=np.minimum(counts, _MOST_COUNTED).astype(np.uint8),
        blocks=(unique >> np.uint64(32)).astype(np.uint8),
    )


def _bag_of_pairs(ids: NDArray[np.uint32]) -> Bag:
    unique, counts = np.unique(ids, return_counts=True)
    return Bag(unique, np.minimum(counts, _MOST_COUNTED).astype(np.uint8), np.zeros(len(unique), dtype=np.uint8))


def _blocks(text: str) -> list[str]:
    lines = text.split("\n")
    starts = range(0, len(lines), BLOCK_LINES)[:MOST_BLOCKS]
    ends = [*starts[1:], len(lines)]
    return ["\n".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
