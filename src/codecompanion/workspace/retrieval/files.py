"""Which files of a folder are looked at: those git would take, less what `.agentsignore` says."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from codecompanion.domain.errors import BadInput
from codecompanion.safe_open import read_file
from codecompanion.workspace.git import Git

IGNORE_FILE = ".agentsignore"
"""Patterns in the syntax of `.gitignore`, in the root: what agents shall not read."""
MOST_BYTES = 512 * 1024
"""Of a larger file only the path is known."""
_LOOKED_AT_BYTES = 8192
"""A NUL among the first bytes makes a file binary, as git sees it."""


async def find_files(root: Path, git: Git | None) -> dict[str, str]:
    """Return the files of a folder, in the order of their paths; symlinks and what is no plain file are left out.

    Beside each path (relative, POSIX) stands its stamp, which changes when the content does: `size_of` reads the size in it.
    Both are strings, as this is asked again and again for many thousand files: an object for each would bring the garbage
    collection, which then goes through all that a process holds.

    Args:
        root: An absolute path; paths are relative to it.
        git: Runs in `root`; None for a folder without a repository, where the `.gitignore` files are read instead.

    Raises:
        BadInput: An ignore file has a pattern that cannot be read.
    """
    paths = await _git_paths(git) if git else list(_walk(root, "", ()))
    unwanted = _spec(root, IGNORE_FILE)
    wanted = (path for path in paths if _is_text(path) and not (unwanted and unwanted.match_file(path)))
    return {path: stamp for path in sorted(wanted) if (stamp := _stamp(root, path))}


def size_of(stamp: str) -> int:
    """Return how many bytes a file had when it was given a stamp."""
    return int(stamp.partition(":")[0])


def read_text(root: Path, path: str) -> str | None:
    """Return a file's text; None for one that is too large, binary, or cannot be read. Odd bytes are replaced."""
    try:
        content = read_file(root, path, most_bytes=MOST_BYTES)
    except OSError:
        return None
    if b"\0" in content[:_LOOKED_AT_BYTES]:
        return None
    return content.decode(errors="replace")


async def _git_paths(git: Git) -> list[str]:
    return list(dict.fromkeys(await git.paths("ls-files", "-z", "--cached", "--others", "--exclude-standard")))


def _walk(root: Path, prefix: str, above: tuple[tuple[str, GitIgnoreSpec], ...]) -> Iterator[str]:
    try:
        entries = list(os.scandir(f"{root}/{prefix}"))
    except OSError:
        return  # a folder that cannot be read holds nothing for us
    # To look for the file in each of many thousand folders costs more than all else.
    spec = _spec(root, f"{prefix}.gitignore") if any(entry.name == ".gitignore" for entry in entries) else None
    specs = (*above, (prefix, spec)) if spec else above
    for entry in entries:
        path = prefix + entry.name
        if entry.name == ".git":
            continue
        if entry.is_dir(follow_symlinks=False):
            if not _ignored(f"{path}/", specs):
                yield from _walk(root, f"{path}/", specs)
        elif not _ignored(path, specs):
            yield path


def _ignored(path: str, specs: tuple[tuple[str, GitIgnoreSpec], ...]) -> bool:
    # The innermost file that has an opinion decides, as in git.
    for prefix, spec in reversed(specs):
        opinion = spec.check_file(path.removeprefix(prefix)).include
        if opinion is not None:
            return opinion
    return False


def _spec(root: Path, path: str) -> GitIgnoreSpec | None:
    try:
        lines = read_file(root, path, most_bytes=MOST_BYTES, links=True).decode(errors="replace").splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if path != IGNORE_FILE:
            return None
        # Without it agents would read what they shall not.
        raise BadInput(f"{path} cannot be read", cause=str(error), fix="make it a plain file in the root") from error
    except ValueError as error:
        fix = f"correct the pattern in {str(root / path)!r}"
        raise BadInput(f"{Path(path).name} cannot be read", cause=str(error), fix=fix) from error


def _stamp(root: Path, path: str) -> str:
    """Return a file's stamp; "" for what is no plain file, or has been deleted since git knew it."""
    try:
        status = os.lstat(f"{root}/{path}")  # a Path for each of many thousand files costs more than the question
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def _is_text(path: str) -> bool:
    # A name that is no UTF-8 could be neither stored nor shown.
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
