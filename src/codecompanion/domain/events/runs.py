"""A run's life: asked for, queued, claimed, paused, resumed, forked, ended."""

from typing import Any, ClassVar, Literal

from codecompanion.domain.events.fact import Fact, RunStatus, Usd
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.project import Value
from codecompanion.domain.routes import ProfileName
from codecompanion.domain.team import Role, TeamName
from codecompanion.domain.tidying import WorkKind


class RolePrompt(Value):
    """A project's own prompt of a role."""

    role: Role
    sha256: str


class Advice(Value):
    """Who is asked for advice, and what of: blobs with the facts as text, and with a unified diff (None for none)."""

    role: Role
    facts_sha256: str
    diff_sha256: str | None = None


class RunStarted(Fact):
    """A user asked for something. `repo` is the absolute root of the user's repository.

    `timeout_s` bounds each sitting: the work from the start, or from a resumption, on. `revalidate`: whether the change is
    tried on the user's own files in the end; it is False in the logs of versions that did not do so. `team` is who works
    with `model`, None for the builtin mind; `reviewer` is the reviewer's own model, None for the same; `permission_mode` is
    what agents may do without asking. `max_budget_usd` is what its calls of models may cost together, None for no limit.
    `fallback_models` answer, in their order, when the model before them does not. `tournament` are the models that compete for
    each piece of code, () for none. `reviewers` are the models that review together when there are several, else ().
    `settle` is who settles a vote of judges that is disputed: "rule" for a fixed rule, "person". `allow_no_tests`: agents go on
    when the project's tests cannot be run, and what they change is unverified.

    With the model "auto" a router chooses for each task: by `profile`, among `pool` (() for all that can be asked), and without
    trying anything out when the run is `critical`. `builtin_first`: the builtin mind goes first, and the team only if it fails.

    `mcp`: the repository has a `.mcp.json`, whose trusted servers are offered to agents; it is False in the logs of versions
    that did not look. `role_prompts` are those that the project had of its own when the run began; None in the logs of versions
    that did not keep them. `advice` is what one agent is to say something of, None for every other kind of run.
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
    allow_no_tests: bool = False
    role_prompts: tuple[RolePrompt, ...] | None = None
    advice: Advice | None = None


class RunQueued(Fact):
    """The run waits for whichever worker takes it. `principal` is for whom, so that nobody's runs keep another's waiting.

    `pack_sha256` is a blob with the repository as it was (see `ports.Packing`), None when workers find it at `repo`.
    `uncommitted` is the commit in it that holds the user's uncommitted changes, None for none.
    """

    principal: str
    pack_sha256: str | None = None
    uncommitted: str | None = None


class RunClaimed(Fact):
    """A worker took the run. `number` counts the claims from 1: what is decided under an older one is refused.

    `took_from` is the worker whose lease had run out, "" when nobody had the run.
    """

    worker: str
    number: int
    took_from: str = ""


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
    """The run stopped and can be resumed. `code` is that of the error for which it was stopped, "" when there was none."""

    reason: str
    code: str = ""


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
