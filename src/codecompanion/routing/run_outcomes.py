"""What came of asking models in earlier runs, read from their logs: what a router learns from."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    BaseMeasured,
    ChecksCompleted,
    Fact,
    HandoffMade,
    ModelCallCompleted,
    ModelCallFailed,
    ModelSwitched,
    PatchApplied,
    PatchUndone,
    PlanAccepted,
    RepoProfiled,
    ReviewCompleted,
    RouteChosen,
    RunForked,
    RunStarted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    decode,
)
from codecompanion.domain.ledgers import WorkItem
from codecompanion.domain.outcomes import TaskOutcome
from codecompanion.domain.reward import share_of
from codecompanion.domain.routes import RouteFeatures
from codecompanion.domain.team import BUILTIN, WRITERS, Role
from codecompanion.ports import EventStore
from codecompanion.routing.learning_engine import History
from codecompanion.routing.quality_verdict import Attempt, QualityVerdict, verdicts
from codecompanion.routing.questions import Outcome
from codecompanion.routing.run_features import features_of

_OF_JUDGEMENT = (HandoffMade, ChecksCompleted, ReviewCompleted, TaskCompleted, TaskFailed)
_OF_CIRCUMSTANCES = (RunStarted, RepoProfiled, BaseMeasured, PlanAccepted, TaskStarted, RouteChosen, RunForked)
_OF_COST = (ModelCallCompleted, ModelCallFailed, ModelSwitched, PatchApplied, PatchUndone)
_READ = frozenset(kind.__name__ for kind in (*_OF_JUDGEMENT, *_OF_CIRCUMSTANCES, *_OF_COST))


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of one attempt of a model at a task."""

    features: RouteFeatures
    model: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt of a model at a task that came to an end. Money is US dollars, time seconds; None is unknown."""

    task_id: str
    attempt: int
    model: str
    verdict: QualityVerdict
    cost_usd: float | None
    latency_s: float | None


@dataclass(slots=True)
class _Took:
    """What an attempt took; None for what is not known of all of its calls."""

    cost_usd: float | None = 0.0
    latency_s: float | None = 0.0

    def add(self, cost_usd: str | None, latency_s: float | None) -> None:
        self.cost_usd = None if cost_usd is None or self.cost_usd is None else self.cost_usd + float(Decimal(cost_usd))
        self.latency_s = None if latency_s is None or self.latency_s is None else self.latency_s + latency_s


@dataclass(slots=True)
class _Run:
    """What is known of a run so far."""

    request: RunStarted
    language: str = ""
    failing: tuple[str, ...] = ()
    items: dict[str, WorkItem] = field(default_factory=dict[str, WorkItem])
    routes: dict[str, RouteChosen] = field(default_factory=dict[str, RouteChosen])
    workers: dict[Attempt, str] = field(default_factory=dict[Attempt, str])
    took: dict[Attempt, _Took] = field(default_factory=dict[Attempt, _Took])
    silent: list[tuple[Attempt, str]] = field(default_factory=list[tuple[Attempt, str]])
    judged: list[Fact] = field(default_factory=list[Fact])
    undone: bool = False

    def learn(self, fact: Fact) -> None:
        match fact:
            case RepoProfiled(profile=profile):
                self.language = profile.language.value
            case BaseMeasured(failing=failing):
                self.failing = failing
            case PlanAccepted(ledger=ledger):
                self.items = {item.item_id: item for item in ledger.items}
            case RouteChosen(task_id=task_id):
                self.routes[task_id] = fact
            case TaskStarted(task_id=task_id, attempt=attempt, worker=worker):
                self.workers[task_id, attempt] = worker
            case RunForked():
                # What came before is the parent's, and is learned from its log.
                self.routes, self.workers, self.took, self.silent, self.judged = {}, {}, {}, [], []
            case ModelSwitched() | ModelCallCompleted() | ModelCallFailed():
                self._count(fact)
            case PatchApplied() | PatchUndone():
                self.undone = isinstance(fact, PatchUndone)
            case _:
                self.judged.append(fact)

    def _count(self, fact: ModelSwitched | ModelCallCompleted | ModelCallFailed) -> None:
        attempt = _attempt_of(fact.call)
        if attempt is None:
            return
        took = self.took.setdefault(attempt, _Took())
        match fact:
            case ModelSwitched(from_model=before, to_model=after):
                self.silent.append((attempt, before))
                self.workers[attempt] = after
                took.add(None, None)  # two models share it
            case ModelCallCompleted(from_cache=True):
                took.add(None, None)  # what asking costs cannot be seen
            case ModelCallCompleted():
                took.add(fact.cost_usd, fact.duration_s)
            case ModelCallFailed():
                took.add(fact.cost_usd, 0.0)

    def observations(self) -> Iterator[Observation]:
        for attempt, model in self.silent:
            if (features := self._features(attempt)) is not None:
                yield Observation(features, model, Outcome(0.0))
        for one in self.attempts():
            features = self._features((one.task_id, one.attempt))
            if one.model != BUILTIN and features is not None:
                yield Observation(features, one.model, Outcome(self._share(features, one.verdict), one.cost_usd, one.latency_s))

    def attempts(self) -> Iterator[Attempted]:
        for attempt, verdict in verdicts(self.judged).items():
            took = self.took.get(attempt, _Took(None, None))
            yield Attempted(*attempt, self.workers.get(attempt, BUILTIN), verdict, took.cost_usd, took.latency_s)

    def _share(self, features: RouteFeatures, verdict: QualityVerdict) -> float | None:
        """Return the proven success; whether a plan, a design or a review was a good one nothing proves."""
        if not verdict.accepted:
            return 0.0
        if features.role not in WRITERS:
            return None
        return 0.0 if self.undone else 1.0

    def _features(self, attempt: Attempt) -> RouteFeatures | None:
        task_id, number = attempt
        if (route := self.routes.get(task_id)) is not None:
            return route.features.model_copy(update={"attempt": number})
        item = self.items.get(task_id)
        if item is None:
            return None
        request = self.request
        return features_of(
            request.objective,
            request.kind,
            Role(item.role),
            item=item,
            language=self.language,
            failing=self.failing,
            attempt=number,
        )


def observed(events: Iterable[Event]) -> list[Observation]:
    """Return what one run shows of models, attempt by attempt; runs of the builtin mind show nothing of them."""
    run = _read(events)
    return [] if run is None or run.request.model == BUILTIN else list(run.observations())


def attempts_in(events: Iterable[Event]) -> list[Attempted]:
    """Return the attempts of a run that came to an end, in their order; those before a fork are the parent's."""
    run = _read(events)
    return [] if run is None else list(run.attempts())


def _read(events: Iterable[Event]) -> _Run | None:
    facts = (decode(event) for event in events if event.type in _READ)
    first = next(facts, None)
    if not isinstance(first, RunStarted):
        return None
    run = _Run(first)
    for fact in facts:
        run.learn(fact)
    return run


class KnownOutcomes:
    """Returns what is known of models, the oldest first: what was kept of earlier runs, and what the one under way shows.

    Args:
        history: Reads what the LearningEngine keeps, with what became of it later. Asked once in this object's life.
        store: Where the run under way is, which is read anew each time.
        run_id: Its id.
    """

    def __init__(self, history: Callable[[], Awaitable[History]], store: EventStore, run_id: str) -> None:
        self._history = history
        self._store = store
        self._run_id = run_id
        self._others: list[Observation] | None = None

    async def __call__(self) -> Sequence[Observation]:
        """Return them."""
        if self._others is None:
            outcomes = (await self._history()).outcomes
            self._others = [kept(one) for one in outcomes if one.model != BUILTIN and one.run_id != self._run_id]
        return [*self._others, *observed(await self._store.read(self._run_id))]


def kept(outcome: TaskOutcome) -> Observation:
    """Return what an outcome that was kept shows; its share is the reward as it is defined now."""
    features = RouteFeatures(
        role=outcome.role,
        task_type=outcome.task_type,
        language=outcome.language,
        complexity=outcome.complexity,
        prompt_tokens=int(outcome.prompt_tokens or 0),
        files=outcome.files,
        has_traceback=outcome.has_traceback,
        attempt=outcome.attempt,
    )
    return Observation(features, outcome.model, Outcome(share_of(outcome), outcome.cost_usd, outcome.latency_s))


def _attempt_of(call: str) -> Attempt | None:
    """Return the attempt that a call, agent:TASK:ATTEMPT:ROLE:N, belongs to."""
    parts = call.rsplit(":", 3)
    return (parts[0].partition(":")[2], int(parts[1])) if len(parts) == 4 and parts[1].isdigit() else None  # noqa: PLR2004 - as above
