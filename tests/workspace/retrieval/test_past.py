"""The commit that is checked out is the one git names, however the repository keeps it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.past import head_of

pytestmark = pytest.mark.anyio
RunGit = Callable[..., str]


def packed(repo: Path, git: RunGit) -> Path:
    git("pack-refs", "--all")
    return repo


def packed_and_moved_on(repo: Path, git: RunGit) -> Path:
    git("pack-refs", "--all")
    git("commit", "-q", "--allow-empty", "-m", "second")
    return repo


def detached(repo: Path, git: RunGit) -> Path:
    git("checkout", "-q", "--detach")
    return repo


def on_a_branch_in_folders(repo: Path, git: RunGit) -> Path:
    git("checkout", "-q", "-b", "ada/fix-1.2")
    return repo


def pointing_to_a_branch_that_points_on(repo: Path, git: RunGit) -> Path:
    git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    git("symbolic-ref", "HEAD", "refs/heads/alias")
    return repo


def a_worktree_of_another(repo: Path, git: RunGit) -> Path:
    git("worktree", "add", "-q", "-b", "other", str(repo.parent / "other"))
    git("commit", "-q", "--allow-empty", "-m", "second")
    return repo.parent / "other"


def a_folder_within(repo: Path, git: RunGit) -> Path:
    assert git("rev-parse", "HEAD")
    return repo / "docs"


@pytest.mark.parametrize(
    "laid_out",
    [
        packed,
        packed_and_moved_on,
        detached,
        on_a_branch_in_folders,
        pointing_to_a_branch_that_points_on,
        a_worktree_of_another,
        a_folder_within,
    ],
)
async def test_the_head_is_the_one_git_names(repo: Path, git: RunGit, laid_out: Callable[[Path, RunGit], Path]) -> None:
    where = laid_out(repo, git)
    assert await head_of(Git(cwd=where)) == (await Git(cwd=where).line("rev-parse", "HEAD"))


async def test_before_the_first_commit_there_is_none(repo: Path, git: RunGit) -> None:
    git("checkout", "-q", "--orphan", "new")
    assert await head_of(Git(cwd=repo)) is None


@pytest.mark.parametrize("above", ["../../..", "../../../.."])
async def test_a_head_that_leads_out_of_the_branches_is_no_head(repo: Path, above: str) -> None:
    (repo / ".git/refs/heads" / above / "elsewhere").write_text("a" * 40 + "\n")
    (repo / ".git/HEAD").write_text(f"ref: refs/heads/{above}/elsewhere\n")
    assert await head_of(Git(cwd=repo)) is None


async def test_no_process_is_started_where_a_file_tells_the_head(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = await Git(cwd=repo).line("rev-parse", "HEAD")
    monkeypatch.setenv("PATH", os.devnull)
    assert await head_of(Git(cwd=repo)) == wanted
