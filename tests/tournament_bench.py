"""Tournaments of scripted models on the shop of `projects`: each candidate's answers are in a script of its own."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import Fact, decode
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import Person
from codecompanion.runs.result import result_of
from codecompanion.runs.resuming import resume
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from projects import SHOP, repository
from shop_team import FINISH, OBJECTIVE, PLAN, REVIEW, said
from team_runs import edit

OLD = "    if count > 10:"
GOOD = edit("shop.py", OLD, "    if count >= 10:")
ALSO_GOOD = edit("shop.py", OLD, "    if count > 9:")
BAD = edit("shop.py", OLD, "    if count >= 9:")
"""It breaks the test of nine pieces."""

LEADS = (
    said("You review a change", "", ("hand_over_review", REVIEW)),
    said("You plan a change", "", ("hand_over_plan", PLAN)),
)


def coder(*edits: str, **finish: Any) -> tuple[dict[str, Any], ...]:
    """Return the turns of a candidate that answers with edits, one answer after the other, and ends."""
    turns = [
        said(f"was-said-{n}" if n else "You write the code for one item", f"{text}\n\nwas-said-{n + 1}")
        for n, text in enumerate(edits)
    ]
    return (said(f"was-said-{len(edits)}", "", ("finish", {**FINISH, **finish})), *reversed(turns))


def _unseen(_event: Event) -> None:
    pass


@dataclass(frozen=True)
class Bench:
    """An app, a repository, and the scripts of models."""

    app: App
    repo: Path
    folder: Path

    async def run(self, objective: str = OBJECTIVE, person: Person | None = None) -> dict[str, Any]:
        """Work on an objective until the run ends or waits and return its result."""
        run_id = await start(self.app, Ask(objective), await repository_for(self.app, self.repo))
        await self.go_on(run_id, work, person)
        return await result_of(self.app, run_id)

    async def resume(self, run_id: str, **more: Any) -> dict[str, Any]:
        """Go on with a run and return its result."""
        await self.go_on(run_id, resume, None, **more)
        return await result_of(self.app, run_id)

    async def go_on(self, run_id: str, how: Any, person: Person | None, **more: Any) -> None:
        """Work on a run, or resume it."""
        sandbox = await self.app.sandbox()
        await how(self.app, run_id, sandbox=sandbox, hearing=Hearing(), on_event=_unseen, person=person or Nobody(), **more)

    async def facts(self, run_id: str) -> list[Fact]:
        """Return the facts of a run."""
        return [decode(event) for event in await self.app.store.read(run_id)]


def script(folder: Path, name: str, turns: Sequence[Mapping[str, Any]]) -> str:
    """Write the script of a model and return the model's name."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(list(turns)), encoding="utf-8")
    return f"scripted:{path}"


@asynccontextmanager
async def bench(
    folder: Path,
    python: Path,
    *coders: Sequence[Mapping[str, Any]],
    also: Sequence[Mapping[str, Any]] = (),
    files: Mapping[str, str] = SHOP,
    **settings: Any,
) -> AsyncGenerator[Bench]:
    """Set up a team whose code several candidates compete for, one for each of `coders`.

    `also` are more turns of the model that plans and reviews.
    """
    names = [script(folder, f"coder{n}", turns) for n, turns in enumerate(coders, 1)]
    chosen = {"state_dir": folder / "state", "python": str(python), "timeout_s": 120, "memory": False}
    chosen |= {"model": script(folder, "leads", (*also, *LEADS)), "tournament": tuple(names)}
    repo = repository(folder / "shop", files)
    async with open_app(Settings.model_validate({**chosen, **settings}), {}) as app:
        yield Bench(app, repo, folder)
