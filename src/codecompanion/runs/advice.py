"""Ask one agent what it says of facts: a run of its own, journaled, priced and replayable like every other."""

from dataclasses import dataclass
from decimal import Decimal

from codecompanion.domain.artifacts import PullRequest, Triage
from codecompanion.domain.commands import StartRun
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import Advice, RunStarted
from codecompanion.domain.team import Role, TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.orchestrator.projections import RunView
from codecompanion.ports import RepositoryState
from codecompanion.runs.chat import Company
from codecompanion.runs.find import view_run
from codecompanion.runs.from_settings import from_settings
from codecompanion.runs.models_used import models_used
from codecompanion.runs.result import answer_of
from codecompanion.runs.role_prompts import keep_role_prompts
from codecompanion.runs.starting import new_run_id
from codecompanion.runs.work import work
from codecompanion.wiring import App


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom. `facts` and `diff` are what it is about, `diff` "" for none.

    `include_uncommitted`: the agent reads the user's files as they are, not those of the last commit.
    """

    role: Role
    title: str
    facts: str
    diff: str = ""
    include_uncommitted: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. `model` is who answered, else who was to; `cost_usd` is what is known of the cost.

    `answer` is None when there is none, and `why` says why.
    `error` is what stopped the run, None when nothing did; it can be resumed then.
    """

    run_id: str
    model: str
    answer: Triage | PullRequest | None
    why: str
    calls: int
    cost_usd: Decimal
    error: CodeCompanionError | None = None


async def ask_for_advice(app: App, model: str, question: Question, repository: RepositoryState, company: Company) -> Answered:
    """Ask a model and return what it says. That it did not answer is part of that, not raised."""
    run_id = await begin_advice(app, model, question, repository)
    error: CodeCompanionError | None = None
    try:
        await work(
            app,
            run_id,
            sandbox=company.sandbox,
            hearing=company.hearing,
            on_event=company.on_event,
            person=company.person,
        )
    except CodeCompanionError as stopped:
        error = stopped
    view = await view_run(app.store, run_id)
    used = models_used(view)
    return Answered(
        run_id=run_id,
        model=used["by_role"][0]["model"] if used["by_role"] else model,
        answer=await answer_of(app, view),
        why="" if error is None and view.status == "answered" else _why(view, error),
        calls=used["calls"],
        cost_usd=Decimal(str(used["cost_usd"])),
        error=error,
    )


def _why(view: RunView, error: CodeCompanionError | None) -> str:
    if error is not None:
        return f"{error.what}: {error.cause}" if error.cause else error.what
    return view.summary.removeprefix("no answer: ") or view.status


async def begin_advice(app: App, model: str, question: Question, repository: RepositoryState) -> str:
    """Record that a run has started that asks a model, and return its id. Nothing is asked yet.

    Raises:
        BadInput, ModelUnavailable, PolicyRefused: What the settings or the project's own prompts say cannot be used.
    """
    request = RunStarted(
        objective=question.title,
        repo=str(repository.root),
        base_commit=repository.head,
        model=model,
        include_uncommitted=question.include_uncommitted,
        kind=WorkKind.ADVICE,
        team=TeamName.SOLO,
        role_prompts=await keep_role_prompts(app, repository.root),
        advice=Advice(
            role=question.role,
            facts_sha256=await app.blobs.put(app.redactor.text(question.facts).encode()),
            diff_sha256=await app.blobs.put(app.redactor.text(question.diff).encode()) if question.diff else None,
        ),
        **from_settings(app, model),
    )
    run_id = new_run_id(app)
    await app.orchestrator.handle(run_id, StartRun(request), actor="user", key="start")
    return run_id
