"""Start a run, go on with one, and follow it while it works."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import anyio

from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import CancelRun, ResumeRun, StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput, CodeCompanionError, CommandRefused, ModelUnavailable
from codecompanion.domain.events import RunQueued, RunStarted
from codecompanion.domain.input_text import validate_input
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.state import Ended, Running, State
from codecompanion.domain.team import AUTO, BUILTIN, TeamName, is_teams
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.topics import APPENDED
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.mcp_servers.configuration import has_configuration
from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.seen_engine import SeenEngine
from codecompanion.orchestrator.projections import view_of
from codecompanion.ports import Message, Person, RepositoryState, Sandbox
from codecompanion.repair.objectives import SERVED_KINDS, kind_of
from codecompanion.runs.find import view_run
from codecompanion.runs.from_settings import from_settings
from codecompanion.runs.learning import learn_from
from codecompanion.runs.remembering import remember
from codecompanion.runs.role_prompts import keep_role_prompts
from codecompanion.runs.tracing import send_sitting
from codecompanion.wiring import App
from codecompanion.wiring.engines import engine_for

MAX_OBJECTIVE_BYTES = 65_536

NO_TOURNAMENT = "off"
"""What the setting `tournament` says when a full team is to do without one."""

OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a user asks for; the other values of a run come from the settings.

    `builtin_first`: where a router chooses, the builtin mind goes first at what it can do.
    """

    objective: str
    include_uncommitted: bool = False
    apply: bool = False
    builtin_first: bool = True


def checked_objective(text: str) -> str:
    """Return an objective without blanks around it.

    Raises:
        BadInput: It is empty, too long, or has characters that cannot be read.
    """
    fix = 'say what to do: codecompanion run "fix the failing tests"'
    return validate_input(text, what="the objective", longest=MAX_OBJECTIVE_BYTES, fix=fix)


def checked_model(app: App, objective: str) -> str:
    """Return the whole name of the model that will answer.

    Raises:
        BadInput: It is no model.
        ModelUnavailable: It has no key or address, or the builtin mind cannot serve the objective.
        PolicyRefused: The settings do not let its provider be asked.
    """
    model = app.settings.model
    if is_teams(model):
        return app.models.name_of(model)
    if kind_of(objective) is None:
        raise ModelUnavailable(
            "the builtin mind cannot serve this objective, and no language model is configured",
            cause=f"without a model CodeCompanion {SERVED_KINDS}",
            fix="name a model with --model, for example --model sonnet (`codecompanion models list` shows them), or ask for"
            ' something the builtin mind can do, for example "fix the failing tests"',
        )
    return model


async def model_of_run(app: App, objective: str) -> str:
    """Return the model of a run: "auto" stays so when there is somebody to choose, and tools are at hand for no tidying.

    Raises:
        As `checked_model`, and ModelUnavailable when nobody can be asked and the builtin mind cannot serve the objective.
    """
    model = checked_model(app, objective)
    if model != AUTO:
        return model
    kind = kind_of(objective)
    if kind not in (None, WorkKind.REPAIR):
        return BUILTIN  # its tools do it for nothing
    if await app.models.anyone_can_be_asked():
        return AUTO
    if kind is not None:
        return BUILTIN
    raise ModelUnavailable(
        "no language model can be asked, and the builtin mind cannot serve this objective",
        cause="none of the models that a router could choose has a key, an address or a server on this machine",
        fix="export the key of a provider; `codecompanion models list --all` shows which variable holds it",
    )


def kind_for(model: str, objective: str) -> WorkKind:
    """Return what a run is for: with a model anything that is no repair of failing tests is a change."""
    kind = kind_of(objective)
    if is_teams(model):
        return WorkKind.REPAIR if kind is WorkKind.REPAIR else WorkKind.CHANGE
    return kind or WorkKind.REPAIR


async def repository_for(app: App, folder: Path) -> RepositoryState:
    """Return the user's repository, fit to work on.

    Raises:
        BadInput: It is not a repository we can work on, or an operation of git is half done in it.
    """
    repository = await app.workspace.inspect(folder)
    if not str(repository.root).isprintable():
        raise BadInput(
            f"the path of the repository, {str(repository.root)!r}, has characters that are not text",
            fix="rename or move the folder",
        )
    if app.settings.state_dir.resolve().is_relative_to(repository.root):
        raise BadInput(
            f"the state folder {str(app.settings.state_dir)!r} lies inside the repository",
            fix="name one outside with CODECOMPANION_STATE_DIR",
        )
    if repository.in_progress:
        raise BadInput(
            f"a {repository.in_progress} is in progress in {str(repository.root)!r}",
            fix=f"finish or abort the {repository.in_progress} first",
        )
    return repository


async def start(
    app: App,
    ask: Ask,
    repository: RepositoryState,
    *,
    run_id: str | None = None,
    actor: str = "user",
    queued: RunQueued | None = None,
) -> str:
    """Record that the run has started and return its id, a new one unless one is given. Nothing is done yet.

    `queued` leaves it to the workers. Starting a run again under its id changes nothing.
    """
    request = await request_for(app, ask, repository)
    if is_teams(request.model):
        request = request.model_copy(update={"role_prompts": await keep_role_prompts(app, repository.root)})
    if queued is not None and queued.pack_sha256 is not None:
        request = request.model_copy(update={"mcp": False})  # servers are trusted on a machine, and on no other
    run_id = run_id or new_run_id(app)
    await app.orchestrator.handle(run_id, StartRun(request, queued), actor=actor, key="start")
    return run_id


async def request_for(app: App, ask: Ask, repository: RepositoryState) -> RunStarted:
    """Return what a run would be asked, with everything that the settings say of it.

    Raises:
        As `model_of_run` and `competitors`.
    """
    settings = app.settings
    objective = checked_objective(ask.objective)
    model = await model_of_run(app, objective)
    kind = kind_for(model, objective)
    asks_first = settings.permission_mode is PermissionMode.PLAN
    request = RunStarted(
        objective=objective,
        repo=str(repository.root),
        base_commit=repository.head,
        model=model,
        include_uncommitted=ask.include_uncommitted,
        apply=ask.apply,
        revalidate=True,
        kind=kind,
        team=settings.team if is_teams(model) else None,
        reviewer=app.models.reviewer_for(model) if settings.team is not TeamName.SOLO else None,
        builtin_first=model == AUTO and ask.builtin_first and kind is WorkKind.REPAIR and not asks_first,
        mcp=is_teams(model) and has_configuration(repository.root),
        reviewers=tuple(map(app.models.name_of, settings.reviewers)) if is_teams(model) else (),
        settle=settings.settle,
        allow_no_tests=settings.allow_no_tests,
        **from_settings(app, model),
    )
    return request.model_copy(update={"tournament": competitors(app, request)})


def competitors(app: App, request: RunStarted) -> tuple[str, ...]:
    """Return the models that compete for each piece of code of a run, () for none; `off` in the settings is none.

    Raises:
        BadInput: One of them does not exist.
        ModelUnavailable: One of them has no key or address.
    """
    if not is_teams(request.model) or app.settings.tournament == (NO_TOURNAMENT,):
        return ()
    named = tuple(map(app.models.name_of, app.settings.tournament))
    if request.model == AUTO:  # a router chooses one model for each task
        return named if len(named) > 1 else ()
    if len(named) == 1:
        return (request.model, *named)
    return named or ((request.model, request.reviewer or request.model) if request.team is TeamName.FULL else ())


def new_run_id(app: App) -> str:
    """Return an id that people can read and that sorts by time: the UTC time and four random characters."""
    return f"{app.clock.now():%Y%m%d-%H%M%S}-{app.clock.new_id()[-4:]}"


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


async def _tidy(app: App, run_id: str, repo: Path) -> None:
    """Remove the worktree of a run that is over; every tree it had is kept by a ref."""
    if isinstance((await app.orchestrator.load(run_id)).state, Ended):
        await app.workspace.remove(run_id, repo)


async def cancel(app: App, run_id: str) -> bool:
    """End a run for good and remove its worktree; return whether it had not ended before.

    A run that was killed right after its end has left its worktree: then that is all there is to do.

    Raises:
        CommandRefused: It has ended and left nothing, or another process is working on it. Workers need not be asked: the one
            that works on it notices.
    """
    if is_queued((await app.orchestrator.load(run_id)).state):
        await app.orchestrator.handle(run_id, CancelRun("the user cancelled it"), actor="user")
        return True
    async with app.locks.hold(run_id):
        has_left_files = isinstance((await app.orchestrator.load(run_id)).state, Ended) and app.workspace.path(run_id).exists()
        if not has_left_files:
            await app.orchestrator.handle(run_id, CancelRun("the user cancelled it"), actor="user")
        view = await view_run(app.store, run_id)
        await _tidy(app, run_id, Path(view.request.repo))
        return not has_left_files


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
