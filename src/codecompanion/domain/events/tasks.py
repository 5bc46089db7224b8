"""The plan, its tasks, and what they produced and proved."""

from typing import ClassVar

from pydantic import Field

from codecompanion.domain.artifacts import ArtifactType, Claim
from codecompanion.domain.checks import Counts
from codecompanion.domain.events.fact import Fact
from codecompanion.domain.ledgers import TaskLedger
from codecompanion.domain.repair import Suspect
from codecompanion.domain.team import Role


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


class TestsSeparated(Fact):
    """The base was recorded with the change of the tests alone, to see whether they fail where the code is not there."""

    __test__ = False

    tree: str
    commit: str
