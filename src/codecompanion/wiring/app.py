"""Everything a face works with."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from codecompanion.domain.budget import Limits
from codecompanion.observability.alerts import Alerts
from codecompanion.observability.redaction import Redactor
from codecompanion.observability.spans import NoSpans, SpanSink
from codecompanion.observability.watching import Watchers
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import (
    Archive,
    BaseBus,
    BlobStore,
    Clock,
    Detector,
    EventStore,
    Packing,
    ProviderLimits,
    ResponseCache,
    Roster,
    RunLocks,
    Sandbox,
    SharedVectors,
    Workspace,
)
from codecompanion.providers.limits import NoLimits
from codecompanion.routing.budget_alerts import AlertingGovernor
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.routing.learning_engine import LearningEngine
from codecompanion.settings import Settings
from codecompanion.storage.acknowledged import Acknowledged
from codecompanion.wiring.models_at_hand import ModelsAtHand
from codecompanion.wiring.notes import Notes
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.worktree import GitWorkspace, OnCommit


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

    @property
    def models(self) -> ModelsAtHand:
        """The models that can be asked; a dry run, which opens its own, needs no keys."""
        return ModelsAtHand(self.settings, self.environ, open_them=self.open_model is None)

    def learning(self) -> LearningEngine:
        """Return what learns from the runs of this app, or of the one whose memory is offered."""
        origin = self.remembering or self
        return origin.outcomes or LearningEngine(origin.store, self.clock, redact=self.redactor.data)
