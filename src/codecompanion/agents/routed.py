"""Who works on a task of a run: the model that the user named, or the one that the router chooses, step by step."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from codecompanion.agents.kit import AgentKit
from codecompanion.domain.commands import Command, Record, RecordAll
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import CascadeStepped, Fact, RouteChosen, TaskStarted, TournamentDecided, decode
from codecompanion.domain.ledgers import WorkItem
from codecompanion.domain.routes import CascadeStep, ProfileName
from codecompanion.domain.state import Running
from codecompanion.domain.team import WRITERS, Role
from codecompanion.execution.toolbox import Toolbox
from codecompanion.routing.quality_verdict import verdicts
from codecompanion.routing.run_features import features_of
from codecompanion.routing.run_router import Asked, first_step

IN_A_CHAT = "chat"
"""A chat has one decision for all of its turns: to change the model would cost the provider's cache of what was said."""

CASCADED = WRITERS - {Role.CHAT}
"""Roles whose work a verdict is made of, so that after a refusal another may be asked."""


async def models_for(
    tools: Toolbox, kit: AgentKit, state: Running, role: Role, task_id: str, *, attempt: int
) -> tuple[str, ...]:
    """Return who answers on an attempt of a task, and those that stand in when that one does not; () for nobody.

    When it is nobody, that is recorded, and the task has failed.

    Raises:
        OverBudget: The budget leaves nothing for any model that could be asked.
        NobodyToAsk: No model may be asked, for other reasons.
    """
    request = state.request
    named = await _reviewer(tools, kit, state) if role is Role.REVIEWER else request.model
    if named != request.model or not state.routed:
        return (named, *(name for name in request.fallback_models if name != named))
    if role is Role.CHAT:
        task_id, attempt = IN_A_CHAT, 1
    return await _Routed(tools, kit, state, role, task_id).models(attempt)


async def _reviewer(tools: Toolbox, kit: AgentKit, state: Running) -> str:
    """Return who reviews: the run's reviewer, or when its own candidate was taken a competitor of another family."""
    request = state.request
    if not request.reviewer:
        return request.model
    authors = frozenset([kit.family(model) for model in await _winners(tools, state)])
    if kit.family(request.reviewer) not in authors:
        return request.reviewer
    others = (name for name in (request.model, *request.tournament) if kit.family(name) not in authors)
    return next(others, request.reviewer)


async def _winners(tools: Toolbox, state: Running) -> list[str]:
    """Return the models whose changes tournaments took, as far as nobody changed them since."""
    found: list[str] = []
    for entry in state.progress.items:
        with suppress(KeyError):
            for fact in map(decode, await tools.journal.recall(f"decided:{entry.item.item_id}:{entry.attempt}")):
                if isinstance(fact, TournamentDecided):
                    found += [one.model for one in fact.standings if one.candidate == fact.winner]
    return found


@dataclass(frozen=True, slots=True)
class _Routed:
    """A task whose model a router chooses."""

    tools: Toolbox
    kit: AgentKit
    state: Running
    role: Role
    task_id: str

    async def models(self, attempt: int) -> tuple[str, ...]:
        chosen = await self._decided(attempt - 1)
        if chosen is None:
            chosen = await self._choose(attempt)
        elif self.role in CASCADED:
            step = await self._step(chosen, attempt)
            return () if step.step is CascadeStep.STOP else self._successors(step.model, chosen)
        return self._successors(chosen.model, chosen)

    def _successors(self, first: str, chosen: RouteChosen) -> tuple[str, ...]:
        plan = [] if chosen.escalate_to is None else [chosen.escalate_to]
        others = [*self.state.request.fallback_models, *plan, *(one.model for one in chosen.candidates)]
        return tuple(dict.fromkeys([first, *others]))

    async def _decided(self, attempt: int) -> RouteChosen | None:
        """Return the decision that holds from an earlier attempt on; a plan or a design that was refused is decided on anew."""
        if self.role not in (*CASCADED, Role.REVIEWER):
            return None
        for earlier in range(attempt, 0, -1):
            for fact in await self._recalled(f"route:{self.task_id}:{earlier}"):
                if isinstance(fact, RouteChosen):
                    return fact
        return None

    async def _choose(self, attempt: int) -> RouteChosen:
        async def effect() -> Command:
            chosen = await self.kit.router.choose(await self._asked(attempt))
            self.kit.say(f"{self.role.value.replace('_', ' ')}: {chosen.model} ({first_step(chosen).reason})")
            return RecordAll((chosen, first_step(chosen)) if self.role in CASCADED else (chosen,))

        events = await self.tools.journal.once(f"route:{self.task_id}:{attempt}", effect, actor="router")
        return next(fact for fact in map(decode, events) if isinstance(fact, RouteChosen))

    async def _step(self, chosen: RouteChosen, attempt: int) -> CascadeStepped:
        async def effect() -> Command:
            taken = [fact for fact in await self._facts(("route", "cascade"), attempt) if isinstance(fact, CascadeStepped)]
            refused = await self._refused(attempt - 1)
            step = await self.kit.router.step_after(await self._asked(attempt), chosen, taken, refused)
            self.kit.say(f"{step.step.value}{f': {step.model}' if step.model else ''} ({step.reason})")
            return Record(step)

        events = await self.tools.journal.once(f"cascade:{self.task_id}:{attempt}", effect, actor="router")
        return next(fact for fact in map(decode, events) if isinstance(fact, CascadeStepped))

    async def _refused(self, attempt: int) -> tuple[str, ...]:
        reviewers = [one for one in self.state.progress.items if one.item.role == Role.REVIEWER]
        keys = [f"{kind}:{self.task_id}:{attempt}" for kind in ("handoff", "checked")]
        keys += [f"review:{one.item.item_id}:{number}" for one in reviewers for number in range(1, one.attempt + 1)]
        events = [event for key in keys for event in await self._events(key)]
        facts = map(decode, sorted(events, key=lambda event: event.version))
        verdict = verdicts(facts).get((self.task_id, attempt))
        return () if verdict is None else verdict.reasons

    async def _asked(self, attempt: int) -> Asked:
        state, request = self.state, self.state.request
        features = features_of(
            request.objective,
            request.kind,
            self.role,
            item=self._item(),
            language=state.profile.language.value if state.profile else "",
            failing=state.measured.failing if state.measured else (),
            attempt=attempt,
        )
        return Asked(
            run_id=self.tools.run_id,
            task_id=self.task_id,
            attempt=attempt,
            role=self.role,
            features=features,
            profile=await self.kit.pool.profile(request.profile or ProfileName.BALANCED),
            critical=request.critical,
            contenders=await self.kit.pool.contenders(features),
            needs=await self.kit.pool.needs(features, await self._authors_family()),
        )

    def _item(self) -> WorkItem | None:
        return next((one.item for one in self.state.progress.items if one.item.item_id == self.task_id), None)

    async def _authors_family(self) -> str:
        """Return the family of who wrote what a reviewer is to look at, "" for other roles."""
        if self.role is not Role.REVIEWER:
            return ""
        writers = [one for one in self.state.progress.items if one.item.role in WRITERS and one.attempt]
        for fact in await self._recalled(f"start:{writers[-1].item.item_id}:{writers[-1].attempt}") if writers else ():
            if isinstance(fact, TaskStarted):
                return self.kit.family(fact.worker)
        return ""

    async def _facts(self, kinds: Sequence[str], before: int) -> list[Fact]:
        keys = [f"{kind}:{self.task_id}:{attempt}" for attempt in range(1, before) for kind in kinds]
        return [fact for key in keys for fact in await self._recalled(key)]

    async def _recalled(self, key: str) -> list[Fact]:
        return [decode(event) for event in await self._events(key)]

    async def _events(self, key: str) -> list[Event]:
        try:
            return await self.tools.journal.recall(key)
        except KeyError:
            return []
