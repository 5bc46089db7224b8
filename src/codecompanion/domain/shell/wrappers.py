"""Takes wrappers off commands: shells, env, timeout, xargs and the like start what is named in their arguments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from codecompanion.domain.shell.expanding import OPEN, Command, expand, lists_files
from codecompanion.domain.shell.script_reader import read_script
from codecompanion.domain.shell.words import NotUnderstood

_DEEPEST = 12
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_SYSTEM_FOLDERS = ("/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/")
_PATTERN = re.compile(r"[*?\[]")
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"})
_SHELL_FLAGS = re.compile(r"-[euxfvlil]+|--norc|--noprofile|--posix|--login")
_SHELL_SCRIPT = re.compile(r"-[euxfvl]*c")
FED_FROM_OUTSIDE = frozenset(
    {
        *("grep", "egrep", "fgrep", "rg", "cat", "head", "tail", "wc", "ls", "file", "stat", "basename", "dirname", "echo"),
        *("ruff", "black", "isort", "flake8", "mypy", "pyright", "pylint", "pytest", "md5sum", "sha256sum", "du", "diff"),
    }
)
"""Programs that do no harm to the worktree whatever files they are given."""


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """How a wrapper's arguments are read: its flags, its options with a value, how many words come before the command."""

    flags: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    leading: int = 0
    assigns: bool = False


def _wrapper(flags: str = "", valued: str = "", leading: int = 0, *, assigns: bool = False) -> _Wrapper:
    return _Wrapper(frozenset(flags.split()), frozenset(valued.split()), leading, assigns)


_WRAPPERS: Mapping[str, _Wrapper] = MappingProxyType(
    {
        "env": _wrapper("-i --ignore-environment -", "-u --unset", assigns=True),
        "timeout": _wrapper("--preserve-status --foreground -v --verbose", "-k --kill-after -s --signal", 1),
        "nohup": _wrapper(),
        "nice": _wrapper("", "-n --adjustment"),
        "ionice": _wrapper("-t", "-c -n"),
        "stdbuf": _wrapper("-oL -eL -i0 -o0 -e0", "-i -o -e"),
        "setsid": _wrapper("-w -c -f"),
        "time": _wrapper("-p -v"),
        "exec": _wrapper(),
        "command": _wrapper("-p"),
        "builtin": _wrapper(),
        "busybox": _wrapper(),
        "catchsegv": _wrapper(),
        "xargs": _wrapper("-0 --null -r --no-run-if-empty -t -x", "-n -P -L -I -d -s"),
        "uv run": _wrapper("--frozen --no-sync --offline --locked -q -v", "--group --extra --directory --package"),
        "poetry run": _wrapper(),
        "pdm run": _wrapper(),
        "pipenv run": _wrapper(),
        "hatch run": _wrapper(),
        "rye run": _wrapper(),
        "bundle exec": _wrapper(),
    }
)


@dataclass(frozen=True, slots=True)
class Started(Command):
    """A command as it is started in the end; `wraps` says that it is a wrapper and that what it starts follows."""

    wraps: bool = False

    @property
    def program(self) -> str:
        """The name of the program in lower case, without the folder of the system that it is in; "" for none."""
        return self.argv[0] if self.argv else ""


def started_by(line: str, depth: int = 0) -> list[Started]:
    """Return all that a command line can start: its commands, what they wrap, what their arguments substitute.

    Raises:
        NotUnderstood: It cannot be told from the text what would be started.
    """
    commands = expand(read_script(line, depth))
    found = [started for command in commands for started in _unwrapped(command, depth)]
    if any(command.argv[:1] == ("xargs",) for command in found) and not all(map(_may_feed, found)):
        raise NotUnderstood("xargs takes its arguments from what another command prints")
    return found


def _may_feed(command: Started) -> bool:
    return command.wraps or lists_files(command) or command.program in FED_FROM_OUTSIDE - {"cat", "echo", "head", "tail"}


def _unwrapped(command: Command, depth: int) -> Iterator[Started]:
    if depth > _DEEPEST:
        raise NotUnderstood("it is too deeply nested to be read")
    command = replace(command, argv=_named(command.argv))
    inner = list(_inside(command, depth))
    yield Started(command.argv, command.assignments, command.reads, command.writes, command.stdin, wraps=bool(inner))
    yield from inner


def _named(argv: tuple[str, ...]) -> tuple[str, ...]:
    if not argv:
        return argv
    program = argv[0]
    unclear = program.startswith(("-", "+")) or program in ("!", "{", "}", "(", ")")
    if unclear or OPEN in program or (_PATTERN.search(program) and program != "["):
        raise NotUnderstood("it is not known which program is started")
    folder = next((folder for folder in _SYSTEM_FOLDERS if program.startswith(folder)), "")
    return (program.removeprefix(folder), *argv[1:])


def _inside(command: Command, depth: int) -> Iterator[Started]:
    argv, name = command.argv, base_name(command.argv)
    two = f"{name} {argv[1]}" if len(argv) > 1 else ""
    if name in SHELLS:
        yield from _of_shell(argv, depth)
    elif name == "watch":
        raise NotUnderstood("what 'watch' would start is not read")
    elif name == "eval":
        yield from _script(" ".join(argv[1:]), depth)
    elif name == "trap" and len(argv) > 1:
        yield from _script(argv[1] or ":", depth)
    elif name == "find":
        for words in _executed_by_find(argv):
            yield from _fed(words, depth)
    elif name == "command" and argv[1:2] in (("-v",), ("-V",)):
        return
    elif two in _WRAPPERS or name in _WRAPPERS:
        wrapper, words = (_WRAPPERS[two], argv[2:]) if two in _WRAPPERS else (_WRAPPERS[name], argv[1:])
        yield from _of_wrapper(name, wrapper, words, command, depth)


def base_name(argv: Sequence[str]) -> str:
    """Return the last part of a program's path, in lower case; "" for no program."""
    return argv[0].rpartition("/")[2].casefold() if argv else ""


def _of_shell(argv: tuple[str, ...], depth: int) -> Iterator[Started]:
    words = list(argv[1:])
    while words and _SHELL_FLAGS.fullmatch(words[0]):
        words.pop(0)
    if words and _SHELL_SCRIPT.fullmatch(words[0]) and len(words) > 1:
        yield from _script(words[1], depth)
    elif not words or words[0].startswith(("-", "+")):
        raise NotUnderstood("a shell is started that reads its commands from elsewhere")


def _script(text: str, depth: int) -> Iterator[Started]:
    if OPEN in text:
        raise NotUnderstood("a script is built from what another command prints")
    yield from started_by(text, depth + 1)


def _of_wrapper(name: str, wrapper: _Wrapper, words: tuple[str, ...], command: Command, depth: int) -> Iterator[Started]:
    rest, assignments, placeholder = list(words), list[tuple[str, str]](), ""
    while rest and rest[0].startswith("-"):
        option, _, attached = rest.pop(0).partition("=")
        if option == "--":
            break
        short = option[:2] if option[:2] in wrapper.valued and not option.startswith("--") else ""
        if option in wrapper.valued and not attached:
            value = rest.pop(0) if rest else ""
            placeholder = value if option == "-I" else placeholder
        elif short == "-I":
            placeholder = option[2:]
        elif not (short or option in wrapper.flags or option in wrapper.valued or option[1:].isdigit()):
            raise NotUnderstood(f"the option {option} of {name} is not read")
    while rest and wrapper.assigns and _ASSIGNMENT.match(rest[0]):
        variable, _, value = rest.pop(0).partition("=")
        assignments.append((variable, value))
    argv = tuple(rest[wrapper.leading :])
    if name == "xargs":
        if command.stdin is not None or command.reads:
            raise NotUnderstood("xargs takes its arguments from a text or a file")
        replaced = tuple(word.replace(placeholder, OPEN) for word in argv) if placeholder else (*argv, OPEN)
        yield from _fed(replaced if argv else ("echo", OPEN), depth)
    elif argv:
        yield from _unwrapped(Command(argv, tuple(assignments), stdin=command.stdin), depth + 1)


def _fed(argv: tuple[str, ...], depth: int) -> Iterator[Started]:
    inner = list(_unwrapped(Command(argv), depth + 1))
    if any(started.wraps or base_name(started.argv) not in FED_FROM_OUTSIDE for started in inner):
        raise NotUnderstood(f"{argv[0]!r} would be started with arguments that are not known")
    yield from inner


def _executed_by_find(argv: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    words = list(argv[1:])
    while words:
        if words.pop(0) in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((n for n, word in enumerate(words) if word in (";", "+")), len(words))
            executed, words = words[:end], words[end + 1 :]
            if executed:
                yield tuple(word.replace("{}", OPEN) for word in executed)
