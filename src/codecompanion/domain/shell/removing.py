"""Whether a command would remove the whole worktree."""

import re
from collections.abc import Sequence
from itertools import pairwise

from codecompanion.domain.shell.expanding import OPEN

_RECURSIVE = re.compile(r"-[a-zA-Z]*[rR][a-zA-Z]*|--r\w*")
_CLASS = re.compile(r"\[[^\]/]*\]")
_CHOOSING = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex"})


def removes_everything(words: Sequence[str], root: str) -> str | None:
    """Return why the arguments of `rm` must be asked for, None when they name some files only."""
    recursive = any(map(_RECURSIVE.fullmatch, words))
    targets = [word for word in words if not word.startswith("-")]
    if any(OPEN in word for word in words):
        return "it is not known what would be removed"
    for word in targets:
        if (recursive or "*" in word) and (_means_all(word) or (root and word.rstrip("/*.") == root.rstrip("/"))):
            return f"it would remove {word!r}, the whole worktree"
    return None


def _means_all(target: str) -> bool:
    return not _CLASS.sub("?", target).strip("./*?~")


def finds_and_removes_everything(words: Sequence[str]) -> bool:
    """Whether a `find` with `-delete` has nothing before it that chooses what it removes."""
    if "-delete" not in words:
        return False
    chosen = [value for option, value in pairwise(words[: words.index("-delete")]) if option in _CHOOSING]
    return all(map(_means_all, chosen)) or bool({"-o", "-or", "!", "-not", ","} & set(words))
