"""Makes the engines that work on runs."""

import pkgutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from codecompanion.domain.events import RunStarted
from codecompanion.domain.team import is_teams
from codecompanion.execution.agent_work import AgentWork
from codecompanion.execution.engine import RealExecutionEngine
from codecompanion.execution.journal import Journal, LiveJournal
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Deadline, Hearing, Toolbox
from codecompanion.orchestrator.judge_record import read_weights
from codecompanion.orchestrator.template_record import read_record
from codecompanion.ports import BlobStore, Person, Sandbox
from codecompanion.repair.search import SearchRepairer
from codecompanion.wiring.app import App
from codecompanion.wiring.memory import offered_memories, recalled_note
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.tidying.tidier import ToolTidier

TEAM = "codecompanion.wiring.team:team_of"
MCP_SERVERS = "codecompanion.wiring.mcp:open_mcp_servers"
"""Loaded when a model is asked for: what they stand on takes a second."""

NEWEST_OUTCOMES = 2000
"""So many of the newest outcomes a router learns from: what held long ago may not hold now, and a start must be quick."""
TEST_LIMIT_S = 60.0
TESTS_THAT_MAY_HANG = 24
"""One hanging test may take this fraction of a run's time, so that some time is left for a repair."""


async def engine_for(
    app: App, run_id: str, request: RunStarted, *, sandbox: Sandbox, hearing: Hearing, person: Person
) -> RealExecutionEngine:
    """Return an engine that works on a run, from now on for as long as the run's time limit says."""
    app.alerts.begin()
    journal = LiveJournal(app.store, run_id, partial(app.orchestrator.handle, run_id))
    weights = (await read_record(app.store)).weights() if app.settings.learn else {}
    return engine_with(
        app, run_id, request, journal=journal, sandbox=sandbox, hearing=hearing, template_weights=weights, person=person
    )


def engine_with(
    app: App,
    run_id: str,
    request: RunStarted,
    *,
    journal: Journal,
    sandbox: Sandbox,
    hearing: Hearing,
    blobs: BlobStore | None = None,
    template_weights: Mapping[str, float] | None = None,
    person: Person = NOBODY,
) -> RealExecutionEngine:
    """Return an engine that writes to the given journal, and to the given blobs if they are not the app's own."""
    app.notes.hear = hearing.say
    tools = Toolbox(
        run_id=run_id,
        journal=journal,
        blobs=blobs or app.blobs,
        workspace=app.workspace,
        detector=app.detector,
        checks=CagedChecks(sandbox, test_limit_s=min(TEST_LIMIT_S, request.timeout_s / TESTS_THAT_MAY_HANG)),
        repairer=SearchRepairer(sandbox, workers=app.settings.repair_workers),
        tidier=ToolTidier(sandbox),
        deadline=Deadline.after(request.timeout_s),
        redact=app.redactor.text,
        sandbox_rung=sandbox.rung,
        hearing=hearing,
        template_weights=template_weights or {},
    )
    return RealExecutionEngine(tools, _agents(app, request, tools, sandbox, person))


def _agents(app: App, request: RunStarted, tools: Toolbox, sandbox: Sandbox, person: Person) -> AgentWork | None:
    if not is_teams(request.model):
        return None
    make: Callable[..., AgentWork] = pkgutil.resolve_name(TEAM)
    origin = app.remembering or app
    around = {
        "settings": app.settings,
        "environ": app.environ,
        "governor": app.governor(request.max_budget_usd),
        "person": person,
        "history": partial(app.learning().history, NEWEST_OUTCOMES),
        "log": origin.store,
        "draw": app.draw,
        "memories": partial(offered_memories, origin, Path(request.repo), tools.run_id),
        "recall": partial(recalled_note, origin, Path(request.repo), tools.run_id),
        "responses": app.responses,
        "limits": app.limits,
        "mcp": _mcp(app, Path(request.repo), sandbox) if request.mcp else None,
        "judge_weights": partial(read_weights, app.store),
    }
    return make(request, tools, sandbox, open_model=app.open_model, **around)


def _mcp(app: App, repo: Path, sandbox: Sandbox) -> Callable[..., object]:
    """Return what opens the MCP servers of a repository; a dry run starts none."""
    return partial(
        pkgutil.resolve_name(MCP_SERVERS),
        repo=repo,
        state_dir=(app.remembering or app).settings.state_dir,
        environ=app.environ,
        sandbox=sandbox,
        starts=app.open_model is None,
    )
