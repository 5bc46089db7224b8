"""Copy a project so that its own commands can run on it without touching the user's files."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import anyio.to_thread

from codecompanion.workspace.git import Git
from codecompanion.workspace.os_errors import os_errors_explained

LARGEST_BYTES = 50 * 1024**2
"""A larger file is left out: data of any size would fill the disk."""
_LEFT_OUT = frozenset((".git", ".hg", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache"))


@os_errors_explained
async def copy_project(root: Path, git: Git | None, target: Path) -> tuple[Path, list[str]]:
    """Copy the files that git would take, or all but environments and caches where there is no git.

    Links stay links, but for those that lead to a folder that holds them. Returns the copy's folder and sentences about what
    was left out.

    Raises:
        EnvironmentBroken: The disk refuses it.
    """
    listed = await listed_paths(root, git)
    return target, await anyio.to_thread.run_sync(_copy, root, listed, target)


async def listed_paths(root: Path, git: Git | None) -> list[str]:
    """Return the project's paths, relative to its folder, without what was installed there."""
    if git is None:
        return without_environments(_walk(root))
    return without_environments(await git.paths("ls-files", "-z", "--cached", "--others", "--exclude-standard"))


def without_environments(paths: Iterable[str]) -> list[str]:
    """Return paths, each once, without those in virtual environments and in the packages of Node."""
    known = list(dict.fromkeys(paths))
    environments = tuple(path.removesuffix("pyvenv.cfg") for path in known if path.endswith("/pyvenv.cfg"))
    return [path for path in known if not path.startswith(environments) and "node_modules/" not in path]


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not Path(folder, name, "pyvenv.cfg").is_file()]
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*linked, *names):
            yield Path(folder, name).relative_to(root).as_posix()


def _leads_up(link: Path) -> bool:
    """Whether a link leads to a folder that holds it, or round in circles: who follows it finds no end."""
    try:
        return link.resolve() in link.parents
    except (OSError, RuntimeError):
        return True


def _copy(root: Path, paths: Iterable[str], target: Path) -> list[str]:
    target.mkdir(parents=True)
    left_out: list[str] = []
    for path in paths:
        try:
            status = (root / path).lstat()
        except OSError:
            continue  # deleted since git knew it
        is_file = stat.S_ISREG(status.st_mode)
        if not (is_file or stat.S_ISLNK(status.st_mode)) or (not is_file and _leads_up(root / path)):
            continue
        if is_file and status.st_size > LARGEST_BYTES:
            left_out.append(f"{path} is larger than {LARGEST_BYTES // 1024**2} MiB: the copy is without it")
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(root / path, target / path, follow_symlinks=False)
        except PermissionError:
            left_out.append(f"{path} cannot be read: the copy is without it")
    return left_out
