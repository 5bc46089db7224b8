"""Effects happen once: what came of each is in the log, and after a crash it is read there instead of done again."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from codecompanion.domain.commands import Command, Record
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import ToolIntended
from codecompanion.ports import EventStore


class Handle(Protocol):
    """Carries out a command on the run and returns its events; a repeated key returns the first ones."""

    async def __call__(self, command: Command, *, actor: str, key: str | None = None) -> list[Event]:
        """Carry it out."""
        ...


class Journal(Protocol):
    """The log of one run, as the engine writes it. Keys are unique in a run."""

    async def once(self, key: str, effect: Callable[[], Awaitable[Command]], *, actor: str = "engine") -> list[Event]:
        """Do an effect on the world and record the command that tells its result; or return what was recorded before."""
        ...

    async def derive(self, key: str, command: Command, *, actor: str = "orchestrator") -> list[Event]:
        """Record a conclusion that follows from the log alone; or return what was recorded before."""
        ...

    async def recall(self, key: str) -> list[Event]:
        """Return what was recorded under a key.

        Raises:
            KeyError: Nothing was.
        """
        ...


class LiveJournal:
    """Writes the log: the intent before an effect, its result after.

    It is the only one that does effects on a run while it is in use: whoever makes it holds the run, or a claim to it without
    which nothing is recorded. So the log is asked once which effects were done before, not before each of them.

    Args:
        store: Where the run's stream is.
        run_id: The stream.
        handle: Carries out commands on the run.
    """

    def __init__(self, store: EventStore, run_id: str, handle: Handle) -> None:
        self._store = store
        self._run_id = run_id
        self._handle = handle
        self._has_asked = False
        self._perhaps_recorded: set[str] = set()
        """Also those whose recording was begun here, whatever came of it."""

    async def once(self, key: str, effect: Callable[[], Awaitable[Command]], *, actor: str = "engine") -> list[Event]:
        """Do an effect, or return what came of it before."""
        if await self._may_be_recorded(key) and (earlier := await self._store.find(self._run_id, key)):
            return earlier
        self._perhaps_recorded.add(key)
        intent = Record(ToolIntended(key=key, tool=key.partition(":")[0]))
        await self._handle(intent, actor=actor, key=f"intent:{key}")
        return await self._handle(await effect(), actor=actor, key=key)

    async def derive(self, key: str, command: Command, *, actor: str = "orchestrator") -> list[Event]:
        """Record a conclusion, or return the recorded one."""
        return await self._handle(command, actor=actor, key=key)

    async def recall(self, key: str) -> list[Event]:
        """Return what was recorded under a key, or raise KeyError."""
        if events := await self._store.find(self._run_id, key):
            return events
        raise KeyError(key)

    async def _may_be_recorded(self, key: str) -> bool:
        if not self._has_asked:
            self._perhaps_recorded.update(await self._store.keys(self._run_id))
            self._has_asked = True
        return key in self._perhaps_recorded
