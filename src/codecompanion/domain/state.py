"""What later decisions about a run need to know of it, and nothing more: no times, no event ids, no durations."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.checks import Counts
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import IgnoredFilesBrought, PlanAccepted, RunStarted, RunStatus, Snapshotted, UsersFilesSeen
from codecompanion.domain.ledgers import ItemProgress, ProgressLedger
from codecompanion.domain.project import ProjectProfile, Value
from codecompanion.domain.team import AUTO, is_teams
from codecompanion.domain.tidying import WorkKind

MAX_ATTEMPTS = 5
"""How many plausible patches of one search are put to the whole suite before the task is given up."""

AGENT_ATTEMPTS = 3
"""How often an agent may try a task; what was held against an attempt is told to the next."""

CASCADE_ATTEMPTS = 6
"""The same where a cascade decides after each attempt whether there is a next: only to be sure that it ends."""


class Measured(Value):
    """What failed on the base."""

    counts: Counts
    failing: tuple[str, ...]
    flaky: tuple[str, ...]


class Proof(Value):
    """The last checks of a patched tree."""

    tree: str
    counts: Counts
    passed: bool


class ChatTurn(Value):
    """One turn of a chat. `before` is the tree that it began with, None while there was none yet.

    `conversation_sha256` is the blob of its messages, None before the agent answered; `stopped` is why it ended without an
    answer, "" when it did not. `undone`: after it the person took changes back.
    """

    text: str
    before: Snapshotted | None
    conversation_sha256: str | None = None
    stopped: str = ""
    undone: bool = False


class Contestant(Value):
    """A candidate at work. `head` is the newest tree of its worktree, None before the first."""

    candidate: str
    model: str
    head: Snapshotted | None = None


class Contest(Value):
    """A tournament that is not decided. `base` is the tree that each candidate begins with."""

    task_id: str
    attempt: int
    base: Snapshotted
    candidates: tuple[Contestant, ...]


class InQueue(Value):
    """Where a run of the workers is. `claim` counts those who took it; `worker` has it now, "" while it waits.

    `lost` counts the claims that were taken from their workers since the run last got any further; `parked`: it is
    paused for that.
    """

    claim: int = 0
    worker: str = ""
    lost: int = 0
    parked: bool = False


class NotStarted(Value):
    """Nothing was asked yet."""

    kind: Literal["not_started"] = "not_started"


class Running(Value):
    """A run at work. What is None has not happened yet; `plausible` counts the search's patches, None before it.

    `brought` are files that git ignores and that lie in the worktree beside the recorded trees. `findings` counts what the last
    inspection would have mended; `reviews` how often a review sent the change back. `holds` is whether the change also holds in
    the user's own files; `applied_merged` whether it was merged into them. `awaiting` is what a person must approve before the
    run goes on, `options` what may be chosen; `approved` are paths outside of the agreed scope that a person let be changed.
    `takeovers` counts how often a fork gave the run to another model; `called` is whether the team was called after the builtin
    mind, which had gone first. `contest` is the tournament under way, None for none.

    `queue` is None for a run that no worker takes: it is worked on where it was begun.

    Of a chat: `turns` is what was said, `acts` counts what the person did (each is recorded under its number), `taken` is the
    tree whose change is in the user's working tree, and `proven` are the trees that passed their checks.
    """

    kind: Literal["running"] = "running"
    request: RunStarted
    paused: bool = False
    base: Snapshotted | None = None
    head: Snapshotted | None = None
    brought: IgnoredFilesBrought | None = None
    profile: ProjectProfile | None = None
    measured: Measured | None = None
    findings: int | None = None
    plan: PlanAccepted | None = None
    progress: ProgressLedger = ProgressLedger()
    plausible: int | None = None
    artifacts: tuple[ArtifactType, ...] = ()
    proof: Proof | None = None
    reviews: int = 0
    awaiting: str | None = None
    options: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()
    users_files: UsersFilesSeen | None = None
    holds: bool | None = None
    branch: str | None = None
    applied: tuple[str, ...] | None = None
    applied_merged: bool = False
    queue: InQueue | None = None
    takeovers: int = 0
    called: bool = False
    contest: Contest | None = None
    turns: tuple[ChatTurn, ...] = ()
    acts: int = 0
    taken: Snapshotted | None = None
    proven: tuple[str, ...] = ()

    @property
    def with_agents(self) -> bool:
        """Whether agents do the next steps: a model was asked for, and the builtin mind does not go first (any more)."""
        return is_teams(self.request.model) and (self.called or not self.request.builtin_first)

    @property
    def routed(self) -> bool:
        """Whether a router chooses the models."""
        return self.request.model == AUTO

    @property
    def may_call_team(self) -> bool:
        """Whether a team stands behind the builtin mind, which is at work: tests fail, and there are agents to mend them."""
        repairs = self.request.kind is WorkKind.REPAIR and self.measured is not None and bool(self.measured.failing)
        return repairs and is_teams(self.request.model) and not self.with_agents


class Ended(Value):
    """A run that is over. Only bringing its patch into the user's tree, or out of it, is still possible."""

    kind: Literal["ended"] = "ended"
    run: Running
    outcome: RunStatus | Literal["error", "cancelled"]
    exit_code: int


State = Annotated[NotStarted | Running | Ended, Field(discriminator="kind")]
INITIAL: State = NotStarted()
STATE: TypeAdapter[State] = TypeAdapter(State)


def progress_of(state: Running, task_id: str) -> ItemProgress:
    """Return how far a task of the plan is.

    Raises:
        CommandRefused: The plan has no such task.
    """
    for entry in state.progress.items:
        if entry.item.item_id == task_id:
            return entry
    raise CommandRefused(f"there is no task {task_id!r} in the plan")


def brought_paths(state: Running) -> tuple[str, ...]:
    """Return the paths in the worktree that git ignores: a change of theirs would be part of no result."""
    return () if state.brought is None else tuple(file.path for file in state.brought.files)


def tree_label(task_id: str, attempt: int) -> str:
    """Return the label of the tree that an attempt of a task makes."""
    return f"{task_id}:{attempt}"
