"""Reads the past of a repository from git."""

import json
import re
from pathlib import Path

from codecompanion.safe_open import read_file
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.history import MOST_COMMITS, Commit
from codecompanion.workspace.retrieval.kinds import Kind, kind_of

_COMMIT = "\x01"
_UNIT = "\x1f"
_BRANCH = re.compile(r"ref: (?P<ref>refs/heads/(?!.*\.\.)[\w./-]+)")
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST_REF = 4096
_NUMBERS = re.compile(r"\s*\((?:#|GH-)\d+\)")


async def head_of(git: Git) -> str | None:
    """Return the id of the commit that is checked out; None before the first."""
    if head := _head_by_its_file(git):
        return head
    result = await git.ask("rev-parse", "--verify", "--quiet", "HEAD")
    return None if result.exit_code else result.line


def _head_by_its_file(git: Git) -> str | None:
    """Return the id where a file of its own tells it, which comes before all else that git knows of a branch.

    None where it is packed, or in a table, or the repository is no plain one: only git knows then. This is asked at each look
    at a project, and a process takes a hundred times as long.
    """
    if git.git_dir is not None:
        return None
    try:
        head = _line(git.cwd, "HEAD")
        branch = _BRANCH.fullmatch(head)
        commit = _line(git.cwd, branch["ref"]) if branch else head
    except OSError:
        return None
    return commit if _ID.fullmatch(commit) else None


def _line(root: Path, name: str) -> str:
    content = read_file(root, f".git/{name}", most_bytes=_LONGEST_REF)
    return content.decode(errors="replace").removesuffix("\n")


async def commits_before(git: Git, head: str) -> list[Commit]:
    """Return the commits up to one, newest first, merges left out, each with the source files it changed.

    Raises:
        EnvironmentBroken: git failed.
    """
    form = f"--format={_COMMIT}%cs{_UNIT}%s{_UNIT}"
    listed = await git.run(
        "log", "--no-merges", "--no-renames", "--name-only", f"--max-count={MOST_COMMITS}", form, "--end-of-options", head
    )
    return [_commit(entry) for entry in listed.decode(errors="replace").split(_COMMIT)[1:]]


def _commit(entry: str) -> Commit:
    day, subject, paths = entry.split(_UNIT, 2)
    sources = tuple(path for path in paths.split("\n") if path and kind_of(path) is Kind.SOURCE)
    return Commit(day, _NUMBERS.sub("", subject), sources)


def written(commits: list[Commit]) -> str:
    """Return commits as one text."""
    return json.dumps([(commit.day, commit.subject, commit.paths) for commit in commits])


def read(text: str | None) -> list[Commit] | None:
    """Return the commits of a text made by `written`; None for none.

    Raises:
        ValueError: The text is damaged.
    """
    if text is None:
        return None
    return [Commit(day, subject, tuple(paths)) for day, subject, paths in json.loads(text)]
