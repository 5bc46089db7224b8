"""Where two changes contradict each other although git can merge them: one takes away what the other needs."""

import re
from collections.abc import Mapping

from codecompanion.domain.public_names import removed_public_names

Texts = Mapping[str, str]
"""The texts of changed files, by path."""


def contradictions(first: tuple[Texts, Texts], second: tuple[Texts, Texts]) -> tuple[str, ...]:
    """Return the public names that one change takes away and a file of the other still speaks of; see `removed_public_names`.

    Args:
        first: The texts of its changed files before and after.
        second: The same of the other change, from the same base.
    """
    return (*_needed(first, second[1]), *_needed(second, first[1]))


def taken_back(before: tuple[Texts, Texts], now: tuple[Texts, Texts]) -> tuple[str, ...]:
    """Return the public names that an earlier task of a run made and a later one takes away again.

    Args:
        before: The texts of files that differ between what the earlier task left and now: then, and now.
        now: The texts of files that differ between the run's base and now: in the base, and now.
    """
    gone_since_base = frozenset(removed_public_names(*now))
    return tuple(name for name in removed_public_names(*before) if name not in gone_since_base)


def _needed(taking: tuple[Texts, Texts], other: Texts) -> tuple[str, ...]:
    return tuple(
        name
        for name in removed_public_names(*taking)
        if any(re.search(rf"\b{re.escape(_leaf(name))}\b", text) for text in other.values())
    )


def _leaf(name: str) -> str:
    """Return the last identifier of "path: Class.method(parameter)"."""
    return re.split(r"[^\w]+", name.rstrip(")"))[-1]
