"""`agents run bug-triage` and `pr-preparer` with a model: the report by rule, and beside it what the model says."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.agents.maintenance.advising import ROLES, TITLES, diff_for, facts_of, with_answer
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.office import run_agent
from codecompanion.agents.maintenance.report import AgentReport, AskedModel
from codecompanion.cli.conversation import company_of
from codecompanion.cli.failure import say
from codecompanion.domain.events import RunFailed
from codecompanion.ports import RepositoryState
from codecompanion.runs.advice import Answered, Question, ask_for_advice
from codecompanion.runs.dry_run import FirstRequest, first_request_for_advice
from codecompanion.runs.starting import repository_for

if TYPE_CHECKING:
    from codecompanion.wiring import App


NOT_ANSWERED = 1


@dataclass(frozen=True, slots=True)
class _Asking:
    """What an agent found by rule, and what a model is to be asked of it: None when there is nothing to ask about."""

    report: AgentReport
    model: str
    repository: RepositoryState
    question: Question | None


async def advised(app: "App", desk: Desk, agent: str, *, quiet: bool) -> tuple[AgentReport, int]:
    """Return the report of an agent with what the settings' model says of it, and the exit code.

    That there is no such model, or no key for it, is found before anything is run.

    Raises:
        BadInput, ModelUnavailable, PolicyRefused: The model, or the repository that it would read, cannot be used.
        As of the agent.
    """
    asking = await _asking_of(app, desk, agent)
    report = asking.report
    if asking.question is None:
        say(f"{agent}: there is nothing to ask {asking.model} about")
        return report.model_copy(update={"with_a_model": ""}), report.exit_code
    if not quiet:
        say(f"asking {asking.model}")
    company = company_of(await desk.sandbox(), quiet=quiet)
    answered = await ask_for_advice(app, asking.model, asking.question, asking.repository, company)
    told = with_answer(report, _asked(answered), answered.answer, desk.root)
    return told, max(report.exit_code, _exit_code(answered))


async def would_ask(app: "App", desk: Desk, agent: str, *, quiet: bool) -> FirstRequest | RunFailed | None:
    """Return what `advised` would send first; None when there is nothing to ask about; or why it would not come to that.

    The agent works by rule, because what it finds is part of the request.

    Raises:
        As `advised`.
    """
    asking = await _asking_of(app, desk, agent)
    if asking.question is None:
        return None
    company = company_of(await desk.sandbox(), quiet=quiet)
    return await first_request_for_advice(app, asking.model, asking.question, asking.repository, company)


async def _asking_of(app: "App", desk: Desk, agent: str) -> _Asking:
    model, role = app.models.name_of(app.settings.model), ROLES[agent]
    repository = await repository_for(app, desk.root)
    report = await run_agent(desk, agent)
    facts = facts_of(role, report, _below(desk.root, repository.root))
    if not facts:
        return _Asking(report, model, repository, None)
    diff = await diff_for(role, desk, report)
    return _Asking(
        report, model, repository, Question(role, TITLES[role], facts, diff, include_uncommitted=agent == "bug-triage")
    )


def _exit_code(answered: Answered) -> int:
    """Return what it means that a model gave no answer: what was asked for is not there."""
    if answered.error is not None:
        return answered.error.exit_code
    return NOT_ANSWERED if answered.answer is None else 0


def _below(root: Path, repository: Path) -> str:
    return "" if root == repository or not root.is_relative_to(repository) else root.relative_to(repository).as_posix()


def _asked(answered: Answered) -> AskedModel:
    goes_on = ""
    if answered.error is not None:
        what_to_do = filter(None, (answered.error.fix, f"go on with: codecompanion resume {answered.run_id}"))
        goes_on = f" ({'; '.join(what_to_do)})"
    return AskedModel(
        model=answered.model,
        run_id=answered.run_id,
        calls=answered.calls,
        cost_usd=float(answered.cost_usd),
        answer=None if answered.answer is None else answered.answer.model_dump(mode="json"),
        why=answered.why + goes_on if answered.answer is None else "",
    )
