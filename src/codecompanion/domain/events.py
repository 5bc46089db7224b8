"""The facts a run consists of. Names are past tense and final: a change of shape is a new schema version with an upcaster."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError

from codecompanion.domain.artifacts import ArtifactType, Claim
from codecompanion.domain.candidates import Rival, Standing
from codecompanion.domain.checks import Counts
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.ledgers import TaskLedger
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.project import ProjectProfile, Value
from codecompanion.domain.repair import Suspect
from codecompanion.domain.routes import CascadeStep, Contribution, ProfileName, RemovedModel, RouteCandidate, RouteFeatures
from codecompanion.domain.team import Role, TeamName
from codecompanion.domain.tidying import WorkKind

RunStatus = Literal["verified", "partial", "unverified", "failed", "nothing_to_do"]
Usd = Annotated[Decimal, Field(ge=0, le=1_000_000)]
"""US dollars, exact: text in JSON, never a binary fraction, and never negative or without end."""


class Fact(Value):
    """Base of all facts; the class name is the event type."""

    schema_version: ClassVar[int] = 1


class RunStarted(Fact):
    """A user asked for something. `repo` is the absolute root of the user's repository.

    `timeout_s` bounds each sitting: the work from the start, or from a resumption, on. `revalidate`: whether the change is
    tried on the user's own files in the end; it is False in the logs of versions that did not do so. `team` is who works
    with `model`, None for the builtin mind; `reviewer` is the reviewer's own model, None for the same; `permission_mode` is
    what agents may do without asking. `max_budget_usd` is what its calls of models may cost together, None for no limit.
    `fallback_models` answer, in their order, when the model before them does not. `tournament` are the models that compete for
    each piece of code, () for none. `reviewers` are the models that review together when there are several, else ().
    `settle` is who settles a vote of judges that is disputed: "rule" for a fixed rule, "person".

    With the model "auto" a router chooses for each task: by `profile`, among `pool` (() for all that can be asked), and without
    trying anything out when the run is `critical`. `builtin_first`: the builtin mind goes first, and the team only if it fails.

    `mcp`: the repository has a `.mcp.json`, whose trusted servers are offered to agents; it is False in the logs of versions
    that did not look.
    """

    schema_version: ClassVar[int] = 3

    objective: str
    repo: str
    base_commit: str
    model: str
    timeout_s: float
    test_command: str | None = None
    python: str | None = None
    include_uncommitted: bool = False
    apply: bool = False
    seed: int = 0
    revalidate: bool = False
    kind: WorkKind = WorkKind.REPAIR
    team: TeamName | None = None
    reviewer: str | None = None
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    max_budget_usd: Usd | None = None
    fallback_models: tuple[str, ...] = ()
    profile: ProfileName | None = None
    pool: tuple[str, ...] = ()
    critical: bool = False
    builtin_first: bool = False
    mcp: bool = False
    tournament: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    settle: Literal["rule", "person"] = "rule"


class Snapshotted(Value):
    """A recorded tree of a run."""

    label: str
    tree: str
    commit: str


class TreeSnapshotted(Fact):
    """The worktree's files were recorded. `label` says what they are: "base", or the id and attempt of a task.

    `candidate` is whose worktree it is when several compete, "" for the run's own.
    """

    label: str
    tree: str
    commit: str
    ref: str
    candidate: str = ""


class BroughtFile(Value):
    """A file beside the recorded trees: `path` is relative, `blob` git's id of its content, `size` in bytes."""

    path: str
    blob: str
    size: int


class LeftOut(Value):
    """A file that was not brought, and why."""

    path: str
    why: str


class IgnoredFilesBrought(Fact):
    """Files that git ignores were laid into the worktree, because the project's code needs them; no tree of the run has them.

    `commit` holds them under a ref of their own, None when all were left out.
    """

    commit: str | None
    files: tuple[BroughtFile, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class RepoProfiled(Fact):
    """Detection looked at the project."""

    profile: ProjectProfile


class CommandExecuted(Fact):
    """A command of the project ran in a sandbox and ended. `exit_code` is None when its time limit ended it.

    `tree` is the git tree it ran on; `output_sha256` and `report_sha256` are blobs: its output, and as JSON what was read in it
    (the SuiteReport of tests, the Inspection or TidyResult of a tidier's tools).
    """

    purpose: str
    argv: tuple[str, ...]
    exit_code: int | None
    duration_s: float
    tree: str
    sandbox: str
    output_sha256: str
    report_sha256: str


class BaseMeasured(Fact):
    """What failed before anything was changed. `evidence` are ids of the events that show it."""

    counts: Counts
    failing: tuple[str, ...]
    flaky: tuple[str, ...] = ()
    evidence: tuple[str, ...]


class TreeInspected(Fact):
    """A tidier looked at a tree. `label` is that of the tree; `findings` counts what is to be mended, by rule."""

    label: str
    tree: str
    findings: dict[str, int]
    evidence: tuple[str, ...]


class PlanAccepted(Fact):
    """The work to be done was fixed."""

    ledger: TaskLedger
    spec_sha256: str


class TaskStarted(Fact):
    """A worker took a task. A result that names an older attempt is refused."""

    task_id: str
    worker: str
    attempt: int


class SearchCompleted(Fact):
    """The builtin mind searched. `plausible` patches passed its tests; the whole result is a blob.

    `flaky` are tests that failed on the base and passed when the search ran them again. `templates` are the kinds of edit of
    the patches that may be put to the whole suite, best first; `weights` what was learned of kinds from earlier runs.
    """

    task_id: str
    candidates_tried: int
    plausible: int
    exhausted: bool
    duration_s: float
    suspects: tuple[Suspect, ...] = ()
    flaky: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    weights: dict[str, float] = Field(default_factory=dict)
    result_sha256: str


class ArtifactProduced(Fact):
    """A document was finished; its JSON is a blob."""

    artifact_type: ArtifactType
    sha256: str
    title: str
    task_id: str | None = None


class ChecksCompleted(Fact):
    """A patched tree was measured against the base. `passed` means: what failed passes, what passed still does.

    `broken` are tests that passed on the base and do not now; `still_failing` those that failed before and still do; `flaky`
    those that failed and passed on this very tree; `new_findings` are what tools hold against this tree and not the base.
    `new_tests` are tests that the base does not have; `integrity` is what was done to tests so that they say less.
    """

    schema_version: ClassVar[int] = 3

    task_id: str
    attempt: int
    tree: str
    counts: Counts
    broken: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    new_findings: tuple[str, ...] = ()
    new_tests: tuple[str, ...] = ()
    integrity: tuple[str, ...] = ()
    passed: bool
    evidence: tuple[str, ...] = Field(min_length=1)


class TaskCompleted(Fact):
    """A task's result passed its checks."""

    task_id: str
    attempt: int


class TaskFailed(Fact):
    """An attempt failed. `final` is True when no further attempt will be made."""

    task_id: str
    attempt: int
    reason: str
    final: bool


class ToolIntended(Fact):
    """An effect outside the log is about to happen; `key` is that of the append which will record its result."""

    key: str
    tool: str


class RouteChosen(Fact):
    """A router chose who is asked for a task: `model` first, and `escalate_to` when its work is refused (None for nobody).

    `decision_id` is RUN:TASK:ATTEMPT:ROLE. `propensity` is how likely this plan was, `draw` the random number from [0, 1) that
    picked it; `explored`: it is not the plan of the highest expected utility. `policy` names the way of choosing and its
    version, `belief` what was believed, learned from so many `outcomes`. `reasons` are what sets the model apart from
    `runner_up`, the candidate of the next highest utility ("" when it was the only one), the largest first.
    """

    decision_id: str
    task_id: str
    attempt: int
    role: Role
    model: str
    escalate_to: str | None = None
    propensity: float
    profile: ProfileName
    draw: float
    explored: bool = False
    critical: bool = False
    policy: str
    belief: str
    outcomes: int
    candidates: tuple[RouteCandidate, ...]
    removed: tuple[RemovedModel, ...] = ()
    features: RouteFeatures
    runner_up: str = ""
    reasons: tuple[Contribution, ...] = ()


class CascadeStepped(Fact):
    """A cascade takes its next step: `model` works on this attempt ("builtin" for the builtin mind, "" for nobody).

    `refused` is what the verdict held against the attempt before, by name; `reason` why this step and no other. `success`,
    `cost_usd`, `latency_s` and `utility` are what was expected of it, None where nothing was to be expected.
    """

    decision_id: str
    task_id: str
    attempt: int
    role: Role
    step: CascadeStep
    model: str
    reason: str
    refused: tuple[str, ...] = ()
    success: float | None = None
    cost_usd: float | None = None
    latency_s: float | None = None
    utility: float | None = None


class TeamCalled(Fact):
    """The builtin mind, which went first, did not solve it: from here on a team works, on the files of the base (`tree`)."""

    reason: str
    tree: Snapshotted


class ModelCallReserved(Fact):
    """A request is about to be sent to a model. `call` is the journal's key, `send` counts its requests from 1.

    `worst_usd` is what it can cost at most, as decimal text; None is unknown. `prompt_sha256` is the blob of the request as
    JSON, `request_hash` the hash of what is sent. One without a result, after a crash, counts at its worst.
    """

    call: str
    send: int
    task_id: str
    attempt: int
    role: Role
    model: str
    request_hash: str
    prompt_sha256: str
    input_tokens: int
    worst_usd: str | None


class ModelCallCompleted(Fact):
    """A model answered. `model` is what the provider says it is; `response_sha256` is the blob of the answer as JSON.

    `cost_usd` is decimal text, None for an unknown price; `from_cache` answers were not sent for. `sends` counts the requests.
    `asked` is the model that was asked, "" when the log is of a version that did not say; `usage_estimated` is whether the
    provider's own count of tokens was missing or could not be.
    """

    call: str
    sends: int
    task_id: str
    role: Role
    model: str
    request_hash: str
    response_sha256: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: str | None
    price_version: str
    duration_s: float
    from_cache: bool = False
    asked: str = ""
    usage_estimated: bool = False


class ModelCallFailed(Fact):
    """A request to a model failed. `wait_s` is the wait before the next one, None when it was the last.

    `cost_usd` is what it cost; of one that is `unsettled` nobody can tell, and it is the most that it may have cost.
    `body_sha256` is the blob of the first 4 KiB of what the server sent, "" for nothing.
    """

    call: str
    send: int
    role: Role
    model: str
    category: str
    what: str
    cost_usd: str | None = None
    wait_s: float | None = None
    unsettled: bool = False
    body_sha256: str = ""


class ModelSwitched(Fact):
    """A model did not answer, and the next one of the run was asked the same. `category` is how the first one failed."""

    call: str
    task_id: str
    role: Role
    from_model: str
    to_model: str
    category: str


class ToolCompleted(Fact):
    """A tool of an agent answered. `args_sha256` and `result_sha256` are blobs of JSON; `label` is for people."""

    call: str
    task_id: str
    role: Role
    tool: str
    label: str
    args_sha256: str
    result_sha256: str
    duration_s: float


class McpServerSeen(Value):
    """An MCP server of the project: how many of its tools are offered; `said` is why others are not, "" when all are."""

    server: str
    tools: int
    said: str = ""


class McpServersSeen(Fact):
    """What the project's MCP servers offer the agents of a run. `tools_sha256` is a blob: JSON of all offered tools.

    `trouble` says why `.mcp.json` itself cannot be used, "" when it can.
    """

    servers: tuple[McpServerSeen, ...]
    tools_sha256: str
    trouble: str = ""


class McpServerFailed(Fact):
    """An MCP server did not answer a call, and in a sentence how; it is recorded with the answer that the agent got instead."""

    server: str
    said: str


class HandoffMade(Fact):
    """An agent handed on what it made. A handoff that is not accepted goes back to it with the reason.

    `claims` are its own words; their evidence are ids of events, and what cites none is its opinion.
    """

    task_id: str
    attempt: int
    role: Role
    artifacts: tuple[str, ...] = ()
    summary: str = ""
    claims: tuple[Claim, ...] = ()
    accepted: bool
    reason: str = ""


class IntegrityExamined(Fact):
    """A change was looked at for what was done to tests so that they say less, and for keys that it writes down.

    `blocking` keep the change from being verified; `told` are for the report. `contradictions` are public names that an earlier
    task of the run made and the change takes away again.
    """

    task_id: str
    attempt: int
    tree: str
    blocking: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()


class UserSaid(Fact):
    """A person said something in a chat: a turn begins. Turns count from 1."""

    turn: int
    text: str


class AgentSaid(Fact):
    """The agent of a chat answered a turn. `conversation_sha256` is the blob of the turn's messages, for later turns.

    `gave_up` says why it did not come to an answer, "" when it did.
    """

    turn: int
    text: str
    conversation_sha256: str
    gave_up: str = ""


class TurnStopped(Fact):
    """A turn of a chat ended before it was done: the person stopped it, or something failed. What it had changed stays."""

    turn: int
    reason: str


class TurnUndone(Fact):
    """The files of a chat were set back to how they were before a turn; `tree` is what they are now."""

    turn: int
    tree: Snapshotted


class ModelChosen(Fact):
    """A person chose who answers from here on."""

    model: str


class TestsSeparated(Fact):
    """The base was recorded with the change of the tests alone, to see whether they fail where the code is not there."""

    __test__ = False

    tree: str
    commit: str


class TournamentStarted(Fact):
    """Candidates began to compete for an attempt of a task, each in a worktree of its own that begins with the tree `base`.

    What they do is recorded with their ids in the place of the task's.
    """

    task_id: str
    attempt: int
    base: Snapshotted
    candidates: tuple[Rival, ...]


class CandidateLost(Fact):
    """A candidate came to no end, for a reason that the others do not share."""

    task_id: str
    attempt: int
    candidate: str
    reason: str


class CrossTested(Fact):
    """The new tests of one candidate, `tests_of`, were run on another's change; together these are `tree`."""

    task_id: str
    attempt: int
    candidate: str
    tests_of: str
    tree: str
    failing: tuple[str, ...] = ()
    evidence: tuple[str, ...] = Field(min_length=1)


class CandidateJoined(Fact):
    """A change that is put together from those of others, `of`, joined a tournament."""

    task_id: str
    attempt: int
    joined: Rival
    of: tuple[str, ...]


class ConflictFound(Fact):
    """Two changes do not go together as they are. `between` are the ids of the tasks or candidates that made them.

    `kind` is "files" when both changed the same files, "lines" when a three-way merge cannot place both, "contract" when one
    takes away what the other needs; `what` names it then.
    """

    task_id: str
    attempt: int
    kind: Literal["files", "lines", "contract"]
    between: tuple[str, ...]
    paths: tuple[str, ...] = ()
    what: tuple[str, ...] = ()


class ConflictResolved(Fact):
    """What became of a conflict. `by` is what resolved it, "nothing" when it stays; `taken` is whose side was, "" for both."""

    task_id: str
    attempt: int
    between: tuple[str, ...]
    by: Literal["merge", "tests", "model", "person", "nothing"]
    taken: str = ""
    reason: str


class JudgeVoted(Fact):
    """A judge answered a question about an attempt. `judge` is its model; `options` are those that it finds best.

    `scores` are its points of 100 by what was judged; `reason` its words.
    """

    task_id: str
    attempt: int
    judge: str
    options: tuple[str, ...]
    scores: dict[str, float] = Field(default_factory=dict)
    reason: str = ""


class ConsensusReached(Fact):
    """The votes of judges on an attempt were counted. `outcome` is the winning option, "" when they are disputed.

    `question` is what a person is asked then; `weights` are the judges', learned from who was right before.
    """

    task_id: str
    attempt: int
    question: str
    outcome: str
    method: str
    shares: dict[str, float]
    weights: dict[str, float]
    dissent: tuple[str, ...] = ()
    reason: str


class TournamentDecided(Fact):
    """One candidate's change was taken for the task. `winner` is "" when none handed anything over.

    `by` is what decided: checks, same change, cross tests, size, judges, person or order; `reason` says it for people.
    """

    task_id: str
    attempt: int
    winner: str
    by: str
    reason: str
    standings: tuple[Standing, ...]


class ReviewCompleted(Fact):
    """A reviewer judged a change. `reviewed` are the tasks that go back to work when it is not accepted.

    `score` is 0 to 100; `findings` are those of enough confidence, `hidden` counts the others. `concerns` are the findings that
    are held against each of several tasks; when it is empty all are held against each.
    """

    task_id: str
    attempt: int
    reviewed: tuple[str, ...]
    score: int
    accepted: bool
    findings: tuple[str, ...] = ()
    hidden: int = 0
    concerns: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    model: str


class ApprovalRequested(Fact):
    """Something needs a person's word. `subject` is what would be done, `reason` why it is not done without asking.

    `waits`: whether the run does nothing else until the answer comes. `options` are the answers of a choice, () for yes or no.
    """

    subject: str
    reason: str
    waits: bool = False
    options: tuple[str, ...] = ()


class ApprovalGiven(Fact):
    """A person, or the lack of one, decided. `by` is "user", or "nobody" when there was no one to ask.

    `paths` may be changed from now on, though the agreed scope does not hold them. `choice` is what was chosen of options.
    """

    subject: str
    approved: bool
    by: str
    paths: tuple[str, ...] = ()
    choice: str = ""


class UsersFilesSeen(Fact):
    """The user's files were recorded as they are when the work is done, and the verified change was merged into them.

    `changed` are the paths in which they differ from the base, edited meanwhile or never committed; `conflicts` those where
    the user and the change touch the same lines. `users` and `merged` are the user's files without and with the change,
    None when nothing differs or there is a conflict.
    """

    changed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    users: Snapshotted | None = None
    merged: Snapshotted | None = None


class PatchRevalidated(Fact):
    """The whole suite ran on the user's files with the change in them. `failing` are tests that were to pass and do not."""

    counts: Counts
    failing: tuple[str, ...] = ()
    passed: bool
    evidence: tuple[str, ...]


class BranchDelivered(Fact):
    """A branch with the verified change exists in the user's repository."""

    branch: str
    commit: str
    tree: str


class PatchApplied(Fact):
    """The change was brought into the user's working tree, uncommitted; `merged` with what the user had changed there."""

    paths: tuple[str, ...]
    merged: bool = False


class PatchUndone(Fact):
    """The change was taken out of the user's working tree again."""

    paths: tuple[str, ...]


class RunQueued(Fact):
    """The run waits for whichever worker takes it. `principal` is for whom, so that nobody's runs keep another's waiting.

    `pack_sha256` is a blob with the repository as it was (see `ports.Packing`), None when workers find it at `repo`.
    `uncommitted` is the commit in it that holds the user's uncommitted changes, None for none.
    """

    principal: str
    pack_sha256: str | None = None
    uncommitted: str | None = None


class RunClaimed(Fact):
    """A worker took the run. `number` counts the claims from 1: what is decided under an older one is refused."""

    worker: str
    number: int


class RunReleased(Fact):
    """The worker of a claim let go of the run, which waits for the next one, or for a person if it asks one."""

    number: int
    reason: str


class TreesPacked(Fact):
    """A commit that was made away from the user's repository, in a blob that any machine can take it from.

    `ref` is what keeps it: a tree of the run under `refs/codecompanion`, or a delivered branch. The pack holds what the
    repository as it was queued does not have.
    """

    ref: str
    commit: str
    pack_sha256: str


class RunPaused(Fact):
    """The run stopped and can be resumed."""

    reason: str


class RunResumed(Fact):
    """A paused or interrupted run goes on. `max_budget_usd` and `timeout_s` are its new limits, None for those it had."""

    max_budget_usd: Usd | None = None
    timeout_s: float | None = None

    def limits(self) -> dict[str, Any]:
        """Return the limits that change, by their names in RunStarted."""
        return {name: value for name, value in dict(self).items() if value is not None}


class RunForked(Fact):
    """This stream is a copy of another run's first events; from here on it goes its own way."""

    parent: str
    at_version: int
    parent_hash: str
    model: str


class RunCompleted(Fact):
    """The run ended with a result. "verified" and "partial" need passing checks on the delivered tree.

    "partial" means that less was done than was asked for.
    """

    status: RunStatus
    exit_code: int
    summary: str


class RunFailed(Fact):
    """The run ended with an error that somebody must act on."""

    code: str
    what: str
    cause: str = ""
    fix: str = ""
    exit_code: int


class RunCancelled(Fact):
    """A user ended the run for good."""

    reason: str


class BudgetReserved(Fact):
    """Money was set aside for a call of a model before it is sent: the most that it may cost.

    `project` is the absolute root of the user's repository; `at` is UTC in RFC 3339. `price_known` is False when the model has
    no price and that of the dearest known one was taken. These three facts of money stand in the stream "spending".
    """

    reservation_id: str
    run_id: str
    project: str
    role: str
    model: str
    purpose: str
    worst_usd: Usd
    price_known: bool = True
    at: str


class BudgetSettled(Fact):
    """What a reserved call cost in the end. `cost_known` is False when nobody can tell: then it is the most it may have cost.

    `wasted`: the answer was paid and thrown away. `retried`: the call repeated one that had failed.
    """

    reservation_id: str
    cost_usd: Usd
    cost_known: bool = True
    wasted: bool = False
    retried: bool = False


class CostSaved(Fact):
    """An answer came from the response cache. `saved_usd` is what asking the model would have cost."""

    run_id: str
    project: str
    role: str
    model: str
    saved_usd: Usd
    at: str


class QuoteGiven(Fact):
    """What a run was expected to cost and take, said before its first call; it stands in the stream "spending".

    `basis` is "history" of `runs` earlier runs alike, of which 8 in 10 lay within the bounds, or "prices" when they are too
    few: bounds of tokens at the list price, None for an unknown one. `solved` is the rate of those that were verified.
    """

    run_id: str
    model: str
    basis: Literal["history", "prices"]
    runs: int
    low_usd: Usd | None = None
    high_usd: Usd | None = None
    low_s: float | None = None
    high_s: float | None = None
    solved: float | None = None
    solved_low: float | None = None
    solved_high: float | None = None


class BudgetAlerted(Fact):
    """So many per cent of a limit were used, spent or reserved. `scope` is the run, project, or first day that it is about."""

    limit: str
    scope: str
    percent: int
    limit_usd: Usd
    spent_usd: Usd
    reserved_usd: Usd
    run_id: str
    at: str


class TokenCreated(Fact):
    """A bearer token of the API was handed out. Only the sha256 of its text is kept; `expires_at` is RFC 3339, "" for never."""

    token_id: str
    name: str
    token_digest: str
    scopes: tuple[str, ...]
    expires_at: str = ""


class TokenRevoked(Fact):
    """A bearer token is not taken any more."""

    token_id: str


class RequestTaken(Fact):
    """A request that must not be carried out twice was taken. `body_digest` is that of its method, path and body.

    `principal` is who sent it; `run_id` the run that it began or is about.
    """

    principal: str
    body_digest: str
    run_id: str


class OutcomeRecorded(Fact):
    """What came of an attempt at a task was taken in. `source` is "run", or "import" for one that came from a file.

    The three facts of learning stand in the stream "learning".
    """

    outcome: TaskOutcome
    source: Literal["run", "import"] = "run"


class OutcomeCorrected(Fact):
    """The history of the repository, or the user, said more of an outcome. `later` is all that is known of it now."""

    decision_id: str
    later: Later


class ArmReset(Fact):
    """What was learned of a model until now no longer counts."""

    model: str
    reason: str


class UnknownFact(Fact):
    """A fact of a type that this version does not know: kept in the log, without effect on the state."""

    type: str


FACTS: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        RunStarted,
        TreeSnapshotted,
        IgnoredFilesBrought,
        RepoProfiled,
        CommandExecuted,
        BaseMeasured,
        TreeInspected,
        PlanAccepted,
        TaskStarted,
        SearchCompleted,
        ArtifactProduced,
        ChecksCompleted,
        TaskCompleted,
        TaskFailed,
        ToolIntended,
        RouteChosen,
        CascadeStepped,
        TeamCalled,
        ModelCallReserved,
        ModelCallCompleted,
        ModelCallFailed,
        ModelSwitched,
        ToolCompleted,
        McpServersSeen,
        McpServerFailed,
        HandoffMade,
        IntegrityExamined,
        UserSaid,
        AgentSaid,
        TurnStopped,
        TurnUndone,
        ModelChosen,
        TestsSeparated,
        TournamentStarted,
        CandidateLost,
        CrossTested,
        CandidateJoined,
        ConflictFound,
        ConflictResolved,
        JudgeVoted,
        ConsensusReached,
        TournamentDecided,
        ReviewCompleted,
        ApprovalRequested,
        ApprovalGiven,
        UsersFilesSeen,
        PatchRevalidated,
        BranchDelivered,
        PatchApplied,
        PatchUndone,
        RunQueued,
        RunClaimed,
        RunReleased,
        TreesPacked,
        RunPaused,
        RunResumed,
        RunForked,
        RunCompleted,
        RunFailed,
        RunCancelled,
        BudgetReserved,
        BudgetSettled,
        CostSaved,
        QuoteGiven,
        BudgetAlerted,
        TokenCreated,
        TokenRevoked,
        RequestTaken,
        OutcomeRecorded,
        OutcomeCorrected,
        ArmReset,
    )
}

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters = dict[tuple[str, int], Upcaster]

UPCASTERS: Upcasters = {
    ("RunStarted", 1): lambda data: {"kind": WorkKind.REPAIR, **data},
    ("RunStarted", 2): lambda data: {"team": None, **data},
    ("ChecksCompleted", 1): lambda data: {"new_findings": (), **data},
    ("ChecksCompleted", 2): lambda data: {"integrity": (), **data},
}
"""(type, schema version) -> the function that makes the data of the next version."""


def upcast(type_name: str, version: int, data: dict[str, Any], upcasters: Upcasters = UPCASTERS) -> dict[str, Any]:
    """Return data as the newest known version of its type has it."""
    while (step := upcasters.get((type_name, version))) is not None:
        data, version = step(data), version + 1
    return data


def decode(event: Event) -> Fact:
    """Return the fact an event holds; a type or version newer than this code is an UnknownFact.

    Raises:
        LogCorrupt: The data does not fit its type.
    """
    known = FACTS.get(event.type)
    if known is None or event.schema_version > known.schema_version:
        return UnknownFact(type=event.type)
    data = event.data
    if event.schema_version < known.schema_version:
        data = upcast(event.type, event.schema_version, data)
    try:
        return known.model_validate(data)
    except ValidationError as error:
        raise LogCorrupt(event.stream_id, event.version, f"{event.type} has an unreadable shape") from error


def encode(fact: Fact) -> dict[str, Any]:
    """Return the plain JSON data of a fact."""
    return fact.model_dump(mode="json")
