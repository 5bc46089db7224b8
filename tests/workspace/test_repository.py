import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]

pytestmark = pytest.mark.anyio


async def test_a_clean_repository_is_described(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    state = await workspace.inspect(repo / "docs")
    assert (state.root, state.head, state.branch) == (repo, git("rev-parse", "HEAD"), "main")
    assert (state.dirty, state.submodules, state.in_progress) == ((), (), None)


async def test_changed_staged_removed_and_untracked_paths_are_dirty(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    (repo / "calc.py").write_text("changed\n")
    git("mv", "docs/guide.md", "docs/moved.md")
    (repo / "extra").mkdir()
    (repo / "extra" / "new.py").write_text("")
    (repo / "noise.log").write_text("")
    assert (await workspace.inspect(repo)).dirty == ("calc.py", "docs/guide.md", "docs/moved.md", "extra/new.py")


async def test_a_detached_head_has_no_branch(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("checkout", "-q", "--detach")
    assert (await workspace.inspect(repo)).branch is None


def diverge(repo: Path, git: RunGit) -> None:
    git("checkout", "-q", "-b", "other")
    (repo / "calc.py").write_text("other\n")
    git("commit", "-q", "-a", "-m", "other")
    git("checkout", "-q", "main")
    (repo / "calc.py").write_text("main\n")
    git("commit", "-q", "-a", "-m", "main")


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
async def test_an_operation_in_progress_is_named(workspace: GitWorkspace, repo: Path, git: RunGit, operation: str) -> None:
    diverge(repo, git)
    with pytest.raises(AssertionError):
        git(operation, "other")
    assert (await workspace.inspect(repo)).in_progress == operation


async def test_a_bisection_in_progress_is_named(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("bisect", "start")
    assert (await workspace.inspect(repo)).in_progress == "bisect"


async def test_c221_submodules_are_listed(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo), "parts/module")
    git("commit", "-q", "-m", "module")
    assert (await workspace.inspect(repo)).submodules == ("parts/module",)


async def test_a_repository_whose_root_has_a_line_break_is_found(workspace: GitWorkspace, repo: Path) -> None:
    moved = repo.with_name("pro\nject -x")
    shutil.move(repo, moved)
    assert (await workspace.inspect(moved)).root == moved


async def test_a_missing_folder_is_bad_input(workspace: GitWorkspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        await workspace.inspect(tmp_path / "nowhere")


async def test_a_file_is_bad_input(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(BadInput, match="is a file"):
        await workspace.inspect(repo / "calc.py")


async def test_a_folder_outside_a_repository_is_bad_input(workspace: GitWorkspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not in a git repository"):
        await workspace.inspect(tmp_path)


async def test_c126_a_bare_repository_is_bad_input(workspace: GitWorkspace, git: RunGit, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(BadInput, match="bare"):
        await workspace.inspect(tmp_path / "bare.git")


async def test_a_folder_inside_dot_git_is_bad_input(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(BadInput, match=r"inside a \.git"):
        await workspace.inspect(repo / ".git" / "refs")


async def test_c218_a_repository_without_commits_is_bad_input(workspace: GitWorkspace, tmp_path: Path, git: RunGit) -> None:
    git("init", "-q", str(tmp_path / "fresh"))
    with pytest.raises(BadInput, match="no commits"):
        await workspace.inspect(tmp_path / "fresh")


async def test_a_missing_git_is_named(workspace: GitWorkspace, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo))
    with pytest.raises(EnvironmentBroken, match="git is not installed"):
        await workspace.inspect(repo)


@pytest.mark.parametrize("version", ["2.17.1", "unknown"])
async def test_an_old_git_is_named(
    workspace: GitWorkspace, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho git version {version}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    with pytest.raises(EnvironmentBroken, match=r"version|too old"):
        await workspace.inspect(repo)


async def test_git_variables_around_us_do_not_lead_us_elsewhere(
    workspace: GitWorkspace, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert (await workspace.inspect(repo)).root == repo
