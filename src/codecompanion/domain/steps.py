"""What can come next in a run. A step names the work, not how it is done."""

from dataclasses import dataclass

from codecompanion.domain.events import RunStatus


@dataclass(frozen=True, slots=True)
class PrepareTree:
    """Make the run's worktree and record the base tree."""


@dataclass(frozen=True, slots=True)
class ProfileProject:
    """Find out what kind of project it is and how its tests run."""


@dataclass(frozen=True, slots=True)
class MeasureBase:
    """Run the tests on the untouched base."""


@dataclass(frozen=True, slots=True)
class InspectBase:
    """Let the tools of a tidying look at the untouched base."""


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Write the SpecDoc and fix the work items."""


@dataclass(frozen=True, slots=True)
class SearchRepair:
    """Look for patches. `attempt` counts from 1."""

    task_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class AskForApproval:
    """Let a person approve the plan before anything is changed."""


@dataclass(frozen=True, slots=True)
class AskAgent:
    """Let the agent of a task's role work. `attempt` counts from 1."""

    task_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CallTeam:
    """Let a team go on where the builtin mind, which went first, did not solve it."""


@dataclass(frozen=True, slots=True)
class PatchTree:
    """Write the patch of an attempt into the worktree and record the tree."""

    task_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class VerifyTree:
    """Run the whole suite on the patched tree in a clean process."""

    task_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class RevalidateChange:
    """Try the verified change on the user's files as they are now."""


@dataclass(frozen=True, slots=True)
class WriteReport:
    """Write the EvalReport and the Runbook."""


@dataclass(frozen=True, slots=True)
class DeliverChange:
    """Make the branch."""


@dataclass(frozen=True, slots=True)
class ApplyChange:
    """Bring the change into the user's working tree."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the run with a result."""

    status: RunStatus


Step = (
    PrepareTree
    | ProfileProject
    | MeasureBase
    | InspectBase
    | MakePlan
    | SearchRepair
    | AskForApproval
    | AskAgent
    | CallTeam
    | PatchTree
    | VerifyTree
    | RevalidateChange
    | WriteReport
    | DeliverChange
    | ApplyChange
    | Finish
)
