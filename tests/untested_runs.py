"""Runs of one agent on a project without tests, in this process: quick, and real but for the provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import Fact, decode
from codecompanion.domain.state import State
from codecompanion.domain.streams import SPENDING
from codecompanion.domain.workflow import INITIAL, evolve
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import Sandbox
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.runs.result import result_of
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from projects import repository
from providers_bench import environ_for, script

FILES = {"greeting.txt": "Hello.\n"}
FIRST = "You are a careful software engineer"
"""What the first request to the one agent holds."""
EDIT = "greeting.txt\n<<<<<<< SEARCH\nHello.\n=======\nHello, world.\n>>>>>>> REPLACE\n"
AN_EDIT: dict[str, Any] = {"text": EDIT}
THE_END: dict[str, Any] = {"when": "edits_of_step_", "tools": [{"name": "finish", "args": {"summary": "Greets the world."}}]}

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Finished:
    """How a run ended, and what the server was asked. `error` is what it was stopped by, None for nothing."""

    events: list[Event]
    ledger: list[Event]
    server: DevServer
    result: dict[str, Any]
    error: CodeCompanionError | None

    @property
    def state(self) -> State:
        return reduce(evolve, map(decode, self.events), INITIAL)

    @property
    def sent(self) -> int:
        """How many requests arrived."""
        return len(self.server.requests)

    @property
    def bodies(self) -> list[str]:
        return [request.body.decode() for request in self.server.requests]

    def facts(self, kind: type[F]) -> list[F]:
        return [fact for fact in map(decode, self.events) if isinstance(fact, kind)]


async def run_alone(
    folder: Path,
    turns: Sequence[dict[str, Any]],
    sandbox: Sandbox,
    *,
    model: str = "openai-chat:gpt-6.1-sol",
    between: Callable[[Path], object] | None = None,
    during: Callable[[], object] | None = None,
    **settings: Any,
) -> Finished:
    """Let one agent greet the world; keyword arguments are settings.

    With `between` a run like it is carried out before, and this is done to the project after that. `during` is done when the
    first answer of a model is recorded.
    """
    repository(folder / "project", FILES)
    chosen = {"state_dir": folder / "state", "model": model, "team": "solo", "model_attempts": 1, "memory": False, **settings}
    async with (
        serve(script(turns)) as server,
        open_app(Settings.model_validate(chosen), environ_for(server.port)) as app,
    ):
        if between is not None:
            await _greeted(app, server, folder / "project", sandbox)
            between(folder / "project")
        return await _greeted(app, server, folder / "project", sandbox, during)


async def _greeted(
    app: App, server: DevServer, project: Path, sandbox: Sandbox, during: Callable[[], object] | None = None
) -> Finished:
    waiting = [during] if during else []

    def on_event(event: Event) -> None:
        if waiting and event.type == "ModelCallCompleted":
            waiting.pop()()

    error: CodeCompanionError | None = None
    run_id = await start(app, Ask("Greet the world"), await repository_for(app, project))
    try:
        await work(app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=on_event)
    except CodeCompanionError as stopped:
        error = stopped
    ledger = await app.store.read(SPENDING)
    return Finished(await app.store.read(run_id), ledger, server, await result_of(app, run_id), error)
