"""Archive all runs of a log in a process that is killed on the way.

    archiving_process.py STATE DATABASE_URL FOLDER blob|remove|removed

It kills itself with SIGKILL when the second blob is read to be exported, when the run is to be taken out of the log, or has
just been taken out.
"""

import os
import signal
import sys
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import anyio

from codecompanion.runs.archiving import archive_runs, old_runs
from codecompanion.settings import Settings
from codecompanion.wiring import open_app

if TYPE_CHECKING:
    from codecompanion.ports import Archive, BlobStore


class Deadly:
    """Kills its process the n-th time that it is asked for anything."""

    def __init__(self, behind: object, left: int) -> None:
        self._behind = behind
        self._left = left

    def __getattr__(self, name: str) -> object:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._behind, name)


class DeadlyAfterwards:
    """Kills its process when it has taken a run out of the log."""

    def __init__(self, behind: "Archive") -> None:
        self._behind = behind

    async def remove(self, stream_id: str, *, version: int, blobs: AbstractSet[str], seen: int) -> int:
        removed = await self._behind.remove(stream_id, version=version, blobs=blobs, seen=seen)
        os.kill(os.getpid(), signal.SIGKILL)
        return removed


async def main(state: str, database_url: str, folder: str, at: str) -> None:
    async with open_app(Settings(state_dir=Path(state), database_url=database_url), {}) as opened:
        if at == "blob":
            app = replace(opened, blobs=cast("BlobStore", Deadly(opened.blobs, 2)))
        elif at == "removed":
            app = replace(opened, archive=DeadlyAfterwards(opened.archive))
        else:
            app = replace(opened, archive=cast("Archive", Deadly(opened.archive, 1)))
        async for _ in archive_runs(app, await old_runs(app, timedelta()), Path(folder)):
            pass


if __name__ == "__main__":
    state, database_url, folder, at = sys.argv[1:]
    anyio.run(main, state, database_url, folder, at)
