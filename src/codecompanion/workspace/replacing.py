"""Put a newly written folder in the place of an old one."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from codecompanion.workspace.folder_trees import remove_tree
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.run_lock import run_lock


@os_errors_explained
async def replace_folder(folder: Path, write: Callable[[Path], Awaitable[object]]) -> None:
    """Let `write` make a folder beside this one, then put it in this one's place, whatever is there.

    A write that fails or is killed leaves the old folder as it was. Two at once wait for each other.

    Raises:
        EnvironmentBroken: The disk refuses it.
    """
    async with run_lock(folder.with_name(f".{folder.name}.lock")):
        partial = folder.with_name(f".{folder.name}.partial")
        await anyio.to_thread.run_sync(remove_tree, partial)
        await write(partial)
        await anyio.to_thread.run_sync(remove_tree, folder)
        partial.rename(folder)
