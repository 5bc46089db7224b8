"""Runs of a team in processes that are killed at a chosen append to the log.

crashing_team.py STATE PYTHON

Each line of input is a JSON object {"run", "repo", "model", "pool", "team", "objective", "budget", "tournament", "when",
"fact"}: a child process starts that run, or resumes it when it is known, and kills itself with SIGKILL before or after the
first append with it.
Each answer is a line: how the child ended, as `os.waitstatus_to_exitcode` says. The environment says where the models are.
Children are forked, because what agents stand on takes seconds to load.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio

from codecompanion.domain.commands import StartRun
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import LimitReached, ModelCallFailed
from codecompanion.domain.events import RunStarted
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.state import Ended
from codecompanion.domain.team import AUTO, TeamName
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore
from codecompanion.runs.resuming import resume
from codecompanion.runs.starting import kind_for
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import open_app
from codecompanion.wiring.team import usable_model


class CrashingStore:
    """An EventStore that kills its process before or after the first append with a fact of a type."""

    def __init__(self, store: EventStore, when: str, fact: str) -> None:
        self._store = store
        self._when = when
        self._fact = fact

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        fatal = any(draft.type == self._fact for draft in drafts)
        if fatal and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        events = await self._store.append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)
        if fatal and self._when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return events


async def go(state: str, python: str, asked: dict[str, Any]) -> None:
    """Start the run, or go on with it."""
    run_id = str(asked["run"])
    settings = Settings(state_dir=Path(state), timeout_s=100, python=python)
    async with open_app(settings, dict(os.environ)) as opened:
        store = CrashingStore(opened.store, asked["when"], asked["fact"])
        orchestrator = EventSourcedOrchestrator(store, opened.clock, opened.nearby, redact=opened.redactor.data)  # pyright: ignore[reportArgumentType] # the rest of the port is passed on
        app = replace(opened, store=store, orchestrator=orchestrator)  # pyright: ignore[reportArgumentType] # as above
        if isinstance((await orchestrator.load(run_id)).state, Ended):
            return
        sandbox = await opened.sandbox()
        if run_id in await opened.store.streams():
            await resume(app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)
            return
        repository = await app.workspace.inspect(Path(asked["repo"]))
        request = RunStarted(
            objective=asked["objective"],
            repo=str(repository.root),
            base_commit=repository.head,
            model=AUTO if asked["model"] == AUTO else usable_model(asked["model"], settings, os.environ),
            pool=tuple(asked["pool"]),
            timeout_s=100,
            python=python,
            kind=kind_for(asked["model"], asked["objective"]),
            team=TeamName(asked["team"]),
            permission_mode=PermissionMode.AUTO,
            max_budget_usd=Decimal(asked["budget"]),
            tournament=tuple(asked["tournament"]),
        )
        await orchestrator.handle(run_id, StartRun(request), actor="user", key="start")
        await work(app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)


def forked(state: str, python: str, asked: dict[str, Any]) -> int:
    """Do it in a child and return how that ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ended = 1
    try:
        anyio.run(go, state, python, asked)
        ended = 0
    except (LimitReached, ModelCallFailed) as paused:
        ended = paused.exit_code
    except BaseException:  # noqa: BLE001 - whatever it is, the child says it and ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(ended)


if __name__ == "__main__":
    for line in sys.stdin:
        print(forked(sys.argv[1], sys.argv[2], json.loads(line)), flush=True)  # noqa: T201 - the test reads it
