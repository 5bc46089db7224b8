"""Which arguments of a program are paths, and which are programs in another language."""

import re
from collections.abc import Sequence

from codecompanion.domain.shell.inline_code import awk_is_harmless, python_objection, sed_is_harmless
from codecompanion.domain.shell.wrappers import Started, base_name

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*t?")
_PYTHON_FLAGS = re.compile(r"-[bBdEiIOqsSuvx]+")
_PYTHON_VALUED = frozenset({"-W", "-X"})
_SEARCHING = frozenset({"grep", "egrep", "fgrep", "rg", "ag", "ack"})
_PROGRAM_FIRST = frozenset({"sed", "awk", "gawk", "mawk", "jq"})
_NO_PATHS = frozenset({"echo", "printf", "tr", "seq", "sleep", "true", "false", "exit", "set", "kill"})
_OTHER_LANGUAGES = frozenset(
    {
        *("perl", "ruby", "node", "nodejs", "deno", "php", "lua", "luajit", "rscript", "julia", "tclsh", "bun", "ts-node"),
        *("expect", "fish", "csh", "tcsh", "pwsh", "xonsh", "nu", "elvish", "emacs", "vim", "vi", "nvim", "ex", "ed", "dc"),
    }
)
_PATTERN_FOLLOWS = re.compile(r"-[a-zA-Z]*e|--expression|--regexp")
_GIVEN_PATTERN = re.compile(r"-[a-zA-Z]*[ef]|--(?:file|expression|regexp)\b")
_SED_EXPRESSION = re.compile(r"-[nErsuz]*e|--expression")
_SED_FLAGS = re.compile(r"-[nErsuz]+|-[nErsuz]*i[.\w]*|--(?:quiet|silent|regexp-extended|separate|in-place(?:=[.\w]+)?)")
_AWK_FLAGS = re.compile(r"-F.+|-v\w+=.*|--")
_INLINE = re.compile(r"-[a-zA-Z]*[ceEpPrR]|--eval.*|--print|-e.+|-c.+|--command.*|--cmd.*|\+.+")


_INTERACTIVE = frozenset({"code", "asyncio", "pdb", "idlelib", "idlelib.idle", "IPython", "ptpython", "bpython"})
"""Modules that take Python from their input or their arguments, and carry it out."""
_TIMEIT_CODE = re.compile(r"(?!-)(.+)|-s(.+)|--setup=(.+)", re.DOTALL)


def is_python(argv: Sequence[str]) -> bool:
    """Whether a command is a Python interpreter."""
    return bool(_PYTHON.fullmatch(base_name(argv)))


def _after_python_options(argv: Sequence[str]) -> list[str]:
    words = list(argv[1:])
    while words:
        if words[0] in _PYTHON_VALUED:
            words = words[2:]
        elif _PYTHON_FLAGS.fullmatch(words[0]) or (words[0][:2] in _PYTHON_VALUED):
            words = words[1:]
        else:
            break
    return words


def python_module(argv: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the module that `python -m` would run, with its arguments; None for other commands."""
    words = _after_python_options(argv) if is_python(argv) else []
    if not words or not re.match(r"-[bBdEiIOqsSuvx]*m", words[0]):
        return None
    flag = words[0].partition("m")[2]
    rest = [flag, *words[1:]] if flag else words[1:]
    return (rest[0], tuple(rest[1:])) if rest else None


def module_objection(name: str, arguments: Sequence[str], stdin: str | None) -> str | None:
    """Return why what a module of `python -m` would carry out must be asked for, None when it is harmless or there is none.

    `stdin` is the text that is fed to it, None when none is.
    """
    if name in _INTERACTIVE:
        fed = stdin is not None and not arguments and name in ("code", "asyncio")
        return python_objection(stdin) if fed and stdin is not None else "Python would read its code from elsewhere"
    if name != "timeit":
        return None
    pieces = [next(filter(None, found.groups())) for one in arguments if (found := _TIMEIT_CODE.fullmatch(one))]
    return next((why for piece in pieces if (why := python_objection(piece))), None)


def has_inline_code(argv: Sequence[str]) -> bool:
    """Whether a command is a Python that is given its code in the command line."""
    words = _after_python_options(argv) if is_python(argv) else []
    return bool(words) and re.match(r"-[bBdEiIOqsSuvx]*c", words[0]) is not None


def python_script(argv: Sequence[str]) -> list[str]:
    """Return the file that a Python would run and its arguments, [] for other commands."""
    return _after_python_options(argv) if is_python(argv) else []


def inline_code(command: Started) -> str | None:
    """Return why the code within a command must be asked for, None when there is none or it is harmless."""
    argv, name = command.argv, base_name(command.argv)
    if is_python(argv):
        words = _after_python_options(argv)
        if has_inline_code(argv):
            attached = words[0].partition("c")[2]
            code = attached or (words[1] if len(words) > 1 else "")
            return python_objection(code)
        if command.stdin is not None and (not words or words[0] == "-"):
            return python_objection(command.stdin)
        reads_commands = (
            not words or words[0] == "-" or (words[0].startswith("-") and words[0] not in ("-V", "--version", "-h"))
        )
        return "Python would read its code from elsewhere" if reads_commands and python_module(argv) is None else None
    if name in _OTHER_LANGUAGES and (
        any(map(_INLINE.fullmatch, argv[1:])) or len(argv) == 1 or "-" in argv or command.stdin is not None
    ):
        return f"code of {name!r} in a command line is not read"
    if name in _PROGRAM_FIRST and name != "jq":
        harmless = sed_is_harmless if name == "sed" else awk_is_harmless
        scripts = _scripts(argv)
        known = scripts and all(map(harmless, scripts))
        return None if known else f"this program for {name!r} is not known to be harmless"
    return None


def _scripts(argv: Sequence[str]) -> list[str]:
    """Return the programs that sed or awk are given in their arguments; none when they would be read from a file."""
    words, named, free, sed = list(argv[1:]), list[str](), list[str](), base_name(argv) == "sed"
    while words:
        word = words.pop(0)
        if not word.startswith("-") or (free and not sed):
            free.append(word)
        elif sed and (_SED_EXPRESSION.fullmatch(word) and words):
            named.append(words.pop(0))
        elif sed and word.startswith("--expression="):
            named.append(word.partition("=")[2])
        elif not sed and word in ("-F", "-v") and words:
            words.pop(0)
        elif not (_SED_FLAGS if sed else _AWK_FLAGS).fullmatch(word):
            return []
    return named or free[:1]


def naming_paths(argv: Sequence[str]) -> list[str]:
    """Return the arguments of a program that can name files; patterns, programs and messages are left out."""
    name, words = base_name(argv), list(argv[1:])
    if name in _NO_PATHS or not words:
        return []
    if is_python(argv):
        rest = _after_python_options(argv)
        return rest[2:] if rest and rest[0] == "-c" else words
    if name in _SEARCHING or name in _PROGRAM_FIRST:
        return _without_pattern(words)
    if name == "git":
        return _without_pattern(words[1:]) if words[0] == "grep" else _without_values(words, ("-m", "--message", "-G", "-S"))
    return [word for word in words if not word.startswith("-d")] if name == "cut" else words


def _without_pattern(words: list[str]) -> list[str]:
    kept: list[str] = []
    given = any(_GIVEN_PATTERN.match(word) for word in words)
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if _PATTERN_FOLLOWS.fullmatch(word):
            rest = rest[1:]
        elif word.startswith("-") or given:
            kept.append(word)
        else:
            given = True
    return kept


def _without_values(words: list[str], options: tuple[str, ...]) -> list[str]:
    return [word for before, word in zip(["", *words], words, strict=False) if before not in options]
