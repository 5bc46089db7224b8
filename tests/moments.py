"""Repositories at one moment, as `Retriever.index` takes them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A repository at one moment: the texts of its files, their content ids, and its earlier commits, newest first."""

    files: Mapping[str, str | None]
    log: Sequence[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    @property
    def ids(self) -> dict[str, str]:
        return {path: hashlib.sha256((text or "").encode()).hexdigest() for path, text in self.files.items()}


def commit(subject: str, *paths: str, day: str = "2026-01-01") -> dict[str, Any]:
    return {"c": subject, "d": day, "s": subject, "f": list(paths)}
