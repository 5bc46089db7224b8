"""Repositories that are rarely seen: worked on like any other, or refused by a sentence.

The ids are those of docs/INPUTS.md.
"""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from codecompanion.workspace.worktree import GitWorkspace

pytestmark = pytest.mark.anyio

RunGit = Callable[..., str]
RUN = "odd"
POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
MANY = 200_000
SOON_S = 60
"""Whoever looks at each file for itself takes longer."""


async def changed_and_applied(workspace: GitWorkspace, repo: Path) -> tuple[str, ...]:
    """Change a file as a run does, bring it into the user's files and return the paths that it took."""
    base = await workspace.prepare(RUN, repo, "HEAD")
    (workspace.path(RUN) / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    paths = await workspace.apply(repo, base.commit, step.commit)
    await workspace.remove(RUN, repo)
    return tuple(paths)


async def test_c220_a_shallow_clone_is_worked_on_and_not_deepened(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    git("commit", "-q", "--allow-empty", "-m", "second")
    shallow = tmp_path / "shallow"
    git("clone", "-q", "--depth", "1", f"file://{repo}", str(shallow))
    boundary = (shallow / ".git/shallow").read_text()
    assert (await workspace.inspect(shallow)).dirty == ()
    assert await changed_and_applied(workspace, shallow) == ("calc.py",)
    assert (shallow / ".git/shallow").read_text() == boundary


async def test_c222_pointers_of_large_files_stay_what_they_are_and_nothing_fetches_or_writes_the_files(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    (repo / "model.bin").write_text(POINTER)
    git("add", "-A")
    (repo / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    git("add", "-A")
    git("commit", "-q", "-m", "pointer")
    for way in ("smudge", "clean", "process"):
        git("config", f"filter.lfs.{way}", f"touch {tmp_path}/called; cat")
    git("config", "filter.lfs.required", "true")
    base = await workspace.prepare(RUN, repo, "HEAD")
    assert (workspace.path(RUN) / "model.bin").read_text() == POINTER
    (workspace.path(RUN) / "calc.py").write_text("")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert await workspace.apply(repo, base.commit, step.commit) == ("calc.py",)
    assert (repo / "model.bin").read_text() == POINTER
    assert not (tmp_path / "called").exists()


async def test_c223_a_repository_of_200_000_files_is_described_soon(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    blob = git("hash-object", "-w", "calc.py")
    git("update-index", "--index-info", stdin="".join(f"100644 {blob}\tmany/{n // 500}/{n}.py\n" for n in range(MANY)))
    git("commit", "-q", "-m", "many")
    with anyio.fail_after(SOON_S):
        state = await workspace.inspect(repo)
    assert state.head == git("rev-parse", "HEAD")
    assert len(state.dirty) == MANY  # in the commit, and not on the disk of this test


async def test_c217_a_repository_without_a_file_is_worked_on(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("rm", "-q", "-r", ".")
    git("commit", "-q", "-m", "nothing")
    base = await workspace.prepare(RUN, repo, "HEAD")
    (workspace.path(RUN) / "new.py").write_bytes(b"\xff\x00\r\n")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert await workspace.apply(repo, base.commit, step.commit) == ("new.py",)
    assert (repo / "new.py").read_bytes() == b"\xff\x00\r\n"
