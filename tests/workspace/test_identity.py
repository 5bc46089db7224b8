"""Which project a repository belongs to."""

import os
import subprocess
from pathlib import Path

import pytest

from codecompanion.workspace.identity import project_of
from projects import IDENTITY, git, repository

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "here/shop")


def root(repo: Path) -> str:
    return git(repo, "rev-list", "--max-parents=0", "HEAD").strip()


async def test_a_project_is_its_first_commit_and_its_name(shop: Path) -> None:
    assert await project_of(str(shop)) == f"{root(shop)}:shop"


async def test_later_commits_branches_worktrees_and_folders_below_belong_to_it(shop: Path, tmp_path: Path) -> None:
    project = await project_of(str(shop))
    git(shop, "commit", "--quiet", "--allow-empty", "--message", "second")
    git(shop, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "elsewhere"))
    for place in (shop, shop / "tests", tmp_path / "elsewhere"):
        assert await project_of(str(place)) == project


@pytest.mark.parametrize(
    "origin",
    [
        "https://user:secret@git.example/a/shop.git",
        "git@git.example:a/shop.git",
        "../shop",
        "/srv/git/shop/",
        "C:\\code\\shop",
    ],
)
async def test_a_clone_under_another_name_belongs_to_it_by_its_origin(shop: Path, tmp_path: Path, origin: str) -> None:
    git(tmp_path, "clone", "--quiet", str(shop), "mine")
    git(tmp_path / "mine", "remote", "set-url", "origin", origin)
    assert await project_of(str(tmp_path / "mine")) == await project_of(str(shop))


def commit_on(day: str, repo: Path) -> None:
    dated = {**os.environ, **IDENTITY, "GIT_COMMITTER_DATE": f"{day}T00:00:00Z"}
    subprocess.run(["git", "commit", "--quiet", "--message", "another beginning"], cwd=repo, env=dated, check=True)


@pytest.mark.parametrize("day", ["2020-01-01", "2030-01-01"])
async def test_the_oldest_first_commit_counts_when_histories_were_joined(shop: Path, day: str) -> None:
    ours = root(shop)
    git(shop, "checkout", "--quiet", "--orphan", "docs")
    commit_on(day, shop)
    other = root(shop)
    git(shop, "checkout", "--quiet", "main")
    git(shop, "merge", "--quiet", "--allow-unrelated-histories", "-s", "ours", "-m", "join", "docs")
    assert await project_of(str(shop)) == f"{other if day < '2026' else ours}:shop"


async def test_what_is_not_there_belongs_to_no_project(shop: Path, tmp_path: Path) -> None:
    assert await project_of(str(tmp_path / "gone")) is None
    assert await project_of(str(tmp_path)) is None
    assert await project_of(str(shop), "1" * 40) is None
    git(tmp_path, "init", "--quiet", "empty")
    assert await project_of(str(tmp_path / "empty")) is None
