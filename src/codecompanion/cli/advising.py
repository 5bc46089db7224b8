"""`agents run bug-triage` and `pr-preparer` with a model: the report by rule, and beside it what the model says."""

from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.agents.maintenance.advising import ROLES, TITLES, diff_for, facts_of, with_answer
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.office import run_agent
from codecompanion.agents.maintenance.report import AgentReport, AskedModel
from codecompanion.cli.conversation import company_of
from codecompanion.cli.failure import say
from codecompanion.runs.advice import Answered, Question, ask_for_advice
from codecompanion.runs.work import repository_for

if TYPE_CHECKING:
    from codecompanion.wiring import App


NOT_ANSWERED = 1


async def advised(app: "App", desk: Desk, agent: str, *, quiet: bool, sends: bool) -> tuple[AgentReport, int]:
    """Return the report of an agent with what the settings' model says of it, and the exit code.

    That there is no such model, or no key for it, is found before anything is run. With `sends` off the model is not asked.

    Raises:
        BadInput, ModelUnavailable, PolicyRefused: The model, or the repository that it would read, cannot be used.
        As of the agent.
    """
    model, role = app.model_name(app.settings.model), ROLES[agent]
    repository = await repository_for(app, desk.root)
    report = await run_agent(desk, agent)
    facts = facts_of(role, report, _below(desk.root, repository.root))
    if not facts:
        say(f"{agent}: there is nothing to ask {model} about")
        return report.model_copy(update={"with_a_model": ""}), report.exit_code
    if not sends:
        skipped = f"what {model} says: --dry-run sends nothing"
        return report.model_copy(update={"not_checked": (*report.not_checked, skipped), "with_a_model": ""}), report.exit_code
    if not quiet:
        say(f"asking {model}")
    question = Question(
        role, TITLES[role], facts, await diff_for(role, desk, report), include_uncommitted=agent == "bug-triage"
    )
    company = company_of(await desk.sandbox(), quiet=quiet)
    answered = await ask_for_advice(app, model, question, repository, company)
    told = with_answer(report, _asked(answered), answered.answer, desk.root)
    return told, max(report.exit_code, _exit_code(answered))


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
