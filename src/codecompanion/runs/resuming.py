"""Go on with a run that was paused, interrupted or killed, or waits for a person."""

from decimal import Decimal

from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import ResumeRun
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.state import Running, State
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import Person, Sandbox
from codecompanion.runs.work import OnEvent, work
from codecompanion.wiring import App


def is_queued(state: State) -> bool:
    """Return whether workers are to work on a run, or do."""
    return isinstance(state, Running) and state.queue is not None


async def requeue(
    app: App,
    run_id: str,
    *,
    actor: str = "user",
    max_budget_usd: Decimal | None = None,
    timeout_s: float | None = None,
    choice: str = "",
) -> None:
    """Let the workers go on with a run of theirs that was paused or waits for a person. The rest is as in `resume`."""
    state = (await app.orchestrator.load(run_id)).state
    key = approval_key(state) if isinstance(state, Running) and state.awaiting is not None else None
    await app.orchestrator.handle(run_id, ResumeRun(max_budget_usd, choice, timeout_s), actor=actor, key=key)


async def resume(
    app: App,
    run_id: str,
    *,
    sandbox: Sandbox,
    hearing: Hearing,
    on_event: OnEvent,
    person: Person = NOBODY,
    max_budget_usd: Decimal | None = None,
    timeout_s: float | None = None,
    choice: str = "",
) -> None:
    """Go on with a run that was paused, interrupted or killed. Limits that are None stay as they were.

    `choice` answers a choice that it waits for; "" takes what it proposes.

    Raises:
        CommandRefused: It has ended, or another process is working on it.
        ModelUnavailable: Its model has lost its key or address; the run waits on.
    """
    async with app.locks.hold(run_id):
        state = (await app.orchestrator.load(run_id)).state
        if isinstance(state, Running) and is_chat(state):
            raise CommandRefused(f"run {run_id} is a chat", fix=f"codecompanion chat --resume {run_id}")
        if isinstance(state, Running):
            app.models.name_of(state.request.model)
        key = approval_key(state) if isinstance(state, Running) and state.awaiting is not None else None
        await app.orchestrator.handle(run_id, ResumeRun(max_budget_usd, choice, timeout_s), actor="user", key=key)
    await work(app, run_id, sandbox=sandbox, hearing=hearing, on_event=on_event, person=person)


def approval_key(state: Running) -> str:
    """Return the key under which a person's approval of what a run waits for is recorded."""
    return f"approved:{state.awaiting}"
