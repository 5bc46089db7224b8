"""Whether an argument of a command names something outside the worktree, or git's own files."""

import re
from collections.abc import Sequence
from posixpath import normpath

_BETWEEN = re.compile(r"[=:,;|@\s'\"()<>&]+")
_ATTACHED = re.compile(r"-{1,2}[A-Za-z]+(?=[/~.])")
_CAN_BE_ABOVE = re.compile(r"\.+[*?\[]")
_OWN = re.compile(r"\.git|git~\d+", re.IGNORECASE)
_DEVICES = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/zero", "/dev/urandom"})


def outside(argument: str, root: str = "", allowed: Sequence[str] = ()) -> str | None:
    """Return the first path in an argument that leads out of the worktree, None when none does.

    Args:
        argument: A path, or text that holds one (`--root=/etc`, `PYTHONPATH=src:/opt`).
        root: The absolute path of the worktree, "" when it is not known.
        allowed: Absolute paths outside that may be named, such as the project's interpreter.
    """
    for piece in _pieces(argument):
        if piece in _DEVICES or piece in allowed:
            continue
        parts = piece.split("/")
        if piece.startswith("~") or ".." in parts or any(map(_CAN_BE_ABOVE.match, parts)):
            return piece
        if piece.startswith("/") and not (root and _within(piece, root)):
            return piece
    return None


def gits_own(argument: str) -> bool:
    """Whether an argument names the file or folder `.git` or something in it."""
    return any(_OWN.fullmatch(part) for piece in _pieces(argument) for part in piece.split("/"))


def _pieces(argument: str) -> list[str]:
    return [_ATTACHED.sub("", piece, count=1) for piece in _BETWEEN.split(argument) if piece]


def _within(path: str, root: str) -> bool:
    normal = normpath(path)
    return normal == root or normal.startswith(f"{root.rstrip('/')}/")
