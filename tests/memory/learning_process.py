"""Learn from the log of a folder in a process of its own: learning_process.py FOLDER, begun by a line on stdin."""

import sys
from pathlib import Path

import anyio

from codecompanion.storage.sqlite import open_sqlite
from memory_place import memory_in


async def main(folder: Path) -> None:
    async with open_sqlite(folder / "log.sqlite3") as (store, _):
        memory = memory_in(folder, store)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        await memory.learn()


anyio.run(main, Path(sys.argv[1]))
