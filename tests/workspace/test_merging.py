from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from codecompanion.ports import Side, Tree
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]
RUN = "01920000-0000-7000-8000-000000000003"
LONG = "".join(f"line_{n} = {n}\n" for n in range(20))

pytestmark = pytest.mark.anyio


@pytest.fixture
async def change(workspace: GitWorkspace, repo: Path, git: RunGit) -> tuple[str, str]:
    (repo / "long.py").write_text(LONG)
    git("add", "-A")
    git("commit", "-q", "-m", "long")
    base = await workspace.prepare(RUN, repo, "HEAD")
    await workspace.write(RUN, {"long.py": LONG.replace("line_2 = 2", "line_2 = 22").encode()})
    (workspace.path(RUN) / "docs" / "guide.md").unlink()
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    return base.commit, step.commit


def show(git: RunGit, tree: Tree | None, path: str) -> str:
    assert tree is not None
    return git("show", f"{tree.commit}:{path}") + "\n"


async def test_files_as_in_the_base_need_no_merge(workspace: GitWorkspace, repo: Path, change: tuple[str, str]) -> None:
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert (files.changed, files.conflicts, files.users, files.merged) == ((), (), None, None)


async def test_edits_elsewhere_in_the_file_and_in_new_files_are_merged(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[str, str]
) -> None:
    edited = LONG.replace("line_17 = 17", "line_17 = 1717")
    (repo / "long.py").write_text(edited)
    (repo / "new.py").write_text("x = 1\n")
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert (files.changed, files.conflicts) == (("long.py", "new.py"), ())
    assert show(git, files.users, "long.py") == edited
    assert show(git, files.merged, "long.py") == edited.replace("line_2 = 2", "line_2 = 22")
    assert show(git, files.merged, "new.py") == "x = 1\n"
    assert files.merged is not None
    assert "docs/guide.md" not in git("ls-tree", "-r", "--name-only", files.merged.commit)
    assert (repo / "long.py").read_text() == edited
    assert git("diff", "--cached", "--name-only") == ""


async def test_f51_edits_of_the_same_lines_are_a_conflict(workspace: GitWorkspace, repo: Path, change: tuple[str, str]) -> None:
    (repo / "long.py").write_text(LONG.replace("line_2 = 2", "line_2 = 9"))
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert (files.changed, files.conflicts, files.merged) == (("long.py",), ("long.py",), None)


async def test_a_file_that_one_removed_and_the_other_changed_is_a_conflict(
    workspace: GitWorkspace, repo: Path, change: tuple[str, str]
) -> None:
    (repo / "docs" / "guide.md").write_text("# More\n")
    (repo / "long.py").unlink()
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.conflicts == ("docs/guide.md", "long.py")


async def test_the_same_change_by_the_user_is_no_conflict(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[str, str]
) -> None:
    (repo / "long.py").write_text(LONG.replace("line_2 = 2", "line_2 = 22"))
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.conflicts == ()
    assert show(git, files.merged, "long.py") == LONG.replace("line_2 = 2", "line_2 = 22")


async def test_f51_what_the_user_committed_meanwhile_counts_as_the_users_files(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[str, str]
) -> None:
    (repo / "calc.py").write_text("x = 2\n")
    git("commit", "-qam", "second")
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.changed == ("calc.py",)
    assert show(git, files.merged, "calc.py") == "x = 2\n"


async def test_large_files_that_lie_about_are_not_copied_into_the_repository(
    workspace: GitWorkspace, repo: Path, change: tuple[str, str]
) -> None:
    (repo / "data.bin").write_bytes(b"x" * 5_000_001)
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.changed == ()
    (repo / "small.bin").write_bytes(b"x" * 5_000_000)
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.changed == ("small.bin",)


async def test_an_environment_that_somebody_forgot_to_ignore_is_not_copied_into_the_repository(
    workspace: GitWorkspace, repo: Path, change: tuple[str, str]
) -> None:
    (repo / "tools/venv/bin").mkdir(parents=True)
    for name in ("pyvenv.cfg", "bin/activate"):
        (repo / "tools/venv" / name).write_text("home = /usr/bin\n")
    (repo / "tools/venv.py").write_text("x = 1\n")
    files = await workspace.users_files(RUN, repo, before=change[0], after=change[1])
    assert files.changed == ("tools/venv.py",)


@pytest.mark.parametrize("kept", [("onto", "line_2 = 9"), ("change", "line_2 = 22")], ids=["of the other", "of the change"])
async def test_where_both_changed_the_same_lines_those_of_one_side_can_be_kept(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[str, str], kept: tuple[Side, str]
) -> None:
    keep, line = kept
    await workspace.restore(RUN, repo, change[0])
    await workspace.write(RUN, {"long.py": LONG.replace("line_2 = 2\n", "line_2 = 9\n").replace("line_17 = 17", "").encode()})
    onto = await workspace.snapshot(RUN, repo, version=2, parent=change[0], message="other")
    merge = partial(workspace.merge, RUN, repo, before=change[0], after=change[1], onto=onto.commit, version=3)
    conflict = await merge()
    assert (conflict.tree, conflict.conflicts) == (None, ("long.py",))
    merged = await merge(keep=keep)
    text = show(git, merged.tree, "long.py")
    assert line in text
    assert "line_17" not in text
    assert (workspace.path(RUN) / "long.py").read_text() == text.rstrip("\n") + "\n"
    assert not (workspace.path(RUN) / "docs" / "guide.md").exists()
