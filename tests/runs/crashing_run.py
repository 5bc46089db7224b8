"""Start or resume a run in a process that is killed at a chosen append.

    crashing_run.py STATE REPO PYTHON OBJECTIVE RUN before|after|never N

The process kills itself with SIGKILL before, or after, its N-th append to the log.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio

from codecompanion.domain.commands import StartRun
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.events import RunStarted
from codecompanion.domain.state import Ended
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore
from codecompanion.repair.objectives import kind_of
from codecompanion.runs.resuming import resume
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import open_app


class CrashingStore:
    """An EventStore that kills its process at an append."""

    def __init__(self, store: EventStore, when: str, at: int) -> None:
        self._store = store
        self._when = when
        self._left = at

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        if idempotency_key is not None and (earlier := await self._store.find(stream_id, idempotency_key)):
            return earlier  # nothing is stored: no append to be killed at
        self._left -= 1
        if self._left == 0 and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        events = await self._store.append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)
        if self._left == 0 and self._when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return events


async def main(argv: Sequence[str]) -> None:
    state, repo, python, objective, run_id, when, at = argv
    settings = Settings(state_dir=Path(state), timeout_s=60)
    async with open_app(settings, {}) as opened:
        store = CrashingStore(opened.store, when, int(at))
        orchestrator = EventSourcedOrchestrator(store, opened.clock, opened.nearby, redact=opened.redactor.data)  # pyright: ignore[reportArgumentType] # the rest of the port is passed on
        app = replace(opened, store=store, orchestrator=orchestrator)  # pyright: ignore[reportArgumentType] # as above
        if isinstance((await orchestrator.load(run_id)).state, Ended):
            return
        sandbox = await opened.sandbox()
        if run_id in await opened.store.streams():
            await resume(app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)
            return
        repository = await app.workspace.inspect(Path(repo))
        request = RunStarted(
            objective=objective,
            repo=str(repository.root),
            base_commit=repository.head,
            model="builtin",
            timeout_s=60,
            python=python,
            apply=True,
            kind=kind_of(objective) or WorkKind.REPAIR,
        )
        await orchestrator.handle(run_id, StartRun(request), actor="user", key="start")
        await work(app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1:])
