"""Work on a run, and follow it meanwhile."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CodeCompanionError, CommandRefused
from codecompanion.domain.state import Ended, Running
from codecompanion.domain.topics import APPENDED
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.seen_engine import SeenEngine
from codecompanion.orchestrator.projections import view_of
from codecompanion.ports import Message, Person, Sandbox
from codecompanion.runs.learning import learn_from
from codecompanion.runs.remembering import remember
from codecompanion.runs.tracing import send_sitting
from codecompanion.wiring import App
from codecompanion.wiring.engines import engine_for

OnEvent = Callable[[Event], None]


async def work(
    app: App, run_id: str, *, sandbox: Sandbox, hearing: Hearing, on_event: OnEvent, person: Person = NOBODY
) -> None:
    """Carry a started run to its end, a pause or an error, all of which the log tells.

    Raises:
        CommandRefused: It has ended, another process is working on it, or workers are to.
    """
    async with app.locks.hold(run_id):
        state = (await app.orchestrator.load(run_id)).state
        if isinstance(state, Running) and state.queue is not None:
            raise CommandRefused(f"run {run_id} is left to the workers", fix=f"follow it: codecompanion attach {run_id}")
        await carry_on(app, run_id, sandbox=sandbox, hearing=hearing, on_event=on_event, person=person)


async def carry_on(
    app: App, run_id: str, *, sandbox: Sandbox, hearing: Hearing, on_event: OnEvent | None, person: Person = NOBODY
) -> None:
    """Do what `work` does for whoever holds the run already; nobody is shown its events when `on_event` is None."""
    loaded = await app.orchestrator.load(run_id)
    state = loaded.state
    if not isinstance(state, Running):
        raise CommandRefused(f"run {run_id} has ended")
    engine = await engine_for(app, run_id, state.request, sandbox=sandbox, hearing=hearing, person=person)
    await engine.recover(state)
    seen = SeenEngine(engine, app.watchers)
    try:
        with log_fields(run_id=run_id, trace_id=loaded.trace_id):
            if on_event is None:
                await app.orchestrator.drive(run_id, seen)
            else:
                await follow(app, run_id, on_event, lambda: app.orchestrator.drive(run_id, seen))
    finally:
        if await _is_over(app, run_id):
            await _conclude(app, run_id, Path(state.request.repo))
        with anyio.CancelScope(shield=True):  # a worker lets go of a run as soon as it has ended
            await send_sitting(app, run_id)


async def _is_over(app: App, run_id: str) -> bool:
    """Return whether a run has ended, as far as the log can be asked."""
    if app.orchestrator.has_seen_the_end(run_id):
        return True
    with anyio.CancelScope(shield=True), suppress(CodeCompanionError):
        return isinstance((await app.orchestrator.load(run_id)).state, Ended)
    return False


async def _conclude(app: App, run_id: str, repo: Path) -> None:
    """Do what follows the end of a run, which is recorded; a repository that has gone meanwhile does not change it."""
    with anyio.CancelScope(shield=True), suppress(CodeCompanionError):
        await app.workspace.remove(run_id, repo)
    await remember(app, run_id)
    with anyio.CancelScope(shield=True):
        events = await app.store.read(run_id)
        await learn_from(app, run_id, events)
        view = view_of(run_id, events)
        app.watchers.ended(view.status, view.duration_s)


async def follow(
    app: App, run_id: str, on_event: OnEvent, job: Callable[[], Awaitable[object]], *, after_version: int = 0
) -> None:
    """Do a job and show each event of the run after a version as it is recorded; a bus only says when to look.

    When the events cannot be shown, the job is cancelled and the error raised.
    """
    seen = after_version
    looking = anyio.Lock()
    working = anyio.CancelScope()
    failures: list[Exception] = []

    async def look(_message: Message | None = None) -> None:
        nonlocal seen
        async with looking:
            if failures:
                return
            try:
                for event in await app.store.read(run_id, after_version=seen):
                    on_event(event)
                    seen = event.version
            except Exception as error:  # noqa: BLE001 - the bus would only deliver again; it is raised below
                failures.append(error)
                working.cancel()

    async def watch() -> None:
        await app.nearby.watch(APPENDED, handler=look)

    failure: Exception | None = None
    async with anyio.create_task_group() as watchers:
        watchers.start_soon(watch)
        try:
            with working:
                await job()
        except Exception as error:  # noqa: BLE001 - raised again outside, where the task group does not wrap it
            failure = error
        watchers.cancel_scope.cancel()
    await look()
    for error in [failure, *failures]:
        if error is not None:
            raise error
