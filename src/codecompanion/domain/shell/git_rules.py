"""What a git command does: reads, works on the worktree, or is one that only a person may allow."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType

from codecompanion.domain.shell.expanding import OPEN


class GitEffect(Enum):
    """The three kinds of git commands."""

    READS = "reads"
    WORKS = "works"
    ASKS = "asks"


_READING = frozenset(
    {
        *("status", "diff", "log", "show", "ls-files", "ls-tree", "grep", "blame", "annotate", "rev-parse", "rev-list"),
        "cat-file",
        *("describe", "shortlog", "merge-base", "name-rev", "show-ref", "for-each-ref", "diff-tree", "diff-index"),
        "diff-files",
        *("count-objects", "whatchanged", "check-ignore", "check-attr", "help", "version", "range-diff", "cherry"),
        "show-branch",
    }
)
_WORKING = frozenset({"add", "commit", "mv", "apply", "rm", "cherry-pick", "revert", "merge", "init"})
_QUIET = frozenset({"--no-pager", "-P", "--literal-pathspecs", "--no-optional-locks"})
_HARMFUL = (
    "--output",
    "--open-files-in-pager",
    "--ext-diff",
    "--textconv",
    "--upload-pack",
    "--exec",
    "--amend",
    "--no-index",
    "--filters",
)
_LISTING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "branch": frozenset({"-a", "-r", "-v", "-vv", "-l", "--list", "--all", "--remotes", "--show-current", "--no-color"}),
        "tag": frozenset({"-l", "--list", "-n"}),
        "worktree": frozenset({"list", "--porcelain"}),
        "stash": frozenset({"list", "show", "-p"}),
        "reflog": frozenset({"show", "--all"}),
    }
)
_STASHING = frozenset({"push", "save", "pop", "apply"})
_OPENING = re.compile(r"-[a-zA-Z]*O")
"""The option of `git grep` that starts a pager, also behind others."""
_RECURSIVE = re.compile(r"-[a-z]*r[a-z]*")
_RESETTING = frozenset({"--hard", "--merge", "--keep"})


def git_effect(argv: Sequence[str]) -> GitEffect:
    """Return the effect of a git command; what is not known to be harmless asks.

    Args:
        argv: The command, the name of the program first.
    """
    words = [word for word in argv[1:] if word not in _QUIET]
    if not words or words[0].startswith("-"):
        return GitEffect.READS if words in (["--version"], ["--help"], []) else GitEffect.ASKS
    subcommand, *rest = words
    if any(word.startswith(_abbreviations(word)) for word in rest) or OPEN in subcommand:
        return GitEffect.ASKS
    if subcommand in _READING:
        return GitEffect.ASKS if subcommand == "grep" and any(map(_OPENING.match, rest)) else GitEffect.READS
    if subcommand in _WORKING:
        unsure = any(OPEN in word for word in rest) or (subcommand == "rm" and any(map(_RECURSIVE.fullmatch, rest)))
        return GitEffect.ASKS if unsure else GitEffect.WORKS
    return _by_arguments(subcommand, rest)


def _abbreviations(word: str) -> tuple[str, ...]:
    # git takes every beginning of a long option that is the only one: --outp is --output.
    name = word.partition("=")[0]
    return (*_HARMFUL, *((name,) if len(name) > len("--o") and any(option.startswith(name) for option in _HARMFUL) else ()))


def _by_arguments(subcommand: str, rest: Sequence[str]) -> GitEffect:
    if subcommand in _LISTING and set(rest) <= _LISTING[subcommand] and (rest or subcommand in ("branch", "tag", "reflog")):
        return GitEffect.READS
    creates = (
        (_begins_branch(subcommand, rest) and not any(word.startswith("-") for word in rest[1:]))
        or (subcommand == "stash" and (not rest or rest[0] in _STASHING))
        or (
            subcommand == "reset" and not any(option.startswith(word) for word in rest if word != "--" for option in _RESETTING)
        )
    )
    return GitEffect.WORKS if creates and not any(OPEN in word for word in rest) else GitEffect.ASKS


def _begins_branch(subcommand: str, rest: Sequence[str]) -> bool:
    """Whether a command goes on with a new branch; further options, such as --force, can throw work away."""
    return (subcommand, *rest[:1]) in (("checkout", "-b"), ("switch", "-c"), ("switch", "--create"))
