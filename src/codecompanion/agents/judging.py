"""Lets a panel of judges of several families say which candidate's change is best, when facts do not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.agents.candidate import Entry, Work
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.outputs import Judgement
from codecompanion.agents.panels import Panel, as_judge
from codecompanion.domain.candidates import short_name
from codecompanion.domain.choosing import Choice
from codecompanion.domain.consensus import rubric_score
from codecompanion.domain.events import JudgeVoted
from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import AUTO, Role
from codecompanion.execution.toolbox import Toolbox

JUDGE_IT = "Judge the change that is shown below on the rubric."


def judges_of(state: Running, authors: Sequence[str]) -> tuple[str, ...]:
    """Return who judges: the reviewers that wrote none of the candidates; when there are none, all who review or wrote."""
    request = state.request
    asked = request.reviewers or (request.reviewer or request.model,)
    reviewers = [name for name in asked if name != AUTO]
    others = [name for name in reviewers if name not in authors]
    return tuple(dict.fromkeys(others or (*reviewers, *authors)))


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges the candidates that facts left."""

    tools: Toolbox
    kit: AgentKit
    state: Running
    step: AskAgent
    work: Work

    async def choose(self, choice: Choice, entries: Sequence[Entry]) -> tuple[Choice, dict[str, float]] | None:
        """Return the choice with the judges' word, and their mean points by candidate; None when the run waits for a person."""
        left = [one for one in entries if one.rival.candidate in {standing.candidate for standing in choice.left}]
        votes = [await self._vote(judge, number, left) for number, judge in enumerate(self._judges(entries), 1)]
        names = [short_name(one.rival.candidate) for one in left]
        question = f"which change is taken for {self.step.task_id}: {' or '.join(names)}"
        panel = Panel(self.tools, self.kit, self.state, self.step, question=question, options=names)
        decided = await panel.decide(votes)
        if decided is None:
            return None
        scores = {one.rival.candidate: _mean(votes, short_name(one.rival.candidate)) for one in left}
        known = {candidate: score for candidate, score in scores.items() if score is not None}
        if not decided.outcome:
            return Choice(choice.left, choice.by, f"{choice.reason}; the judges do not agree: {decided.reason}"), known
        taken = tuple(one for one in choice.left if short_name(one.candidate) == decided.outcome)
        by = "person" if decided.by_person else "judges"
        return Choice(taken, by, f"{choice.reason}; the judges say {decided.reason}"), known

    def _judges(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        return judges_of(self.state, [one.rival.model for one in entries])

    async def _vote(self, judge: str, number: int, left: Sequence[Entry]) -> JudgeVoted:
        """Return a judge's vote: the candidates to which it gave most points, each judged by itself and without a name."""
        scores: dict[str, float] = {}
        reasons: list[str] = []
        for one in left:
            name = short_name(one.rival.candidate)
            said = await self._judged(judge, number, one)
            if said is not None:
                scores[name] = rubric_score(said.points)
                reasons.append(f"{name}: {said.reason}")
        if len(scores) < len(left):
            scores = {}  # who did not judge all abstains
        most = max(scores.values(), default=0.0)
        return JudgeVoted(
            task_id=self.step.task_id,
            attempt=self.step.attempt,
            judge=judge,
            options=tuple(name for name, score in scores.items() if score == most),
            scores=scores,
            reason="; ".join(reasons),
        )

    async def _judged(self, judge: str, number: int, one: Entry) -> Judgement | None:
        task_id = f"{one.rival.candidate}.j{number}"
        seen = self.state.model_copy(update={"head": one.state.head})
        mine = as_judge(seen, task_id, Role.JUDGE, judge, attempt=self.step.attempt, instructions=JUDGE_IT)
        worked, _ = await self.work(self.tools, mine, Role.JUDGE, task_id, self.step.attempt, models=(judge,), against="")
        return worked.output if isinstance(worked.output, Judgement) else None


def _mean(votes: Sequence[JudgeVoted], name: str) -> float | None:
    given = sorted(vote.scores[name] for vote in votes if name in vote.scores)
    return sum(given) / len(given) if given else None
