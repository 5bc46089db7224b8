"""What was found in the repository before anything was changed."""

from codecompanion.domain.checks import Counts
from codecompanion.domain.events.fact import Fact
from codecompanion.domain.project import ProjectProfile, Value


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

    `exceeded` is what it took more of than the sandbox allows, "disk" or "memory", for which it was ended, "" for nothing.

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
    exceeded: str = ""


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
