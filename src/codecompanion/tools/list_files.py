"""Let a model see which files there are."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
from pydantic_ai import ModelRetry, RunContext

from codecompanion.domain.counting import counted
from codecompanion.tools.desk import Desk
from codecompanion.tools.places import NoSuchPlace, near, place
from codecompanion.tools.showing import readable, size_of

MOST_ENTRIES = 200


async def list_files(ctx: RunContext[Desk], folder: str = ".", depth: int = 2) -> str:
    """List the files of a folder with their sizes. Ignored files are left out and counted.

    Args:
        folder: Relative to the root of the worktree, "." for all of it.
        depth: How many levels to show; of a deeper folder only the number of its files is shown.
    """
    if depth < 1:
        raise ModelRetry("depth is counted from 1")
    desk = ctx.deps
    try:
        relative = place(desk.root, folder)
    except NoSuchPlace as why:
        return str(why)
    paths = await desk.list_paths()
    prefix = "" if relative == "." else f"{relative}/"
    within = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    if not within:
        return await anyio.to_thread.run_sync(_nothing, desk.root, relative, paths)
    return await anyio.to_thread.run_sync(_listing, desk.root / relative, relative, within, depth)


def _nothing(root: Path, relative: str, paths: tuple[str, ...]) -> str:
    if relative in paths:
        return f"{relative!r} is a file: read it with read_file."
    if (root / relative).is_dir():
        return f"{relative!r} has no file that is not ignored."
    folders = {"/".join(path.split("/")[:n]) for path in paths for n in range(1, path.count("/") + 1)}
    return f"There is no folder {relative!r}.{near(relative, sorted(folders))}"


def _listing(base: Path, relative: str, within: list[str], depth: int) -> str:
    rows = list(_rows(base, within, depth))
    shown = rows[:MOST_ENTRIES]
    rest = f"[{len(rows) - MOST_ENTRIES} more entries: list a folder by itself, or less deep]" if rows[MOST_ENTRIES:] else ""
    hidden = _hidden(base, within)
    ignored = f"[{hidden} more in {relative!r} itself, hidden by .gitignore or .agentsignore]" if hidden else ""
    head = f"{relative}: {counted(len(within), 'file')}"
    return "\n".join(part for part in (head, *shown, rest, ignored) if part)


def _rows(base: Path, within: list[str], depth: int) -> Iterator[str]:
    deep = Counter("/".join(path.split("/")[:depth]) for path in within if path.count("/") >= depth)
    told: set[str] = set()
    for path in within:
        folder = "/".join(path.split("/")[:depth])
        if folder not in deep:
            yield f"{readable(path)}  {_size(base / path)}"
        elif folder not in told:
            told.add(folder)
            yield f"{readable(folder)}/  ({counted(deep[folder], 'file')})"


def _size(file: Path) -> str:
    try:
        return size_of(file.lstat().st_size)
    except OSError:
        return "gone"


def _hidden(base: Path, within: list[str]) -> int:
    known = {path.partition("/")[0] for path in within}
    try:
        return sum(1 for name in os.listdir(base) if name not in known and name != ".git")  # noqa: PTH208 - names are enough
    except OSError:
        return 0
