"""The floor: what no permission mode allows without a person."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecompanion.domain.shell.arguments import (
    has_inline_code,
    inline_code,
    module_objection,
    naming_paths,
    python_module,
    python_script,
)
from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.floor_programs import FLOOR
from codecompanion.domain.shell.git_rules import GitEffect, git_effect
from codecompanion.domain.shell.package_tools import canonical, installs
from codecompanion.domain.shell.paths import gits_own, outside
from codecompanion.domain.shell.removing import finds_and_removes_everything, removes_everything
from codecompanion.domain.shell.steering import set_by, steers
from codecompanion.domain.shell.wrappers import Started, base_name

_MODULES = frozenset({"http.server", "ensurepip", "webbrowser", "smtpd", "xmlrpc.server", "SimpleHTTPServer", "easy_install"})
_SETUID = re.compile(r"[ugoa]*[+=][rwxXt]*s|0?[2-7]\d{3}")
_HIDDEN = re.compile(
    r"(?<![\w./-])(?:git|curl|wget|ssh|scp|sftp|sudo|su|doas|nc|ncat|pip3?|apt|apt-get|kill|pkill|killall|docker)(?![\w.-])"
)
_STARTING = re.compile(
    r"--(?:checkpoint-action|to-command|use-compress-program|info-script|new-volume-script|rsh-command|rmt-command|eval)\b.*"
    r"|-exec|-toolexec|--exec\b.*|--config=.*"
)


@dataclass(frozen=True, slots=True)
class Premises:
    """Where commands run: see `domain.permission.Action`."""

    root: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    interpreter: str | None = None


def floor_reason(started: Iterable[Started], premises: Premises) -> str | None:
    """Return why a person has to allow a command line, None when none has to.

    Args:
        started: All that it starts.
        premises: Where it runs.
    """
    return next((why for command in started if (why := _reason(command, premises))), None)


def hidden_reason(command: Started) -> str | None:
    """Return what in the arguments of a command looks like a program of the floor that it would start; None for nothing.

    It is for programs whose way of starting others is not known here, git and code that was read elsewhere are not.
    """
    if base_name(command.argv) == "git" or has_inline_code(command.argv):
        return None
    found = _HIDDEN.search(" ".join(command.argv[1:]))
    if found:
        return f"its arguments name {found[0]!r}"
    option = next(filter(_STARTING.fullmatch, command.argv[1:]), None)
    return f"{option!r} starts other programs" if option else None


def _reason(command: Started, premises: Premises) -> str | None:
    set_here = (*(name for name, _ in command.assignments), *set_by(command.argv))
    variable = next(filter(steers, set_here), None)
    if variable:
        return f"it sets {variable}, which can change what other programs do"
    return _by_program(command, premises) or _by_path(command, premises)


def _by_program(command: Started, premises: Premises) -> str | None:
    argv, name = command.argv, canonical(base_name(command.argv))
    if name in ("npx", "bunx") and any(argv[: len(known)] == known for known in premises.commands):
        return None  # a checker of the project that the detection knows
    why = next((why for why, programs in FLOOR.items() if name in programs), None)
    if why:
        return f"{name!r} {why}"
    if installs(name, argv[1:]) and not command.wraps:
        return f"{_shown(argv[:2])!r} installs or publishes packages"
    return _by_arguments(command, name, premises)


def _by_arguments(command: Started, name: str, premises: Premises) -> str | None:
    argv = command.argv
    match name:
        case "git":
            return f"{_shown(argv)!r} can lose work or reach other places" if git_effect(argv) is GitEffect.ASKS else None
        case "rm" | "rmdir" | "unlink":
            return removes_everything(argv[1:], premises.root)
        case "chmod" | "install":
            return f"{name!r} would set the setuid bit" if any(map(_SETUID.fullmatch, argv[1:])) else None
        case "find" if finds_and_removes_everything(argv):
            return "'find -delete' would remove everything it finds"
        case _:
            return _by_code(command)


def _by_code(command: Started) -> str | None:
    argv = ("python", *command.argv[2:]) if command.argv[:2] == ("coverage", "run") else command.argv
    module, script = python_module(argv), python_script(argv)
    if module is not None:
        name, rest = module
        inner = Started((name, *rest), stdin=command.stdin)
        if name in _MODULES:
            return f"'python -m {name}' uses the network"
        return module_objection(name, rest, command.stdin) or _by_program(inner, Premises())
    if script and script[0] == "setup.py" and installs("setup.py", script[1:]):
        return "'setup.py' would install or publish the package"
    return inline_code(command)


def _by_path(command: Started, premises: Premises) -> str | None:
    allowed = (premises.interpreter,) if premises.interpreter else ()
    named = [] if command.wraps else naming_paths(command.argv)
    values = [value for _, value in command.assignments]
    for argument in (*command.argv[:1], *named, *values, *command.reads, *command.writes):
        found = outside(argument, premises.root, allowed)
        if found:
            return f"{found!r} is outside the worktree"
    changed = [*command.writes, *(() if _only_reads(command.argv) else named)]
    own = next(filter(gits_own, changed), None)
    return f"{own!r} is git's own" if own else None


def _only_reads(argv: Sequence[str]) -> bool:
    return base_name(argv) in {"find", "grep", "egrep", "fgrep", "rg", "ls", "test", "[", "tree", "du", "git"}


def _shown(argv: Sequence[str]) -> str:
    return " ".join(argv[:3]).replace(OPEN, "...")
