"""Runs made of facts: a straight one, and random ones for the properties."""

from collections.abc import Sequence
from functools import reduce

from hypothesis import strategies as st

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.checks import Counts
from codecompanion.domain.commands import (
    AcceptPlan,
    ApplyPatch,
    CancelRun,
    ChooseModel,
    ClaimRun,
    Command,
    CompleteRun,
    DeliverBranch,
    FailRun,
    ForkRun,
    PauseRun,
    QueueRun,
    Record,
    RecordAll,
    ReleaseRun,
    ResumeRun,
    Say,
    StartRun,
    StartTask,
    StopTurn,
    UndoPatch,
    UndoTurn,
)
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    AgentSaid,
    ArtifactProduced,
    BaseMeasured,
    BranchDelivered,
    ChecksCompleted,
    CommandExecuted,
    Fact,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    PlanAccepted,
    RepoProfiled,
    RunFailed,
    RunQueued,
    RunStarted,
    SearchCompleted,
    Snapshotted,
    ToolIntended,
    TreeInspected,
    TreeSnapshotted,
    TreesPacked,
    UsersFilesSeen,
)
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.project import Finding, Interpreter, ProjectProfile, TestSuite
from codecompanion.domain.repair import Suspect
from codecompanion.domain.state import State
from codecompanion.domain.team import TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.workflow import INITIAL, decide, evolve

REQUEST = RunStarted(
    objective="fix the failing tests", repo="/home/user/shop", base_commit="c" * 40, model="builtin", timeout_s=60.0
)
BASE = TreeSnapshotted(label="base", tree="a" * 40, commit="c" * 40, ref="refs/codecompanion/r/base")
PATCHED = TreeSnapshotted(label="repair:1", tree="b" * 40, commit="d" * 40, ref="refs/codecompanion/r/1")
PROFILE = RepoProfiled(
    profile=ProjectProfile(
        language=Finding(value="python", confidence=1.0, reason="pyproject.toml"),
        interpreter=Interpreter(executable="/usr/bin/python3", prefixes=("/usr",), version="3.11.2", source="current"),
        suite=TestSuite(runner="pytest", args=("tests",)),
        packages=("shop",),
    )
)
EXECUTED = CommandExecuted(
    purpose="measure:base",
    argv=("python", "-m", "pytest"),
    exit_code=1,
    duration_s=0.5,
    tree="a" * 40,
    sandbox="bubblewrap",
    output_sha256="1" * 64,
    report_sha256="2" * 64,
)
MEASURED = BaseMeasured(counts=Counts(passed=3, failed=1), failing=("tests/test_shop.py::test_sale",), evidence=("e1",))
INSPECTED = TreeInspected(label="base", tree="a" * 40, findings={"F401": 2}, evidence=("e3",))
PLAN = PlanAccepted(
    ledger=TaskLedger(
        goal="fix the failing tests",
        success_criteria=("all pass",),
        items=(WorkItem(item_id="repair", title="Make it pass", role="debugger"),),
    ),
    spec_sha256="3" * 64,
)
SEARCHED = SearchCompleted(
    task_id="repair",
    candidates_tried=12,
    plausible=2,
    exhausted=False,
    duration_s=1.5,
    suspects=(Suspect(path="shop.py", line=3, function="sale", score=0.9, reason="only failing tests run it"),),
    result_sha256="4" * 64,
)
PATCH = ArtifactProduced(artifact_type=ArtifactType.CODE_PATCH, sha256="5" * 64, title="`>` became `>=`", task_id="repair")
CHECKED = ChecksCompleted(task_id="repair", attempt=1, tree="b" * 40, counts=Counts(passed=4), passed=True, evidence=("e2",))
REFUTED = CHECKED.model_copy(update={"passed": False, "broken": ("tests/test_shop.py::test_other",)})
DELIVERED = BranchDelivered(branch="codecompanion/r-fix", commit="e" * 40, tree="b" * 40)
USERS_FILES = UsersFilesSeen(
    changed=("shop.py",),
    users=Snapshotted(label="users", tree="7" * 40, commit="8" * 40),
    merged=Snapshotted(label="merged", tree="9" * 40, commit="0" * 40),
)
REVALIDATED = PatchRevalidated(counts=Counts(passed=4), passed=True, evidence=("e3",))
APPLIED = PatchApplied(paths=("shop.py",))
FAILURE = RunFailed(code="CC-6000", what="a module is missing", cause="x", fix="pip install x", exit_code=6)
QUEUED = RunQueued(principal="user:me", pack_sha256="6" * 64, uncommitted="7" * 40)
PACKED = TreesPacked(ref="refs/codecompanion/r/1", commit="d" * 40, pack_sha256="8" * 64)
CHAT = REQUEST.model_copy(update={"kind": WorkKind.CHAT, "model": "openai:a", "team": TeamName.SOLO})
ANSWER = AgentSaid(turn=1, text="A shop.", conversation_sha256="1" * 64)

STRAIGHT: tuple[Command, ...] = (
    StartRun(REQUEST),
    Record(ToolIntended(key="prepare", tool="prepare")),
    Record(BASE),
    Record(PROFILE),
    Record(EXECUTED),
    Record(MEASURED),
    AcceptPlan(PLAN),
    StartTask("repair", "builtin", 1),
    Record(SEARCHED),
    Record(PATCHED),
    Record(CHECKED),
    Record(PATCH),
    DeliverBranch(DELIVERED),
    ApplyPatch(APPLIED),
    Record(USERS_FILES),
    Record(REVALIDATED),
    CompleteRun("verified", 0, "verified"),
)

COMMANDS: tuple[Command, ...] = (
    *STRAIGHT,
    Record(REFUTED),
    Record(SEARCHED.model_copy(update={"plausible": 0})),
    StartTask("repair", "builtin", 2),
    StartTask("other", "builtin", 1),
    DeliverBranch(DELIVERED.model_copy(update={"tree": "f" * 40})),
    UndoPatch(PatchUndone(paths=("shop.py",))),
    PauseRun("interrupted"),
    ResumeRun(),
    ForkRun("parent", 3, "0" * 64, "builtin"),
    CompleteRun("failed", 1, "not solved"),
    FailRun(FAILURE),
    CancelRun("enough"),
    RecordAll((EXECUTED, INSPECTED)),
    StartRun(CHAT),
    Say("What is this?"),
    Record(ANSWER),
    StopTurn("enough"),
    UndoTurn(None),
    ChooseModel("openai:b"),
    QueueRun(QUEUED),
    ClaimRun("w1", 1),
    ClaimRun("w2", 2),
    ReleaseRun(1, "interrupted"),
    Record(PACKED),
)

commands = st.one_of(
    st.lists(st.sampled_from(COMMANDS), max_size=40),
    # A straight run with noise in it gets further than pure noise does.
    st.lists(st.sampled_from(COMMANDS), max_size=12).flatmap(
        lambda noise: st.permutations(range(len(noise) + len(STRAIGHT))).map(lambda order: merged(noise, order))
    ),
)


def merged(noise: Sequence[Command], order: list[int]) -> list[Command]:
    """Return the straight run, in its order, with the noise strewn among it."""
    straight, strewn = iter(STRAIGHT), iter(noise)
    return [next(straight) if place < len(STRAIGHT) else next(strewn) for place in order]


def history(asked: Sequence[Command]) -> list[Fact]:
    """Return the facts of commands given one after the other; refused ones leave none."""
    facts: list[Fact] = []
    state: State = INITIAL
    for command in asked:
        try:
            new = decide(state, command)
        except CommandRefused:
            continue
        facts += new
        state = reduce(evolve, new, state)
    return facts


def fold(facts: list[Fact], start: State = INITIAL) -> State:
    """Return the state after facts."""
    return reduce(evolve, facts, start)
