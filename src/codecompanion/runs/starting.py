"""Start a run: from what a user asks for and the settings say."""

from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.commands import StartRun
from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.domain.events import RunQueued, RunStarted
from codecompanion.domain.input_text import validate_input
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.team import AUTO, BUILTIN, TeamName, is_teams
from codecompanion.domain.tidying import WorkKind
from codecompanion.mcp_servers.configuration import has_configuration
from codecompanion.ports import RepositoryState
from codecompanion.repair.objectives import SERVED_KINDS, kind_of
from codecompanion.runs.from_settings import from_settings
from codecompanion.runs.role_prompts import keep_role_prompts
from codecompanion.wiring import App

MAX_OBJECTIVE_BYTES = 65_536

NO_TOURNAMENT = "off"
"""What the setting `tournament` says when a full team is to do without one."""


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
