"""A review by several reviewers: each judges by itself, their votes are counted, and the findings of all go to the author."""

from codecompanion.agents.candidate import Work
from codecompanion.agents.handing_over import passes, record_review
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.material import REVIEW_IT
from codecompanion.agents.outputs import Review
from codecompanion.agents.panels import Panel, as_judge
from codecompanion.domain.consensus import ACCEPT, SEND_BACK
from codecompanion.domain.events import JudgeVoted
from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox


async def review_by_panel(tools: Toolbox, kit: AgentKit, state: Running, step: AskAgent, work: Work) -> bool:
    """Let every reviewer of a run judge the change and record what they say together.

    Returns whether there is a review now: False when nobody handed one over, or when a person has to settle it first.
    """
    reviews: list[Review] = []
    votes: list[JudgeVoted] = []
    for number, model in enumerate(state.request.reviewers, 1):
        task_id = f"{step.task_id}.r{number}"
        mine = as_judge(state, task_id, Role.REVIEWER, model, attempt=step.attempt, instructions=REVIEW_IT)
        worked, _ = await work(tools, mine, Role.REVIEWER, task_id, step.attempt, models=(model,), against="")
        if not isinstance(worked.output, Review):
            continue
        review = worked.output
        reviews.append(review)
        votes.append(
            JudgeVoted(
                task_id=step.task_id,
                attempt=step.attempt,
                judge=model,
                options=(ACCEPT if passes(review) else SEND_BACK,),
                scores={step.task_id: float(review.score)},
                reason=review.summary,
            )
        )
    if not reviews:
        return False
    question = f"is the change accepted, which the reviewers of {step.task_id} do not agree on (attempt {step.attempt})"
    panel = Panel(tools, kit, state, step, question=question, options=(ACCEPT, SEND_BACK))
    decided = await panel.decide(votes)
    if decided is not None:
        together = Review(
            score=min(review.score for review in reviews) if decided.outcome != ACCEPT else _mean(reviews),
            summary="\n\n".join(f"{one.judge}: {one.reason}" for one in votes),
            remarks=tuple(dict.fromkeys(remark for review in reviews for remark in review.remarks)),
        )
        await record_review(
            tools, state, step, together, ", ".join(state.request.reviewers), accepted=decided.outcome == ACCEPT
        )
    return True


def _mean(reviews: list[Review]) -> int:
    return round(sum(review.score for review in reviews) / len(reviews))
