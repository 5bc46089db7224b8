"""Terms as the index keeps them: 32 bits each."""

import zlib
from functools import lru_cache

from codecompanion.domain.terms import terms_of

_CACHED_WORDS = 1 << 18


def term_id(term: str) -> int:
    """Return 32 bits that stand for a term, the same in every process. Two terms of a query hardly ever share them."""
    return zlib.crc32(term.encode())


@lru_cache(maxsize=_CACHED_WORDS)
def ids_of(word: str) -> tuple[int, ...]:
    """Return the ids of a word's terms."""
    return tuple(map(term_id, terms_of(word)))
