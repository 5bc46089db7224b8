"""The floor: what no permission mode allows without a person."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecompanion.domain.shell.arguments import inline_code, naming_paths, python_module, python_script
from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.floor_programs import ALIASES, FLOOR, INSTALLING
from codecompanion.domain.shell.git_rules import GitEffect, git_effect
from codecompanion.domain.shell.paths import gits_own, outside
from codecompanion.domain.shell.wrappers import Started, base_name

_MODULES = frozenset({"http.server", "ensurepip", "webbrowser", "smtpd", "xmlrpc.server", "SimpleHTTPServer", "easy_install"})
_STEERING = re.compile(
    r"PATH|IFS|ENV|SHELLOPTS|PS4|LD_\w+|DYLD_\w+|BASH_\w+|GIT_\w+|EDITOR|PAGER|PROMPT_COMMAND|PERL5\w+|NODE_OPTIONS"
)
_SETUID = re.compile(r"[ugoa]*[+=][rwxXt]*s|0?[2-7]\d{3}")
_EVERYTHING = re.compile(r"/*|~/*|(?:\./*)*\.?/*\*?|\./\*/?")


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


def _reason(command: Started, premises: Premises) -> str | None:
    variable = next((name for name, _ in command.assignments if _STEERING.fullmatch(name)), None)
    if variable:
        return f"it sets {variable}, which can change what other programs do"
    return _by_program(command, premises) or _by_path(command, premises)


def _by_program(command: Started, premises: Premises) -> str | None:
    argv, name = command.argv, _program(command.argv)
    if name in ("npx", "bunx") and any(argv[: len(known)] == known for known in premises.commands):
        return None  # a checker of the project that the detection knows
    why = next((why for why, programs in FLOOR.items() if name in programs), None)
    if why:
        return f"{name!r} {why}"
    if _installs(name, argv[1:]) and not command.wraps:
        return f"{_shown(argv[:2])!r} installs or publishes packages"
    return _by_arguments(command, name, premises)


def _by_arguments(command: Started, name: str, premises: Premises) -> str | None:
    argv = command.argv
    match name:
        case "git":
            return f"{_shown(argv)!r} can lose work or reach other places" if git_effect(argv) is GitEffect.ASKS else None
        case "rm" | "rmdir" | "unlink":
            return _removes_everything(argv[1:], premises.root)
        case "chmod":
            return "'chmod' would set the setuid bit" if any(map(_SETUID.fullmatch, argv[1:])) else None
        case "find" if "-delete" in argv and not {"-name", "-iname", "-path", "-wholename", "-regex"} & set(argv):
            return "'find -delete' would remove everything it finds"
        case _:
            return _by_code(command)


def _by_code(command: Started) -> str | None:
    module, script = python_module(command.argv), python_script(command.argv)
    if module is not None:
        name, rest = module
        inner = Started((name, *rest), stdin=command.stdin)
        return f"'python -m {name}' uses the network" if name in _MODULES else _by_program(inner, Premises())
    if script and script[0] == "setup.py" and _installs("setup.py", script[1:]):
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


def _program(argv: Sequence[str]) -> str:
    name = re.sub(r"(?<=^pip)[\d.]+$", "", base_name(argv).removesuffix(".exe"))
    return ALIASES.get(name, name)


def _installs(name: str, rest: Sequence[str]) -> bool:
    forbidden = INSTALLING.get(name)
    if forbidden is None:
        return False
    words = [word for word in rest if not word.startswith("-")]
    first = words[0] if words else "" if not rest else None
    if first is None:
        return not set(rest) <= {"--version", "-v", "-V", "--help", "-h"} and "" in forbidden
    # A global option can stand before its value: then the verb is a later word.
    verbs = words if rest and rest[0].startswith("-") else [first]
    return any(verb in forbidden or OPEN in verb for verb in verbs)


def _removes_everything(words: Sequence[str], root: str) -> str | None:
    recursive = any(re.fullmatch(r"-[a-zA-Z]*[rR][a-zA-Z]*|--r\w*", word) for word in words)
    targets = [word for word in words if not word.startswith("-")]
    if any(OPEN in word for word in targets):
        return "it is not known what would be removed"
    everything = [word for word in targets if _EVERYTHING.fullmatch(word) or (root and word.rstrip("/*") == root.rstrip("/"))]
    return (
        f"it would remove {everything[0]!r}, the whole worktree" if everything and (recursive or "*" in everything[0]) else None
    )


def _shown(argv: Sequence[str]) -> str:
    return " ".join(argv[:3]).replace(OPEN, "...")
