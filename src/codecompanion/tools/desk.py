"""The desk an agent works at: everything that its tools need of the world."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.labels import Label
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.project import ProjectProfile
from codecompanion.ports import Checks, CommandResult, Sandbox


@dataclass(slots=True)
class Desk:
    """What the tools of one agent work with. Paths are relative to `root`, POSIX; times are in seconds.

    Attributes:
        root: The absolute path of the agent's own worktree.
        profile: What detection found.
        sandbox: Runs its commands.
        checks: Runs the project's tests.
        passing: Ids of the tests that passed on the base.
        failing: Ids of the tests that failed on the base, without the flaky ones.
        mode: What it may do without asking.
        may_edit: Says why a path may not be changed, None when it may (the scope contract).
        record_command: Takes purpose, argv, result and the tests' report (None for other commands), keeps them as
            evidence and returns a short id such as "E7".
        ask: Asks the person and returns the answer; None when nobody is there.
        approve: Asks the person to allow something, for a reason; returns whether it is allowed, and what was said (None
            when nobody is there).
        time_left_s: How long the task may still take; 0 or less when its time is used up.
        redact: Masks the secrets in a text.
        on_test: Hears (test id, outcome) as tests end.
        list_paths: The files an agent may read: those git takes, less what `.agentsignore` names, in order.
        symbols: Definitions of a name and references to it, as text for the model.
        repo_map: An outline of the files that matter for some words, of at most so many tokens.
        recall: A note of earlier runs by its handle, as text for the model, also when there is none.
        apply_edits: Applies the edit blocks of a text, all or none, after the paths were checked against `may_edit` and
            the mode; returns whether it did, and words for the model that name each file.
        changed_paths: The paths that differ from the base now, deleted ones among them.
        labels: Whose words the agent has been shown so far.
    """

    root: Path
    profile: ProjectProfile
    sandbox: Sandbox
    checks: Checks
    passing: tuple[str, ...]
    failing: tuple[str, ...]
    mode: PermissionMode
    may_edit: Callable[[str], str | None]
    record_command: Callable[[str, tuple[str, ...], CommandResult, SuiteReport | None], Awaitable[str]]
    ask: Callable[[str], Awaitable[str | None]]
    approve: Callable[[str, str], Awaitable[tuple[bool, str | None]]]
    time_left_s: Callable[[], float]
    redact: Callable[[str], str]
    on_test: Callable[[str, str], None]
    list_paths: Callable[[], Awaitable[tuple[str, ...]]]
    symbols: Callable[[str], Awaitable[str]]
    repo_map: Callable[[str, int], Awaitable[str]]
    recall: Callable[[str], Awaitable[str]]
    apply_edits: Callable[[str], Awaitable[tuple[bool, str]]]
    changed_paths: Callable[[], Awaitable[tuple[str, ...]]]
    labels: set[Label] = field(default_factory=set[Label])
