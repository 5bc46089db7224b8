"""A state folder with a real log and the memory beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from codecompanion.memory.file import MemoryFile
from codecompanion.memory.forgotten import Forgotten
from codecompanion.memory.learning import Learner
from codecompanion.memory.memory import ProjectMemory
from codecompanion.ports import EventStore

ROOT = "f" * 40
PROJECT = f"{ROOT}:shop"
GONE = "/home/user/gone"
"""A repository that has gone; any other path belongs to the project that is called like its folder."""


@dataclass(frozen=True)
class Place:
    """The folder, the log in it and the memory of one project."""

    folder: Path
    store: EventStore
    memory: ProjectMemory

    def bytes_on_disk(self) -> bytes:
        """All that the memory has written, whatever its files are called."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("memory*")))

    def of(self, project: str) -> ProjectMemory:
        return replace(self.memory, project=project)


async def project_of(repo: str, _commit: str) -> str | None:
    return None if repo == GONE else f"{ROOT}:{Path(repo).name}"


def memory_in(folder: Path, store: EventStore, redact: Callable[[str], str] = str) -> ProjectMemory:
    file, forgotten = MemoryFile(folder / "memory.sqlite3"), Forgotten(folder / "memory.forgotten")
    return ProjectMemory(PROJECT, Learner(store, file, forgotten, project_of, redact))
