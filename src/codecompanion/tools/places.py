"""Which file of the worktree a path of a model means, and why some paths mean none."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from codecompanion.domain.permission import Action, PermissionMode, Verdict, decide_permission

_MOST_SUGGESTIONS = 3


class NoSuchPlace(Exception):
    """A path cannot be used; the text says why and what to do, for the model."""


def place(root: Path, path: str) -> str:
    """Return a path relative to the worktree, POSIX, "." for the worktree itself; it need not exist.

    Raises:
        NoSuchPlace: It leads out of the worktree, by its text or through a symlink, or into git's own files.
    """
    written = path.strip().replace("\\", "/").removeprefix(f"{root}/")
    parts = [part for part in written.split("/") if part not in ("", ".")]
    relative = "/".join(parts)
    if written.startswith("/") or "\0" in written:
        raise NoSuchPlace(f"{path!r} is outside the worktree: write it relative to the root, such as 'src/a.py'.")
    verdict, reason = decide_permission(PermissionMode.PLAN, Action(kind="read", subject=relative or "."))
    if verdict is not Verdict.ALLOW:
        raise NoSuchPlace(f"{reason}: only files of the worktree can be used.")
    try:
        real = (root / relative).resolve()
    except (OSError, RuntimeError) as error:
        raise NoSuchPlace(f"{path!r} cannot be followed: {error}.") from error
    if not real.is_relative_to(root.resolve()):
        raise NoSuchPlace(f"{path!r} is a symlink that leads out of the worktree: it is not followed.")
    return relative or "."


def near(path: str, paths: Iterable[str]) -> str:
    """Return a sentence that names the files most like a path, "" when none is."""
    known = list(paths)
    name = PurePosixPath(path).name
    same_name = [other for other in known if PurePosixPath(other).name == name]
    alike = get_close_matches(path, known, n=_MOST_SUGGESTIONS, cutoff=0.6)
    found = list(dict.fromkeys([*same_name, *alike]))[:_MOST_SUGGESTIONS]
    return f" Did you mean {' or '.join(map(repr, found))}?" if found else ""
