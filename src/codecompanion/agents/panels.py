"""What panels of judges share: a task of its own for each judge, the count of their votes, and its record."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from codecompanion.agents.kit import AgentKit
from codecompanion.domain.commands import Command, Record, RecordAll
from codecompanion.domain.consensus import Consensus, ConsensusValidator, Vote
from codecompanion.domain.events import ApprovalGiven, ApprovalRequested, ConsensusReached, JudgeVoted, decode
from codecompanion.domain.judges import weight_in
from codecompanion.domain.ledgers import ItemProgress, TaskStatus, WorkItem
from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox


def as_judge(state: Running, task_id: str, role: Role, model: str, *, attempt: int, instructions: str) -> Running:
    """Return the run as a judge sees it: a task of its own, which its model answers."""
    item = WorkItem(item_id=task_id, title="Judge the change", role=role, instructions=instructions)
    mine = ItemProgress(item=item, status=TaskStatus.IN_PROGRESS, attempt=attempt)
    progress = state.progress.model_copy(update={"items": (*state.progress.items, mine)})
    request = state.request.model_copy(update={"model": model, "reviewer": model})
    return state.model_copy(update={"progress": progress, "request": request})


@dataclass(frozen=True, slots=True)
class Decided:
    """What a question came to. `outcome` is "" when the vote is disputed and nobody settled it; `by_person`: a person did."""

    outcome: str
    reason: str
    by_person: bool = False


class Panel:
    """The judges of one question about an attempt of a task.

    Args:
        tools: The run's toolbox.
        kit: What the agents of the run share.
        state: The run.
        step: The attempt.
        question: What is decided, in words; a person is asked it when the vote is disputed.
        options: What may be answered.
    """

    def __init__(
        self, tools: Toolbox, kit: AgentKit, state: Running, step: AskAgent, *, question: str, options: Sequence[str]
    ) -> None:
        self._tools = tools
        self._kit = kit
        self._state = state
        self._step = step
        self._question = question
        self._options = tuple(options)

    async def decide(self, votes: Sequence[JudgeVoted]) -> Decided | None:
        """Record the votes and what they come to; a disputed vote is put to a person where the run wants that.

        Returns None when the run has to wait for the person.
        """
        for vote in votes:
            key = f"vote:{self._step.task_id}:{self._step.attempt}:{vote.judge}"
            await self._tools.journal.derive(key, Record(vote), actor=Role.JUDGE.value)
        reached = await self._counted(votes)
        consensus = self._validated(votes, reached.weights)
        if not consensus.disputed or self._state.request.settle == "rule":
            return Decided(consensus.outcome, consensus.reason)
        choice = await self.ask(consensus.reason)
        if choice is None:
            return None
        return Decided(choice, f"{consensus.reason}; a person decided for {choice}", by_person=True)

    def _validated(self, votes: Sequence[JudgeVoted], weights: Mapping[str, float]) -> Consensus:
        counted = [Vote(one.judge, weights[one.judge], one.options) for one in votes]
        return ConsensusValidator().validate(self._options, counted)

    async def _counted(self, votes: Sequence[JudgeVoted]) -> ConsensusReached:
        """Return the recorded count; the weights are what the log said of the judges when they were counted."""

        async def effect() -> Command:
            known = await self._kit.judge_weights()
            weights = {one.judge: weight_in(known, one.judge) for one in votes}
            return Record(self._fact(votes, weights))

        key = f"consensus:{self._step.task_id}:{self._step.attempt}"
        (event, *_) = await self._tools.journal.once(key, effect)
        reached = decode(event)
        assert isinstance(reached, ConsensusReached)
        return reached

    def _fact(self, votes: Sequence[JudgeVoted], weights: Mapping[str, float]) -> ConsensusReached:
        consensus = self._validated(votes, weights)
        return ConsensusReached(
            task_id=self._step.task_id,
            attempt=self._step.attempt,
            question=self._question,
            outcome=consensus.outcome,
            method=ConsensusValidator().method.value,
            shares=dict(consensus.shares),
            weights=dict(weights),
            dissent=consensus.dissent,
            reason=consensus.reason,
        )

    async def ask(self, reason: str) -> str | None:
        """Return what a person decides, None when nobody is there yet: then the run waits."""

        async def effect() -> Command:
            asked = ApprovalRequested(subject=self._question, reason=reason, options=self._options)
            said = await self._kit.ask(f"{self._question}\n{reason}\nAnswer with one of: {', '.join(self._options)}")
            chosen = next((one for one in self._options if said is not None and said.strip().casefold() == one), None)
            if chosen is None:
                return Record(asked.model_copy(update={"waits": True}))
            return RecordAll((asked, ApprovalGiven(subject=self._question, approved=True, by="user", choice=chosen)))

        key = f"settle:{self._step.task_id}:{self._step.attempt}"
        events = await self._tools.journal.once(key, effect)
        with suppress(KeyError):  # nobody answered since
            events = [*events, *await self._tools.journal.recall(f"approved:{self._question}")]
        given = [fact for fact in map(decode, events) if isinstance(fact, ApprovalGiven)]
        return (given[-1].choice or self._options[0]) if given else None
