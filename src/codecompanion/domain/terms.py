"""Words of code and prose become terms: identifiers are split and stemmed, and kept whole as well."""

import re
from functools import lru_cache

WORD = re.compile(r"[^\W\d]\w*|\d{3,}")
"""A word, an identifier, or a number that is long enough to mean something: a status code, a port, a year."""

_APART = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+|[A-Z]")
_LONGEST = 64
"""Longer words are data (encoded bytes, hashes), not language."""

_ENDINGS = ("ing", "ed", "ion", "er", "or")
_VOWELS = frozenset("aeiouy")
_SHORTEST_STEM = 3
_CACHED_WORDS = 1 << 18


def terms_of(word: str) -> tuple[str, ...]:
    """Return the terms of one word: its stemmed parts, then the whole identifier in lower case when it has several.

    "getHTTPResponse2" gives "get", "http", "respons" and "gethttpresponse2"; "get_http_response2" gives the same, so that
    the styles of two languages meet.
    """
    if len(word) > _LONGEST:
        return ()
    if word.isalpha() and word.islower():
        return (stem(word),) if len(word) > 1 else ()
    parts = [part.lower() for part in _PARTS.findall(word)]
    stems = tuple(stem(part) for part in parts if len(part) > 1)
    return (*stems, "".join(parts)) if len(parts) > 1 else stems


def runs_in(text: str) -> list[str]:
    """Return the stretches of a text in which all its words are: each is a word, or digits with words behind them.

    To find these is quicker than to search for `WORD`.
    """
    return text.translate(_APART).split() if text.isascii() else WORD.findall(text)


def parts_of(word: str) -> tuple[str, ...]:
    """Return the terms of one word without the one that stands for the whole of an identifier with several parts."""
    terms = terms_of(word)
    return terms[:-1] if len(terms) > 1 else terms


def terms_in(text: str) -> list[str]:
    """Return the terms of all words of a text, in their order."""
    return [term for word in WORD.findall(text) for term in terms_of(word)]


def whole(word: str) -> str:
    """Return the one term that stands for a word as a whole, "" for what is no word."""
    terms = terms_of(word)
    return terms[-1] if terms else ""


@lru_cache(maxsize=_CACHED_WORDS)
def stem(word: str) -> str:
    """Return a lower-case English word without the endings that code and prose differ in.

    Lighter than Porter's: plural, -ing, -ed, -ion, -er, -or and a final e, as long as something with a vowel is left.
    """
    word = _singular(word)
    for ending in _ENDINGS:
        if word.endswith(ending):
            root = word[: -len(ending)]
            if len(root) >= _SHORTEST_STEM and not _VOWELS.isdisjoint(root):
                return _undoubled(root)
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM else word


def _singular(word: str) -> str:
    if not word.endswith("s") or len(word) <= _SHORTEST_STEM:
        return word
    if word.endswith("ies") and len(word) > _SHORTEST_STEM + 1:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def _undoubled(root: str) -> str:
    # "running" is "run", but "calling" stays "call" and "passing" "pass".
    return root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
