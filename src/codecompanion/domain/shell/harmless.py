"""Which commands only read, which check the project, and which are ordinary work of a developer."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from codecompanion.domain.shell.arguments import is_python, python_module
from codecompanion.domain.shell.floor import Premises
from codecompanion.domain.shell.git_rules import GitEffect, git_effect
from codecompanion.domain.shell.wrappers import SHELLS, Started, base_name

_READING = frozenset(
    {
        *("ls", "cat", "head", "tail", "wc", "grep", "egrep", "fgrep", "rg", "uniq", "cut", "tr", "diff", "cmp", "file"),
        "stat",
        *("du", "df", "pwd", "echo", "printf", "true", "false", "test", "[", "cd", "tree", "basename", "dirname", "realpath"),
        *("readlink", "date", "which", "type", "command", "nl", "tac", "rev", "column", "comm", "join", "paste", "fold"),
        "expand",
        *("hexdump", "od", "md5sum", "sha1sum", "sha256sum", "jq", "seq", "sleep", "expr", "uname", "nproc", "whoami", "id"),
        ":",
        *("set", "exit", "awk", "gawk", "mawk", "env", "printenv", "less", "more", "strings", "locale", "hash", "wait"),
        "export",
    }
)
_STARTING = ("--pre", "--hostname-bin", "--search-zip")
"""Options of `rg` that start other programs."""
_CHANGING: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        **dict.fromkeys(("sort", "tree"), re.compile(r"-[a-zA-Z]*o|--o|--co")),
        "file": re.compile(r"-[a-zA-Z]*C|--c"),
        "less": re.compile(r"-[a-zA-Z]*[oO]|--[lL][oO]|\+"),
        "date": re.compile(r"-[a-zA-HJ-Z]*s|--s"),
        "printf": re.compile(r"-v"),
    }
)
"""Options, also shortened and behind others, with which programs that read write a file, start another or set something."""
_FINDING = frozenset({"-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls"})
_RUNNERS = frozenset(
    {"pytest", "py.test", "unittest", "doctest", "compileall", "py_compile", "mypy", "pyright", "flake8", "pylint"}
)
_RUNNERS_FIXING = frozenset({"--fix", "--fix-only", "--unsafe-fixes", "--add-noqa", "--install-types", "--writebaseline"})
_ORDINARY = frozenset(
    {
        *("mkdir", "touch", "cp", "mv", "rm", "rmdir", "ln", "chmod", "tee", "sort", "sed", "find", "xxd", "patch", "tar"),
        "gzip",
        *("gunzip", "zip", "unzip", "make", "cmake", "ninja", "npm", "pnpm", "yarn", "bun", "node", "deno", "npx", "tsc"),
        "jest",
        *("vitest", "mocha", "eslint", "prettier", "cargo", "rustc", "rustfmt", "go", "gofmt", "gcc", "g++", "clang"),
        "clang++",
        *("cc", "c++", "javac", "java", "mvn", "gradle", "ruby", "rake", "rspec", "rubocop", "bundle", "php", "phpunit"),
        "composer",
        *("dotnet", "ruff", "black", "isort", "autoflake", "autopep8", "yapf", "tox", "nox", "coverage", "pre-commit", "uv"),
        *("poetry", "pdm", "pipenv", "hatch", "pip", "unset", "shift", "source", ".", "trap", "read", "local", "declare"),
        "umask",
        *("golangci-lint", "staticcheck", "swift", "kotlinc", "perl", "lua", "split", "install", "mktemp", "base64", "git"),
        "ulimit",
    }
)


def only_reads(command: Started) -> bool:
    """Whether a command changes nothing; of a wrapper, whether it changes nothing besides what it starts."""
    argv = command.argv
    if any(path != "/dev/null" for path in command.writes):
        return False
    # A program that is named with its folder is the project's own, whatever it is called.
    return not argv or (base_name(argv) == argv[0] and (command.wraps or _reads(argv[0], argv[1:])))


def _reads(program: str, rest: Sequence[str]) -> bool:
    match program:
        case "git":
            return git_effect((program, *rest)) is GitEffect.READS
        case "find":
            return not _FINDING & set(rest)
        case "sed":
            return not any(re.match(r"-[a-zA-Z]*i|--in|-[a-zA-Z]*[fw]", word) for word in rest)
        case "uniq" if len([word for word in rest if word == "-" or not word.startswith("-")]) > 1:
            return False  # the second file is written
        case _:
            versions = bool(rest) and set(rest) <= {"--version", "-V", "--help", "-h"}
            changing = _CHANGING.get(program)
            if changing is None:
                return versions or (program in _READING and not any(word.startswith(_STARTING) for word in rest))
            return not any(map(changing.match, rest))


def checks_the_project(command: Started, premises: Premises) -> bool:
    """Whether a command is one of the project's own for tests, lint or types, or a checker that changes no source."""
    argv = command.argv
    if any(path != "/dev/null" for path in command.writes) or set(argv) & _RUNNERS_FIXING:
        return False
    if any(argv[: len(known)] == known for known in premises.commands):
        return True
    module = python_module(argv) if is_python(argv) and _is_known_python(argv, premises) else None
    name, rest = module or ((argv[0], argv[1:]) if argv else ("", ()))
    return name in _RUNNERS or (name == "ruff" and _ruff_checks(rest)) or (name == "black" and "--check" in rest)


def _ruff_checks(rest: Sequence[str]) -> bool:
    return rest[:1] == ("check",) or (rest[:1] == ("format",) and bool({"--check", "--diff"} & set(rest)))


def _is_known_python(argv: Sequence[str], premises: Premises) -> bool:
    return "/" not in argv[0] or argv[0] == premises.interpreter


def is_ordinary(command: Started) -> bool:
    """Whether a command is a developer's everyday one: its effects stay in the worktree, and it is not on the floor."""
    name = base_name(command.argv)
    return (
        command.wraps
        or not name
        or name in _ORDINARY
        or name in _READING
        or name in _RUNNERS
        or name in SHELLS
        or is_python(command.argv)
        or command.argv[0].startswith(("./", "bin/", "scripts/", ".venv/", "node_modules/.bin/"))
    )
