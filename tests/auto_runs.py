"""Runs whose models a router chooses between two providers: a cheap and a strong one, each a server of its own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codecompanion.domain.events import CascadeStepped, Fact, RouteChosen, decode
from codecompanion.execution.toolbox import Hearing
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.runs.result import result_of
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from projects import SHOP, repository
from providers_bench import KEY, script
from shop_team import EDIT, FINISH, OBJECTIVE, said

CHEAP, STRONG = "openai-chat:gpt-6-luna", "anthropic:claude-opus-5-5"

WRONG_EDIT = EDIT.replace("count >= 10", "count >= 5").replace("step-two", "step-wrong")

WRONG = (
    said("step-wrong", "", ("finish", FINISH)),
    said("You are a careful software engineer", WRONG_EDIT),
)
"""One agent that breaks a test, however often it is asked."""

RIGHT_EDIT = """Back to ten, step-two.

shop.py
<<<<<<< SEARCH
    if count >= 5:
=======
    if count >= 10:
>>>>>>> REPLACE
"""


def right(edit: str = EDIT) -> Sequence[Mapping[str, Any]]:
    """Return the turns of one agent that does it with an edit."""
    return (said("step-two", "", ("finish", FINISH)), said("You are a careful software engineer", edit))


@dataclass(frozen=True)
class Auto:
    """Two providers, a repository and an app in which a router chooses."""

    app: App
    repo: Path
    cheap: DevServer
    strong: DevServer

    @property
    def sent(self) -> tuple[int, int]:
        """How many requests came to the cheap and to the strong one."""
        return len(self.cheap.requests), len(self.strong.requests)

    async def run(self, objective: str = OBJECTIVE) -> dict[str, Any]:
        """Work on an objective to the end and return the run's result."""
        app = self.app
        run_id = await start(app, Ask(objective), await repository_for(app, self.repo))
        await work(app, run_id, sandbox=await app.sandbox(), hearing=Hearing(), on_event=lambda _event: None)
        return await result_of(app, run_id)

    async def facts(self, run_id: str) -> list[Fact]:
        return [decode(event) for event in await self.app.store.read(run_id)]

    async def routes(self, run_id: str) -> list[RouteChosen]:
        return [fact for fact in await self.facts(run_id) if isinstance(fact, RouteChosen)]

    async def steps(self, run_id: str) -> list[CascadeStepped]:
        return [fact for fact in await self.facts(run_id) if isinstance(fact, CascadeStepped)]


@asynccontextmanager
async def auto(
    folder: Path,
    python: Path,
    cheap: Sequence[Mapping[str, Any]],
    strong: Sequence[Mapping[str, Any]],
    *,
    draw: float = 0.5,
    files: Mapping[str, str] = SHOP,
    **settings: Any,
) -> AsyncGenerator[Auto]:
    """Set up the two providers with what they say; `draw` is the random number of every decision."""
    repo = repository(folder / "shop", files)
    chosen = {"state_dir": folder / "state", "python": str(python), "timeout_s": 120, "first_wait_s": 0.01, "memory": False}
    chosen |= {"model": "auto", "models": (CHEAP, STRONG), "team": "solo"}
    async with serve(script([dict(one) for one in cheap])) as one, serve(script([dict(turn) for turn in strong])) as other:
        environ = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{one.port}/v1",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{other.port}",
        }
        async with open_app(Settings.model_validate({**chosen, **settings}), environ) as app:
            yield Auto(replace(app, draw=lambda: draw), repo, one, other)
