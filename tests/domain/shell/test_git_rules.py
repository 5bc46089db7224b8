import pytest

from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.git_rules import GitEffect, git_effect


def effect(line: str) -> GitEffect:
    return git_effect(("git", *line.split()))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--version",
        "--help",
        "--no-pager",
        "-P log",
        "branch",
        "tag",
        "reflog",
        "worktree list --porcelain",
        "stash show -p",
    ],
)
def test_what_lists_reads(line: str) -> None:
    assert effect(line) is GitEffect.READS


@pytest.mark.parametrize(
    "line",
    [
        "rm a.py",
        "checkout -b x",
        "switch -c x",
        "switch --create x",
        "stash",
        "stash apply",
        "reset",
        "reset -- a.py",
        "commit",
    ],
)
def test_what_can_be_undone_works_on_the_worktree(line: str) -> None:
    assert effect(line) is GitEffect.WORKS


@pytest.mark.parametrize(
    "line",
    [
        "-C x log",
        "--version x",
        "log --outp=a=b",
        "log --output=a=b",
        "rm -r src",
        "branch -c a b",
        "checkout --create x",
        "checkout x -b",
        "switch main",
        "switch x -c",
        "tag v1",
        "stash drop",
        "stash list x",
        "worktree",
        "reset --hard -- a.py",
        f"{OPEN} log",
        f"add {OPEN}",
        f"checkout -b {OPEN}",
    ],
)
def test_what_may_lose_work_or_is_not_known_asks(line: str) -> None:
    assert effect(line) is GitEffect.ASKS
