"""Row F43 of the fault matrix: many agents at once, through everything that lies between an agent and the wire."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import pytest
from pydantic_ai import Agent

from codecompanion.agents.answer_room import MOST_OUTPUT_TOKENS
from codecompanion.agents.durability import RunLogDurability
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.lazy_model import LazyModel
from codecompanion.agents.model_calls import ModelCalls
from codecompanion.agents.succession import Succession
from codecompanion.agents.unit_journal import UnitJournal
from codecompanion.domain.budget import Limits
from codecompanion.domain.commands import Finding, StartRun
from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import ModelCallReserved, RunStarted, decode
from codecompanion.domain.team import Role, TeamName
from codecompanion.execution.journal import LiveJournal
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Deadline, Toolbox
from codecompanion.ports import Sandbox
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.repair.search import SearchRepairer
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.settings import Settings
from codecompanion.tools.desk import Desk
from codecompanion.wiring import App, open_app
from codecompanion.wiring.providers import model_opener
from codecompanion.wiring.team import ListedPrices
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.tidying.tidier import ToolTidier
from providers_bench import environ_for, script

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

MODEL = "openai-chat:gpt-6.1-sol"
WORKERS, CALLS = 32, 10


@asynccontextmanager
async def place(folder: Path, input_tokens: int = 1) -> AsyncGenerator[tuple[App, DevServer]]:
    usage = {"input": input_tokens, "output": MOST_OUTPUT_TOKENS}
    async with (
        serve(script([{"text": "Hello.", "usage": usage, "repeat": True}])) as server,
        open_app(Settings(state_dir=folder, model_attempts=1), environ_for(server.port)) as app,
    ):
        yield app, server


async def worker(app: App, run_id: str, limits: Limits, sandbox: Sandbox) -> UnitJournal:
    """Return the journal of an agent with a run of its own; the ledger is everybody's."""
    request = RunStarted(
        objective="Say hello", repo="/shop", base_commit="0" * 40, model=MODEL, timeout_s=60, team=TeamName.SOLO
    )
    await app.orchestrator.handle(run_id, StartRun(request), actor="user", key="start")
    tools = Toolbox(
        run_id=run_id,
        journal=LiveJournal(app.store, run_id, partial(app.orchestrator.handle, run_id)),
        blobs=app.blobs,
        workspace=app.workspace,
        detector=app.detector,
        checks=CagedChecks(sandbox, test_limit_s=60),
        repairer=SearchRepairer(sandbox, workers=1),
        tidier=ToolTidier(sandbox),
        deadline=Deadline.after(600),
        redact=str,
        sandbox_rung=sandbox.rung,
    )
    calls = ModelCalls(tools, request.repo, CostGovernor(app.store, app.clock, limits, redact=dict), ListedPrices())

    async def nothing_more(_key: str) -> tuple[Finding, ...]:
        return ()

    succession = Succession((MODEL,))
    return UnitJournal(tools, calls, Evidence(), nothing_more, lambda _events: None, "solo", 1, Role.SOLO, succession)


async def say_hello(app: App, journal: UnitJournal) -> str:
    opener = model_opener(app.settings, app.environ, ask=Nobody().carry, observer=journal.calls)
    model = LazyModel(journal.succession, opener.open, journal.calls.switched)
    agent = Agent(model, deps_type=Desk, capabilities=[RunLogDurability(journal, "solo")])
    return (await agent.run("Say hello.", deps=cast("Desk", None))).output  # it has no tools, which alone look at a desk


@pytest.mark.attack("A98")
async def test_f43_32_workers_that_race_for_ten_calls_send_eleven_at_most(tmp_path: Path) -> None:
    sandbox = await choose_sandbox(allow_weak=True)
    async with place(tmp_path / "alone") as (app, _):
        await say_hello(app, await worker(app, "run-0", Limits(), sandbox))
        (sent,) = [f for f in map(decode, await app.store.read("run-0")) if isinstance(f, ModelCallReserved)]
    worst = Decimal(sent.worst_usd or 0)
    assert worst > 0
    refusals: list[OverBudget] = []
    # Answers that cost all that was set aside for them: nothing is given back to the others.
    async with place(tmp_path / "race", sent.input_tokens) as (app, server):
        limits = Limits(day_usd=worst * CALLS)
        journals = [await worker(app, f"run-{number}", limits, sandbox) for number in range(WORKERS)]

        async def one(journal: UnitJournal) -> None:
            try:
                assert await say_hello(app, journal) == "Hello."
            except OverBudget as refusal:
                refusals.append(refusal)

        async with anyio.create_task_group() as racing:
            for journal in journals:
                racing.start_soon(one, journal)
        arrived = len(server.requests)
    assert CALLS - 1 <= arrived <= CALLS + 1
    assert len(refusals) == WORKERS - arrived
    assert {refusal.limit for refusal in refusals} == {"day"}
