"""The shapes of requests and answers. Money is US dollars as decimal text, times are UTC in RFC 3339, durations are seconds."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from codecompanion.domain.envelope import Event
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.team import TeamName
from codecompanion.orchestrator.projections import RunView
from codecompanion.providers.names import SCRIPTED

Usd = Annotated[str, Field(pattern=r"^[0-9]{1,7}(\.[0-9]{1,10})?$", examples=["2.50"])]


def _not_a_file(name: str) -> str:
    """Return a model's name, or raise ValueError: a file of the server is not the client's."""
    if name.strip().partition(":")[0].casefold() == SCRIPTED:
        raise ValueError("a model whose answers come from a file of the server cannot be named here")
    return name


RemoteModel = Annotated[str, Field(max_length=200), AfterValidator(_not_a_file)]


class Request(BaseModel):
    """Base of all bodies of requests: nothing is converted and nothing is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid")


class NewRun(Request):
    """What to do. What is left out is as the server's settings say; `repo` is one of those that are served."""

    objective: str = Field(min_length=1, max_length=65_536, examples=["fix the failing tests"])
    repo: str | None = Field(
        default=None, max_length=4096, description="The root of a served repository; the first one by default."
    )
    model: RemoteModel | None = Field(default=None, examples=["builtin", "sonnet"])
    team: Annotated[TeamName, Field(strict=False)] | None = None
    reviewer: RemoteModel | None = None
    fallback_models: list[RemoteModel] | None = Field(default=None, max_length=10)
    permission_mode: Annotated[PermissionMode, Field(strict=False)] | None = None
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    max_budget_usd: Usd | None = None
    test_command: str | None = Field(default=None, max_length=4096)
    allow_no_tests: bool | None = None
    seed: int | None = Field(default=None, ge=0, le=2**31)
    include_uncommitted: bool = False


class Quote(BaseModel):
    """What a run would be expected to cost and take. `basis` is "history" of `runs` earlier runs alike, or "prices".

    Of the runs of the history 8 in 10 lay within the bounds, and `solved` of them were verified. What is None is unknown.
    """

    model: str
    basis: str = Field(examples=["history", "prices"])
    runs: int
    low_usd: str | None
    high_usd: str | None
    low_s: float | None
    high_s: float | None
    solved: float | None
    solved_low: float | None
    solved_high: float | None


class NewLimit(Request):
    """A limit of cost in US dollars; None takes it away.

    With `for_project` it is that of the first repository, which may only lower the user's own.
    """

    limit_usd: Usd | None = Field(examples=["2.50"])
    for_project: bool = False


class LimitRow(BaseModel):
    """A limit of cost in US dollars, None for none, and where it is set."""

    limit: str = Field(examples=["day"])
    limit_usd: str | None
    source: str


class LimitSet(BaseModel):
    """A limit that was written into a settings file. Runs that begin from now on obey it."""

    limit: str
    limit_usd: str | None
    file: str


class SettingRow(BaseModel):
    """A setting: its value as JSON (that of a secret is only whether there is one) and where it was set."""

    name: str
    value: Any
    source: str


class PromptRow(BaseModel):
    """What an agent of a team is told: its role, and the prompt as Markdown; `own` is whether it is the repository's own."""

    role: str
    prompt: str
    own: bool


class GoOn(Request):
    """How a paused run goes on: limits that are given replace those it has."""

    max_budget_usd: Usd | None = None
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)


class NewFork(Request):
    """Where a fork parts from its run, and the model that goes on; its own model by default."""

    at_version: int = Field(ge=1, le=2**31)
    model: RemoteModel | None = None


class Verdict(StrEnum):
    """What a person says to what a run waits for."""

    APPROVE = "approve"
    REJECT = "reject"


class Decision(Request):
    """What a person decides. A rejected run is cancelled. `choice` is one of the run's `choices`.

    `version` is that of the waiting run that was looked at: one that has gone on since, and may wait for something else, is not
    decided. Without it, what the run waits for now is.
    """

    decision: Annotated[Verdict, Field(strict=False)]
    choice: str = Field(default="", max_length=200)
    version: int | None = Field(default=None, ge=1, examples=[42])


class BroughtAnswer(Request):
    """The whole answer of a web chat to the prompt of an errand."""

    answer: str = Field(min_length=1, max_length=1_000_000, pattern=r"\S")


class Accepted(BaseModel):
    """A request that was taken; the run shows what becomes of it."""

    run_id: str = Field(examples=["20261126-040000-abcd"])
    href: str = Field(examples=["/v1/runs/20261126-040000-abcd"])

    @classmethod
    def of(cls, run_id: str) -> "Accepted":
        """Return the answer for a run."""
        return cls(run_id=run_id, href=f"/v1/runs/{run_id}")


class RunRow(BaseModel):
    """A run in a list. `exit_code` is None until it ended."""

    run_id: str
    status: str
    exit_code: int | None
    summary: str
    objective: str
    repo: str
    model: str
    started_at: str
    last_at: str
    duration_s: float
    version: int

    @classmethod
    def of(cls, view: RunView) -> "RunRow":
        """Return a run's row."""
        return cls(
            run_id=view.run_id,
            status=view.status,
            exit_code=view.exit_code,
            summary=view.summary,
            objective=view.request.objective,
            repo=view.request.repo,
            model=view.request.model,
            started_at=view.started_at,
            last_at=view.last_at,
            duration_s=round(view.duration_s, 3),
            version=view.version,
        )


class RunPage(BaseModel):
    """Runs, the newest first; `next_cursor` is None on the last page."""

    runs: list[RunRow]
    next_cursor: str | None


class EventRow(BaseModel):
    """A recorded fact, as it stands in the log: `version` counts in its run, `position` in the store."""

    event_id: str
    stream_id: str
    version: int
    position: int
    type: str
    schema_version: int
    recorded_at: str
    correlation_id: str
    causation_id: str
    trace_id: str
    actor: str
    data: dict[str, Any]
    prev_hash: str
    hash: str

    @classmethod
    def of(cls, event: Event) -> "EventRow":
        """Return an event's row."""
        return cls(**event._asdict())


class EventPage(BaseModel):
    """Events in their order; `next_cursor` is None when there are no more yet."""

    events: list[EventRow]
    next_cursor: str | None


class StateAt(BaseModel):
    """What a run's decisions knew after an event, its hash, and the commit of its files then (None before the first)."""

    run_id: str
    version: int
    state: dict[str, Any]
    state_sha256: str
    tree: str | None


class TaskRow(BaseModel):
    """A task of the plan, and how far it is."""

    task_id: str
    title: str
    status: str
    attempts: int
    depends_on: list[str]


class LaneRow(BaseModel):
    """Something that took time in a run. `lane` is an agent's role, "builtin", "commands" (of the project) or "you".

    Times are seconds from the run's first event; `ended_s` is None for what is not over. `event` is the version of the event
    that told of it last.
    """

    lane: str
    kind: str = Field(examples=["model", "tool", "search", "command", "answer"])
    what: str
    began_s: float
    ended_s: float | None
    event: int


class WorkerRow(BaseModel):
    """A worker: "working", "draining", or "silent" when its lease ran out; it was heard `silent_s` seconds ago."""

    worker: str
    place: str
    size: int
    state: str = Field(examples=["working", "draining", "silent"])
    silent_s: float
    runs: list[str]


class QueuedRow(BaseModel):
    """A run that is a worker's: "working", "lost" (its worker is silent), "queued", or "held" (paused, or for a person)."""

    run_id: str
    state: str = Field(examples=["working", "lost", "queued", "held"])
    principal: str
    objective: str
    repo: str
    claim: int
    lost_claims: int
    code: str | None
    worker: str | None
    place: str | None


class Workers(BaseModel):
    """The workers of this log, silent ones included, and the runs that are theirs, the longest waiting first."""

    workers: list[WorkerRow]
    runs: list[QueuedRow]


class ArtifactRow(BaseModel):
    """A document of a run; its content is under `href`."""

    artifact_type: str
    title: str
    sha256: str
    version: int
    href: str


class Waiting(BaseModel):
    """A run that waits for a person, and for what; `choices` are the answers that it offers, none for a yes or no."""

    run_id: str
    subject: str
    choices: list[str]
    objective: str
    since: str
    version: int


class Health(BaseModel):
    """Whether the server is in order; `checks` say more to who has a token."""

    status: str = Field(examples=["ok", "degraded"])


class SystemState(BaseModel):
    """The server: its version, its sandbox and what it works on."""

    version: str
    sandbox: str
    repos: list[str]
    workers: int
    working: list[str]
    waiting: list[str]
    draining: bool
