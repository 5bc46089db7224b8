"""A run of a team that knows its project and whose agents have not begun: for tests of what agents are made of."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codecompanion.agents.approvals import Approvals
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.outlook import Outlook
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.state import Running
from codecompanion.domain.steps import MakePlan
from codecompanion.execution.journal import LiveJournal
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Deadline, Hearing, Toolbox
from codecompanion.orchestrator.react import react
from codecompanion.repair.search import SearchRepairer
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from codecompanion.wiring.engines import engine_for
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.tidying.tidier import ToolTidier
from team_runs import stockroom, written


@dataclass(frozen=True)
class Bench:
    """A run whose base is measured, and its toolbox. The worktree, the tests and the log are real."""

    app: App
    run_id: str
    repo: Path
    tools: Toolbox

    async def state(self) -> Running:
        state = (await self.app.orchestrator.load(self.run_id)).state
        assert isinstance(state, Running)
        return state

    def outlook(self) -> Outlook:
        root = self.tools.workspace.path(self.run_id)
        return Outlook(root, self.repo, self.app.settings.state_dir, lambda _sentence: None)

    async def copy(self, *, forbidden: str = "", answers: tuple[str | None, ...] = ()) -> WorkCopy:
        """Return an agent's copy in which one path must not be changed; a person answers in turn."""
        state, left = await self.state(), list(answers)
        assert state.base is not None
        assert state.head is not None

        async def ask(_question: str) -> str | None:
            return left.pop(0) if left else None

        def may_edit(path: str) -> str | None:
            return "it is not agreed" if path == forbidden else None

        return WorkCopy(self.tools, self.repo, self.outlook(), Evidence(), Approvals(ask), state.base, state.head, may_edit, 7)


@asynccontextmanager
async def bench(folder: Path, python: Path) -> AsyncGenerator[Bench]:
    """Start a run on the example project and go on until its plan is to be made."""
    repo = stockroom(folder / "stockroom")
    model = f"scripted:{written(folder, [{'text': 'nothing'}])}"
    settings = Settings(state_dir=folder / "state", python=str(python), model=model, timeout_s=120)
    async with open_app(settings, {"TOKEN": "x"}) as app:
        run_id = await start(app, Ask("Tell which articles run low"), await repository_for(app, repo))
        sandbox = await app.sandbox()
        journal = LiveJournal(app.store, run_id, partial(app.orchestrator.handle, run_id))
        tools = Toolbox(
            run_id=run_id,
            journal=journal,
            blobs=app.blobs,
            workspace=app.workspace,
            detector=app.detector,
            checks=CagedChecks(sandbox, test_limit_s=30),
            repairer=SearchRepairer(sandbox, workers=1),
            tidier=ToolTidier(sandbox),
            deadline=Deadline.after(120),
            redact=app.redactor.text,
            sandbox_rung=sandbox.rung,
        )
        one = Bench(app, run_id, repo, tools)
        engine = await engine_for(app, run_id, (await one.state()).request, sandbox=sandbox, hearing=Hearing(), person=Nobody())
        while not isinstance(step := react(state := await one.state()), MakePlan):
            assert step is not None
            await engine.perform(run_id, state, step)
        yield one
