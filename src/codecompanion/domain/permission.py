"""What an agent may do without asking a person: read, edit, run, by the mode that the person chose."""

from enum import StrEnum
from typing import Literal

from codecompanion.domain.project import Value


class PermissionMode(StrEnum):
    """How much an agent may do by itself; each mode allows what the one before it allows."""

    PLAN = "plan"
    DEFAULT = "default"
    ACCEPT_EDITS = "accept-edits"
    AUTO = "auto"


class Verdict(StrEnum):
    """What becomes of an action. An ASK that nobody can answer is a refusal."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Action(Value):
    """Something an agent wants to do.

    `subject` is the path (relative to the worktree, POSIX) of a read or an edit, the command line of a run. `root` is the
    absolute path of the worktree, "" when it is not known. `project_commands` are the command lines that detection found
    (tests, lint, types); `interpreter` is the absolute path of the project's Python, None when it has none.
    """

    kind: Literal["read", "edit", "run"]
    subject: str
    root: str = ""
    project_commands: tuple[str, ...] = ()
    interpreter: str | None = None


def decide_permission(mode: PermissionMode, action: Action) -> tuple[Verdict, str]:
    """Return whether an action may be done, and why in one sentence for the user and the model."""
    if action.kind == "read":
        return Verdict.ALLOW, "reading is always allowed"
    if mode is PermissionMode.PLAN:
        return Verdict.DENY, "in plan mode nothing is changed or run"
    if action.kind == "edit":
        return Verdict.ALLOW, "edits of the worktree are private until they are reviewed"
    return Verdict.ASK, "this command is not known to be harmless"
