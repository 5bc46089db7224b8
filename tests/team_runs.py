"""Runs of the scripted team on the project in `examples/`, in this process and with real clients, sandboxes and git."""

import json
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.execution.toolbox import Hearing
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.providers.keys import KEY_VARIABLES
from codecompanion.providers.script import Script, Turn
from codecompanion.runs.result import result_of
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from projects import commit_all, write
from providers_bench import environ_for

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = EXAMPLES / "scripts"

OBJECTIVES: Mapping[str, str] = {
    "bug": "A delivery note that lists an article twice books only the last line: add the lines up",
    "feature": "Tell which articles run low: Stock.below(level)",
    "refactor": "Labels and the inventory each write amounts of money in their own way: do it in one place",
    "docs": "Describe in the README how delivery notes are written",
}
"""What is asked for, by the name of the script that answers; examples/README.md says the same."""


def stockroom(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Return the root of a fresh repository with the example project, some of its files changed or added."""
    shutil.copytree(EXAMPLES / "stockroom", folder, ignore=shutil.ignore_patterns("__pycache__"))
    write(folder, changes or {})
    return commit_all(folder)


@dataclass(frozen=True)
class Team:
    """The scripted team and where it works."""

    app: App
    repo: Path
    server: DevServer

    async def run(self, objective: str) -> dict[str, Any]:
        """Work on an objective to the end and return the run's result."""
        app = self.app
        run_id = await start(app, Ask(objective), await repository_for(app, self.repo))
        await work(app, run_id, sandbox=await app.sandbox(), hearing=Hearing(), on_event=lambda _event: None)
        return await result_of(app, run_id)


@asynccontextmanager
async def team(
    folder: Path, python: Path, script: str | Path, model: str, *, changes: Mapping[str, str] | None = None, **settings: Any
) -> AsyncGenerator[Team]:
    """Set up a team whose models' answers are in a script: a server speaks them, or `scripted:FILE` reads them.

    Args:
        folder: Where the repository and the state are made.
        python: The project's interpreter.
        script: The name of one in `examples/`, or a file.
        model: Who answers; FILE stands for the script.
        changes: Files of the project that differ from those in `examples/`.
        settings: More settings.
    """
    repo = stockroom(folder / "stockroom", changes)
    path = script if isinstance(script, Path) else SCRIPTS / f"{script}.json"
    name = model.replace("FILE", str(path))
    chosen = {"state_dir": folder / "state", "python": str(python), "timeout_s": 120, "first_wait_s": 0.01, "model": name}
    chosen["memory"] = False  # what earlier runs teach has their times in it
    async with serve(Script.read(path)) as server:
        environ = with_one_key(environ_for(server.port), model.partition(":")[0])
        async with open_app(Settings.model_validate({**chosen, **settings}), environ) as app:
            yield Team(app, repo, server)


def with_one_key(environ: Mapping[str, str], provider: str) -> dict[str, str]:
    """Return an environment without the keys of other providers: with them another family of models would review."""
    kept = KEY_VARIABLES.get(provider, ())
    others = {variable for variables in KEY_VARIABLES.values() for variable in variables} - {*kept}
    return {name: value for name, value in environ.items() if name not in others}


def turns(script: str) -> list[Turn]:
    """Return the turns of a script."""
    return [Turn.model_validate(turn) for turn in json.loads((SCRIPTS / f"{script}.json").read_text(encoding="utf-8"))]


def edit(path: str, old: str, new: str) -> str:
    """Return an edit as a model writes it: whole lines, "" as the old ones of a new file."""
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


def call(name: str, **args: Any) -> dict[str, Any]:
    """Return a turn that calls a tool."""
    return {"tools": [{"name": name, "args": args}]}


def written(folder: Path, turns: Sequence[Mapping[str, Any]]) -> Path:
    """Write a script and return its path."""
    path = folder / "script.json"
    path.write_text(json.dumps(turns), encoding="utf-8")
    return path
