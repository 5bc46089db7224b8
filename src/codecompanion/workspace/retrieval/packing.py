"""An analysis as bytes and back."""

import struct
from itertools import accumulate

import numpy as np

from codecompanion.workspace.retrieval.analysis import Analysis, Bag

FORMAT = 4
"""Raised with every change of what is analysed or how it is packed: indexes of another format are made anew."""

_HEADER = struct.Struct("<IIII")
_BYTES_PER_ENTRY = 6


def pack(analysis: Analysis) -> bytes:
    """Return an analysis as bytes."""
    imports = "\n".join(analysis.imports).encode(errors="replace")
    bags = (analysis.words, analysis.neighbours, analysis.names)
    header = _HEADER.pack(*(len(bag.terms) for bag in bags), len(imports))
    return b"".join([header, *(column for bag in bags for column in _columns(bag)), imports])


def unpack(packed: bytes) -> Analysis:
    """Return the analysis.

    Raises:
        ValueError: The bytes are none.
    """
    if len(packed) < _HEADER.size:
        raise ValueError("an analysis is cut short")
    words, neighbours, names, imports = _HEADER.unpack_from(packed)
    starts = [_HEADER.size + _BYTES_PER_ENTRY * before for before in accumulate((0, words, neighbours, names))]
    end = starts[-1]
    if len(packed) != end + imports:
        raise ValueError("an analysis has another length than it says")
    return Analysis(
        words=_bag(packed, starts[0], words),
        neighbours=_bag(packed, starts[1], neighbours),
        names=_bag(packed, starts[2], names),
        imports=tuple(packed[end:].decode().split("\n")) if imports else (),
    )


def _columns(bag: Bag) -> tuple[bytes, bytes, bytes]:
    return bag.terms.astype("<u4").tobytes(), bag.counts.tobytes(), bag.blocks.tobytes()


def _bag(packed: bytes, start: int, size: int) -> Bag:
    terms = np.frombuffer(packed, dtype="<u4", count=size, offset=start)
    counts = np.frombuffer(packed, dtype=np.uint8, count=size, offset=start + 4 * size)
    blocks = np.frombuffer(packed, dtype=np.uint8, count=size, offset=start + 5 * size)
    return Bag(terms.astype(np.uint32, copy=False), counts, blocks)
