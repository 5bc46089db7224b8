"""A run keeps the project's own prompts as they were when it began: it goes on with them, and is replayed with them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from codecompanion.domain.errors import ModelCallFailed
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import Sandbox
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.runs.audit import verify_run
from codecompanion.runs.resuming import resume
from codecompanion.runs.rewind import replay_offline
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from projects import repository, write
from providers_bench import environ_for, script
from untested_runs import AN_EDIT, FILES, THE_END

pytestmark = pytest.mark.anyio

PROMPT = ".codecompanion/agents/solo.md"
FIRST, SECOND = "You greet as they did in 1926.", "You greet as they do today."
AWAY = {"text": "x", "repeat": True, "fault": {"kind": "status", "status": 503}}


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose_sandbox(allow_weak=False, wanted=None)


@dataclass
class Place:
    """An app, the server that answers, and the project, which has a prompt of its own."""

    app: App
    server: DevServer
    project: Path

    @property
    def asked(self) -> list[str]:
        return [request.body.decode() for request in self.server.requests]


@asynccontextmanager
async def place(folder: Path, files: dict[str, str]) -> AsyncGenerator[Place]:
    project = repository(folder / "project", {**FILES, **files})
    chosen = {"state_dir": folder / "state", "model": "openai-chat:gpt-6.1-sol", "team": "solo", "model_attempts": 1}
    async with (
        serve(script((THE_END, AN_EDIT))) as server,
        open_app(Settings.model_validate({**chosen, "memory": False}), environ_for(server.port)) as app,
    ):
        yield Place(app, server, project)


async def begun(here: Place, sandbox: Sandbox) -> str:
    run_id = await start(here.app, Ask("Greet the world"), await repository_for(here.app, here.project))
    await work(here.app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)
    return run_id


@pytest.mark.parametrize("before", [{PROMPT: FIRST}, {}], ids=["one's own", "none"])
async def test_a_run_replays_when_the_prompt_was_changed_since(
    tmp_path: Path, sandbox: Sandbox, before: dict[str, str]
) -> None:
    async with place(tmp_path, before) as here:
        run_id = await begun(here, sandbox)
        assert all((FIRST in body) == bool(before) for body in here.asked)
        write(here.project, {PROMPT: SECOND})
        assert (await replay_offline(here.app, run_id)).diff
        assert len(here.asked) == 2
        assert (await verify_run(here.app.store, here.app.blobs, run_id)).blobs


async def test_a_run_that_is_resumed_goes_on_with_the_prompt_it_began_with(tmp_path: Path, sandbox: Sandbox) -> None:
    async with place(tmp_path, {PROMPT: FIRST}) as here:
        here.server.script = script((AWAY,))
        run_id = await start(here.app, Ask("Greet the world"), await repository_for(here.app, here.project))
        with pytest.raises(ModelCallFailed):
            await work(here.app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)
        write(here.project, {PROMPT: SECOND})
        here.server.script = script((THE_END, AN_EDIT))
        await resume(here.app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=lambda _event: None)
        assert len(here.asked) == 3
        assert all(FIRST in body and SECOND not in body for body in here.asked)
