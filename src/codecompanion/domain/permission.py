"""What an agent may do without asking a person: read, run, call, by the mode that the person chose. Of edits see `scope`."""

from enum import StrEnum
from typing import Literal

from codecompanion.domain.labels import UNTRUSTED, Label, may_carry_out
from codecompanion.domain.project import Value
from codecompanion.domain.shell.floor import Premises, floor_reason, hidden_reason
from codecompanion.domain.shell.harmless import checks_the_project, is_ordinary, only_reads
from codecompanion.domain.shell.paths import gits_own
from codecompanion.domain.shell.words import NotUnderstood
from codecompanion.domain.shell.wrappers import Started, started_by


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

    `subject` is the path (relative to the worktree, POSIX) of a read, the command line of a run, the tool of an MCP
    server for a call. `root` is the absolute path of the worktree, "" when it is not known. `project_commands` are the command
    lines that detection found (tests, lint, types); `interpreter` is the absolute path of the project's Python, None when it
    has none; `weak` says that no sandbox holds the command but its limits. Of a call: `network` says that its server can reach
    the network, `outward` that it has no leave of the user to do so, `allowed` that the user allowed this tool by its name.
    `labels` are whose words the agent was shown.
    """

    kind: Literal["read", "run", "call"]
    subject: str
    root: str = ""
    project_commands: tuple[str, ...] = ()
    interpreter: str | None = None
    weak: bool = False
    network: bool = False
    outward: bool = False
    allowed: bool = False
    labels: frozenset[Label] = frozenset()


def decide_permission(mode: PermissionMode, action: Action) -> tuple[Verdict, str]:
    """Return whether an action may be done, and why in one sentence for the user and the model.

    Some commands, the floor, ask in every mode: those that lose work in git, reach the network, install packages, name
    something outside the worktree, change who runs them, or cannot be understood from their text. So do calls of MCP servers
    that cross the network without leave; calls that cross it with leave, unless their tool was allowed by name, when the agent
    has both private things and strangers' words before it; and every command where only a weak sandbox holds it.
    """
    match action.kind:
        case "run":
            return _decide_weak_run(*_decide_run(mode, action)) if action.weak else _decide_run(mode, action)
        case "read":
            return _beyond(action.subject) or (Verdict.ALLOW, "reading the worktree is always allowed")
        case "call":
            return _decide_call(mode, action)


def _beyond(path: str) -> tuple[Verdict, str] | None:
    parts = path.split("/")
    if not path or path.startswith(("/", "~")) or ".." in parts:
        return Verdict.DENY, f"{path!r} is outside the worktree"
    return (Verdict.DENY, f"{path!r} is git's own") if gits_own(path) else None


def _decide_call(mode: PermissionMode, action: Action) -> tuple[Verdict, str]:
    if mode is PermissionMode.PLAN:
        return Verdict.DENY, "in plan mode no MCP server is called"
    if action.outward:
        return Verdict.ASK, "the call goes over the network"
    if action.allowed:
        return Verdict.ALLOW, "you allowed this tool when you trusted its server"
    if action.network and may_carry_out(action.labels):
        return (
            Verdict.ASK,
            f"the agent knows private things, was shown the words of others ({_named(action.labels)}), and this leads out",
        )
    if mode is PermissionMode.AUTO:
        return Verdict.ALLOW, "its server is trusted"
    return Verdict.ASK, "the tool of an MCP server is not among those that were allowed"


def _named(labels: frozenset[Label]) -> str:
    return ", ".join(sorted(label.value for label in UNTRUSTED & labels))


def _decide_weak_run(verdict: Verdict, reason: str) -> tuple[Verdict, str]:
    if verdict is not Verdict.ALLOW:
        return verdict, reason
    # Also what only reads: its text does not show where a symlink of the project leads.
    return Verdict.ASK, "the sandbox is a weak one, which closes neither files nor network"


def _decide_run(mode: PermissionMode, action: Action) -> tuple[Verdict, str]:
    refused = Verdict.DENY if mode is PermissionMode.PLAN else Verdict.ASK
    premises = _premises(action)
    try:
        started = started_by(action.subject)
    except NotUnderstood as why:
        return refused, f"it cannot be told from its text what the command does: {why}"
    floor = floor_reason(started, premises) if started else "the command is empty"
    if floor:
        return refused, floor
    changing = [command for command in started if not only_reads(command)]
    if not changing:
        return Verdict.ALLOW, "it only reads"
    if mode is PermissionMode.PLAN:
        return Verdict.DENY, "in plan mode only commands that read are run"
    return _decide_work(mode, [command for command in changing if not checks_the_project(command, premises)])


def _decide_work(mode: PermissionMode, rest: list[Started]) -> tuple[Verdict, str]:
    if not rest:
        return Verdict.ALLOW, "it checks the project"
    hidden = next((why for command in rest if (why := hidden_reason(command))), None)
    if hidden:
        return Verdict.ASK, hidden
    if mode is PermissionMode.AUTO:
        return Verdict.ALLOW, "nothing in it is beyond the worktree"
    if mode is PermissionMode.ACCEPT_EDITS and all(map(is_ordinary, rest)):
        return Verdict.ALLOW, "it is a developer's ordinary command"
    return Verdict.ASK, _unknown(rest[0])


def _unknown(command: Started) -> str:
    written = next((path for path in command.writes if path != "/dev/null"), None)
    return f"it writes {written!r}" if written else f"{command.program!r} is not known to be harmless in this mode"


def _premises(action: Action) -> Premises:
    commands = tuple(tuple(command.split()) for command in action.project_commands if command.strip())
    return Premises(action.root, commands, action.interpreter)
