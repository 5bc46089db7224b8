"""What is kept of one file's content: its terms by block, the terms of the names it defines, what it imports.

An analysis depends on the content and the language alone, so it is cached under the content's id for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from codecompanion.domain.terms import WORD
from codecompanion.workspace.retrieval.languages import script_language_of
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
    """One file's content: the words of its blocks of `BLOCK_LINES` lines, of its definitions, and its imports as written."""

    words: Bag
    names: Bag
    imports: tuple[str, ...]


def analyse(path: str, text: str) -> Analysis:
    """Return the analysis of a file; the path tells only the language."""
    language = script_language_of(path)
    names = " ".join(defined_names(text, language))
    return Analysis(
        words=bag_of(_blocks(text)), names=bag_of([names]), imports=tuple(dict.fromkeys(imported_names(text, language)))
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
    found = [[term for word in WORD.findall(block) for term in ids_of(word)] for block in blocks]
    sizes = [len(terms) for terms in found]
    terms = np.fromiter(chain.from_iterable(found), dtype=np.uint64, count=sum(sizes))
    keys = np.repeat(np.arange(len(blocks), dtype=np.uint64) << np.uint64(32), sizes) | terms
    unique, counts = np.unique(keys, return_counts=True)
    return Bag(
        terms=unique.astype(np.uint32),
        counts=np.minimum(counts, _MOST_COUNTED).astype(np.uint8),
        blocks=(unique >> np.uint64(32)).astype(np.uint8),
    )


def _blocks(text: str) -> list[str]:
    lines = text.split("\n")
    starts = range(0, len(lines), BLOCK_LINES)[:MOST_BLOCKS]
    ends = [*starts[1:], len(lines)]
    return ["\n".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
