"""Approvals, and the way of a patch into the user's repository."""

from codecompanion.domain.checks import Counts
from codecompanion.domain.events.fact import Fact
from codecompanion.domain.events.trees import Snapshotted


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
