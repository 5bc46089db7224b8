"""The only file that names concrete alternatives: opens everything a face needs and closes it again."""

import pkgutil
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path

import anyio

from codecompanion.bus.beside import beside
from codecompanion.bus.mock import MockBus
from codecompanion.bus.rules import Rules
from codecompanion.bus.told_heads import told_heads
from codecompanion.bus_wiring import open_bus, open_limits
from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.events import RunStarted
from codecompanion.domain.team import AUTO, is_teams
from codecompanion.execution.agent_work import AgentWork
from codecompanion.execution.engine import RealExecutionEngine
from codecompanion.execution.journal import Journal, LiveJournal
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Deadline, Hearing, Toolbox
from codecompanion.memory_wiring import learner_of, open_memory, whole_note
from codecompanion.observability.alerts import Alerts
from codecompanion.observability.observed_store import ObservedBlobs, ObservedStore, SlowQueries
from codecompanion.observability.redacting_blobs import RedactingBlobs
from codecompanion.observability.redaction import Redactor
from codecompanion.observability.spans import NoSpans, SpanSink
from codecompanion.observability.trace_context import recorded_here
from codecompanion.observability.watching import Watchers
from codecompanion.observability.webhook import Webhook
from codecompanion.orchestrator.judge_record import read_weights
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.orchestrator.template_record import read_record
from codecompanion.ports import (
    Archive,
    BaseBus,
    BlobStore,
    Clock,
    Detector,
    EventStore,
    Packing,
    Person,
    ProviderLimits,
    ResponseCache,
    Roster,
    RunLocks,
    Sandbox,
    SharedVectors,
    Workspace,
)
from codecompanion.providers.limits import NoLimits
from codecompanion.repair.search import SearchRepairer
from codecompanion.routing.budget_alerts import AlertingGovernor
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.routing.learning_engine import LearningEngine
from codecompanion.settings import Settings
from codecompanion.storage.acknowledged import Acknowledged
from codecompanion.storage.remembering_store import RememberingStore
from codecompanion.store_wiring import acknowledged, open_stores
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.packing import GitPacking
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.tidying.tidier import ToolTidier
from codecompanion.workspace.worktree import GitWorkspace, OnCommit

TEAM = "codecompanion.team_wiring:team_of"
USABLE_MODEL = "codecompanion.team_wiring:usable_model"
REVIEWER = "codecompanion.team_wiring:reviewer_for"
NAMED_POOL = "codecompanion.team_wiring:named_pool"
ANYONE = "codecompanion.team_wiring:anyone_can_be_asked"
MCP_SERVERS = "codecompanion.mcp_wiring:open_mcp_servers"
"""Loaded when a model is asked for: what they stand on takes a second."""

SENDING_SPANS = "codecompanion.observability.otlp:sending_spans"
OTLP_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

NOBODY = Nobody()
NEWEST_OUTCOMES = 2000
"""So many of the newest outcomes a router learns from: what held long ago may not hold now, and a start must be quick."""
TEST_LIMIT_S = 60.0
TESTS_THAT_MAY_HANG = 24
"""One hanging test may take this fraction of a run's time, so that some time is left for a repair."""


@dataclass(slots=True)
class Notes:
    """Hands sentences for the user to whoever listens now; before anybody does, they are lost."""

    hear: Callable[[str], None] = field(default=lambda _sentence: None)

    def take(self, sentence: str) -> None:
        """Hand on a sentence."""
        self.hear(sentence)


@dataclass(frozen=True, slots=True)
class App:
    """Everything a face works with. Made by `open_app`."""

    settings: Settings
    clock: Clock
    store: EventStore
    blobs: BlobStore
    bus: BaseBus
    """Tells all processes of what was appended, by topics; `nearby` tells this one, at once."""
    nearby: BaseBus
    locks: RunLocks
    roster: Roster
    archive: Archive
    workspace: Workspace
    detector: Detector
    packing: Packing
    orchestrator: EventSourcedOrchestrator
    alerts: Alerts
    """Hands on that a limit of money is nearly or wholly used."""
    redactor: Redactor
    environ: Mapping[str, str]
    open_model: Callable[[str], object] | None = None
    """Opens models instead of the providers: a dry run does not send."""
    remembering: "App | None" = None
    """Whose memory is offered to agents, and whose runs the router learns from; None for its own."""
    draw: Callable[[], float] = random.random
    """The chance of the router's decisions: random numbers from [0, 1)."""
    acknowledged: Acknowledged | None = None
    """What knows how far the log was seen to go; None where it is in a file."""
    responses: ResponseCache | None = None
    """Answers of models that are used again; None for none."""
    vectors: SharedVectors | None = None
    """Where the vectors of a team's memories may lie; None where there is no database to share."""
    limits: ProviderLimits = field(default_factory=NoLimits)
    """Lets requests to models through as the limits of their providers leave room."""
    notes: Notes = field(default_factory=Notes)
    """What the user should know of the troubles of what was opened."""
    outcomes: LearningEngine | None = None
    """What learns from runs and remembers how far it has read; None for a new one each time."""
    watchers: Watchers = field(default_factory=Watchers)
    """Who counts what happens in this process."""
    spans: SpanSink = field(default_factory=NoSpans)
    """Where traces go."""

    @property
    def traced(self) -> bool:
        """Whether traces are sent anywhere."""
        return not isinstance(self.spans, NoSpans)

    def workspace_in(self, worktrees: Path, *, stand_in: Path | None = None, on_commit: OnCommit | None = None) -> Workspace:
        """Return a workspace with worktrees of its own below a folder, for a worker that others must not write to.

        `stand_in` is a repository that stands for every one that is named; `on_commit` hears the ref and commit of each tree.
        """
        return GitWorkspace(worktrees, stand_in=stand_in, on_commit=on_commit)

    async def sandbox(self) -> Sandbox:
        """Return the strongest sandbox that holds here.

        Raises:
            SandboxLost: None does, and a weak one is not allowed.
        """
        return await choose_sandbox(allow_weak=self.settings.allow_weak_sandbox, wanted=self._rung())

    async def proven_sandbox(self) -> Sandbox:
        """Return the strongest sandbox that holds here, never the weak one: for what works without a person beside it.

        Raises:
            SandboxLost: None does (exit code 6).
        """
        return await choose_sandbox(allow_weak=False, wanted=self._rung())

    def _rung(self) -> str | None:
        return None if self.settings.sandbox == "auto" else self.settings.sandbox

    def governor(self, run_usd: Decimal | None) -> CostGovernor:
        """Return what holds the budget of one run, whose own limit is given in US dollars (None: it has none)."""
        settings = self.settings
        limits = Limits(
            run_usd=run_usd,
            day_usd=settings.budget_day_usd,
            week_usd=settings.budget_week_usd,
            month_usd=settings.budget_month_usd,
            project_usd=settings.budget_project_usd,
            strict=settings.strict_prices,
        )
        return AlertingGovernor(self.store, self.clock, limits, redact=self.redactor.data, tell=self.alerts.tell)

    async def engine(
        self, run_id: str, request: RunStarted, sandbox: Sandbox, hearing: Hearing, person: Person
    ) -> RealExecutionEngine:
        """Return an engine that works on a run, from now on for as long as the run's time limit says."""
        self.alerts.begin()
        journal = LiveJournal(partial(self.store.find, run_id), partial(self.orchestrator.handle, run_id))
        weights = (await read_record(self.store)).weights() if self.settings.learn else {}
        return self.engine_with(
            run_id, request, journal=journal, sandbox=sandbox, hearing=hearing, template_weights=weights, person=person
        )

    def engine_with(
        self,
        run_id: str,
        request: RunStarted,
        *,
        journal: Journal,
        sandbox: Sandbox,
        hearing: Hearing,
        blobs: BlobStore | None = None,
        template_weights: Mapping[str, float] | None = None,
        person: Person = NOBODY,
    ) -> RealExecutionEngine:
        """Return an engine that writes to the given journal, and to the given blobs if they are not the app's own."""
        self.notes.hear = hearing.say
        tools = Toolbox(
            run_id=run_id,
            journal=journal,
            blobs=blobs or self.blobs,
            workspace=self.workspace,
            detector=self.detector,
            checks=CagedChecks(sandbox, test_limit_s=min(TEST_LIMIT_S, request.timeout_s / TESTS_THAT_MAY_HANG)),
            repairer=SearchRepairer(sandbox, workers=self.settings.repair_workers),
            tidier=ToolTidier(sandbox),
            deadline=Deadline.after(request.timeout_s),
            redact=self.redactor.text,
            sandbox_rung=sandbox.rung,
            hearing=hearing,
            template_weights=template_weights or {},
        )
        return RealExecutionEngine(tools, self._agents(request, tools, sandbox, person))

    def _agents(self, request: RunStarted, tools: Toolbox, sandbox: Sandbox, person: Person) -> AgentWork | None:
        if not is_teams(request.model):
            return None
        make: Callable[..., AgentWork] = pkgutil.resolve_name(TEAM)
        around = {
            "settings": self.settings,
            "environ": self.environ,
            "governor": self.governor(request.max_budget_usd),
            "person": person,
            "history": partial(self.learning().history, NEWEST_OUTCOMES),
            "log": (self.remembering or self).store,
            "draw": self.draw,
            "memories": partial((self.remembering or self).memories, Path(request.repo), tools.run_id),
            "recall": partial((self.remembering or self).recall, Path(request.repo), tools.run_id),
            "responses": self.responses,
            "limits": self.limits,
            "mcp": self._mcp(Path(request.repo), sandbox) if request.mcp else None,
            "judge_weights": partial(read_weights, self.store),
        }
        return make(request, tools, sandbox, open_model=self.open_model, **around)

    def _mcp(self, repo: Path, sandbox: Sandbox) -> Callable[..., object]:
        """Return what opens the MCP servers of a repository; a dry run starts none."""
        return partial(
            pkgutil.resolve_name(MCP_SERVERS),
            repo=repo,
            state_dir=(self.remembering or self).settings.state_dir,
            environ=self.environ,
            sandbox=sandbox,
            starts=self.open_model is None,
        )

    def learning(self) -> LearningEngine:
        """Return what learns from the runs of this app, or of the one whose memory is offered."""
        origin = self.remembering or self
        return origin.outcomes or LearningEngine(origin.store, self.clock, redact=self.redactor.data)

    async def memories(self, repo: Path, run_id: str, objective: str, budget_tokens: int) -> str:
        """Return what earlier runs than this learned of a repository that may help with an objective, "" for nothing."""
        if not self.settings.memory:
            return ""
        learner = learner_of(self.settings, self.store, self.redactor.text)
        async with open_memory(self.settings, self.environ, learner, repo, shared=self.vectors) as memory:
            return await memory.handles(objective, budget_tokens, without_run=run_id)

    async def recall(self, repo: Path, run_id: str, handle: str) -> str:
        """Return a note of earlier runs than this as text, with the change that it speaks of; a sentence when there is none."""
        learner = learner_of(self.settings, self.store, self.redactor.text)
        async with open_memory(self.settings, self.environ, learner, repo, shared=self.vectors) as memory:
            return await whole_note(memory, self.store, self.blobs, run_id, handle)

    def reviewer_for(self, model: str) -> str | None:
        """Return the model that reviews what another one writes; None for the same one, or for the builtin mind.

        Raises:
            BadInput: The settings name one that does not exist.
            ModelUnavailable: The settings name one that has no key or address.
        """
        if not is_teams(model):
            return None
        choose: Callable[..., str | None] = pkgutil.resolve_name(REVIEWER)
        return choose(model, self.settings, self.environ)

    def model_name(self, text: str) -> str:
        """Return the whole name of a model that can be asked, from a name or an alias.

        Raises:
            BadInput: There is no such model.
            ModelUnavailable: Its key or its address is missing.
            PolicyRefused: The settings do not let its provider be asked.
        """
        if not is_teams(text) or text == AUTO:
            return text
        check: Callable[..., str] = pkgutil.resolve_name(USABLE_MODEL)
        return check(text, self.settings, self.environ, opens=self.open_model is None)

    def named_pool(self) -> tuple[str, ...]:
        """Return the whole names of the models that the settings let a router choose from, () for all.

        Raises:
            BadInput: One of them names no model.
        """
        name: Callable[[Settings], tuple[str, ...]] = pkgutil.resolve_name(NAMED_POOL)
        return name(self.settings)

    async def anyone_can_be_asked(self) -> bool:
        """Return whether there is a model that a router could choose."""
        find: Callable[..., Awaitable[bool]] = pkgutil.resolve_name(ANYONE)
        return await find(self.settings, self.environ)


@contextmanager
def _span_sink(environ: Mapping[str, str], redact: Callable[[str], str], note: Callable[[str], None]) -> Generator[SpanSink]:
    """Lend where traces go: nowhere, unless the environment names an address and the libraries for it are there."""
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    if off or not any(environ.get(name) for name in OTLP_ADDRESSES):
        yield NoSpans()
        return
    try:
        sending: Callable[..., AbstractContextManager[SpanSink]] = pkgutil.resolve_name(SENDING_SPANS)
    except ModuleNotFoundError:
        note("no traces are sent: pip install 'codecompanion[otel]' brings what sends them")
        yield NoSpans()
        return
    with sending(redact) as sink:
        yield sink


def _bus_of_this_process() -> MockBus:
    rules = Rules()
    return MockBus(max_deliveries=rules.max_deliveries, backoff_s=rules.backoff_s)


@asynccontextmanager
async def _posting(alerts: Alerts) -> AsyncGenerator[None]:
    """Post alerts while the context is open, if there is an address."""
    if not alerts.has_address:
        yield
        return
    async with beside(alerts.deliver):
        try:
            yield
        finally:
            await alerts.settle()


@asynccontextmanager
async def open_app(settings: Settings, environ: Mapping[str, str]) -> AsyncGenerator[App]:
    """Open the stores and everything that works with them.

    Raises:
        EnvironmentBroken: The state folder cannot be written, or the database cannot be used.
    """
    state = settings.state_dir
    try:
        await anyio.Path(state).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentBroken(
            f"the state folder {str(state)!r} cannot be made", cause=str(error), fix="name another with CODECOMPANION_STATE_DIR"
        ) from error
    redactor, clock, nearby = Redactor.from_environ(environ, also=settings.secrets()), SystemClock(), _bus_of_this_process()
    notes, watchers, slow = Notes(), Watchers(), SlowQueries(settings.slow_query_ms)
    async with (
        AsyncExitStack() as opened,
        open_stores(settings, notes.take) as stores,
        open_bus(settings, stores.events, nearby, stores.copied) as bus,
        open_limits(settings) as limits,
    ):
        known = opened.enter_context(acknowledged(settings, stores.copied, partial(told_heads, bus)))
        store: EventStore = ObservedStore(stores.events, watchers, slow)
        if known is not None:
            store = RememberingStore(store, known)
        alerts = Alerts(
            store,
            bus if settings.bus_url else nearby,  # without a bus that processes share each posts its own
            nearby,
            locks=stores.locks,
            note=CostGovernor(store, clock, Limits(), redact=redactor.data).note,
            post=Webhook(settings.alert_webhook.get_secret_value()).post if settings.alert_webhook else None,
        )
        with _span_sink(environ, redactor.text, notes.take) as spans:
            async with _posting(alerts):
                orchestrator = EventSourcedOrchestrator(
                    store, clock, nearby, redact=redactor.data, trace=lambda: recorded_here() or clock.new_id().replace("-", "")
                )
                yield App(
                    settings,
                    clock,
                    store,
                    RedactingBlobs(ObservedBlobs(stores.blobs, slow), redactor.content),
                    bus,
                    nearby,
                    stores.locks,
                    stores.roster,
                    stores.archive,
                    GitWorkspace(state / "worktrees"),
                    ProjectDetector(),
                    GitPacking(),
                    orchestrator,
                    alerts,
                    redactor,
                    environ,
                    acknowledged=known,
                    responses=None if settings.response_cache == "off" else stores.responses,
                    vectors=stores.vectors,
                    limits=limits,
                    notes=notes,
                    outcomes=LearningEngine(store, clock, redact=redactor.data),
                    watchers=watchers,
                    spans=spans,
                )
