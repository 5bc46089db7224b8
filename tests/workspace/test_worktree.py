import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codecompanion.domain.errors import BadInput, EnvironmentBroken, PolicyRefused
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]
RUN = "01920000-0000-7000-8000-000000000001"

pytestmark = pytest.mark.anyio


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in root.rglob("*")
        if (path.is_symlink() or path.is_file()) and path.relative_to(root).parts[0] != ".git"
    }


async def test_a_run_gets_a_listed_and_locked_worktree_with_the_files_of_the_commit(
    workspace: GitWorkspace, repo: Path, git: RunGit
) -> None:
    tree = await workspace.prepare(RUN, repo, "HEAD")
    assert files_of(workspace.path(RUN)) == files_of(repo)
    assert tree.commit == git("rev-parse", "HEAD") == git("rev-parse", tree.ref)
    assert tree.tree == git("rev-parse", "HEAD^{tree}")
    listed = git("worktree", "list", "--porcelain")
    assert f"worktree {workspace.path(RUN)}" in listed
    assert "locked CodeCompanion run" in listed
    assert git("-C", str(workspace.path(RUN)), "status", "--porcelain") == ""


async def test_preparing_again_gives_the_same_worktree_back_reset(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    first = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").write_text("broken")
    (root / "left.log").write_text("ignored, but not of the commit")
    shutil.rmtree(root / "docs")
    assert await workspace.prepare(RUN, repo, first.commit) == first
    assert files_of(root) == files_of(repo)
    assert git("worktree", "list").count(RUN) == 1


@pytest.mark.parametrize("killed", ["folder without entry", "entry without folder", "half an entry", "locks"])
async def test_what_a_killed_run_left_is_cleared(workspace: GitWorkspace, repo: Path, git: RunGit, killed: str) -> None:
    root = workspace.path(RUN)
    admin = repo / ".git" / "worktrees" / RUN
    if killed == "folder without entry":
        (root / "docs").mkdir(parents=True)
        (root / "docs" / "old").write_text("old")
    else:
        await workspace.prepare(RUN, repo, "HEAD")
    if killed == "entry without folder":
        shutil.rmtree(root)
    if killed == "half an entry":
        (admin / "gitdir").unlink()
        (admin / "HEAD").write_text("")
    if killed == "locks":
        (root.parent / ".index" / f"{RUN}.lock").write_text("")
        (repo / ".git" / "refs" / "codecompanion" / RUN / "base.lock").write_text("")
    await workspace.prepare(RUN, repo, "HEAD")
    assert files_of(root) == files_of(repo)
    assert str(root) in git("worktree", "list")


PREPARE = """
import sys, anyio
from pathlib import Path
from codecompanion.workspace.worktree import GitWorkspace
anyio.run(GitWorkspace(Path(sys.argv[1])).prepare, sys.argv[2], Path(sys.argv[3]), "HEAD")
"""


def kill_half_way(argv: list[str], after_s: float, *, with_git: bool) -> None:
    with subprocess.Popen(argv, start_new_session=True) as killed:
        time.sleep(after_s)
        (os.killpg if with_git else os.kill)(killed.pid, signal.SIGKILL)


@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("after_s", [0.4, 0.5])
async def test_a_prepare_that_is_killed_half_way_can_be_repeated(
    workspace: GitWorkspace, repo: Path, git: RunGit, after_s: float, *, with_git: bool
) -> None:
    for n in range(300):
        (repo / f"file{n}.py").write_text(f"n = {n}\n")
    git("add", "-A")
    git("commit", "-q", "-m", "many")
    root = workspace.path(RUN)
    kill_half_way([sys.executable, "-c", PREPARE, str(root.parent), RUN, str(repo)], after_s, with_git=with_git)
    await workspace.prepare(RUN, repo, "HEAD")
    assert files_of(root) == files_of(repo)
    assert git("worktree", "list").count(str(root)) == 1


async def test_two_at_once_wait_for_each_other(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(workspace.prepare, RUN, repo, "HEAD")
    assert files_of(workspace.path(RUN)) == files_of(repo)
    assert git("worktree", "list").count(RUN) == 1


def hold_for_a_while(lock: Path) -> None:
    orphan = 'exec 9>"$0"; flock 9; sleep 1.5 >/dev/null 2>&1 &'
    subprocess.run(["sh", "-c", orphan, lock], check=True)


async def test_a_git_that_outlives_its_killed_run_is_waited_for(workspace: GitWorkspace, repo: Path) -> None:
    lock = workspace.path(RUN).parent / ".lock" / RUN
    lock.parent.mkdir(parents=True)
    hold_for_a_while(lock)
    with pytest.raises(TimeoutError), anyio.fail_after(0.5):
        await workspace.prepare(RUN, repo, "HEAD")
    await workspace.prepare(RUN, repo, "HEAD")
    assert files_of(workspace.path(RUN)) == files_of(repo)


PREPARE_AND_TELL = """
import sys, anyio
from pathlib import Path
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.worktree import GitWorkspace
worktrees = Path(sys.argv[1])
try:
    anyio.run(GitWorkspace(worktrees).prepare, sys.argv[2], Path(sys.argv[3]), "HEAD")
except EnvironmentBroken as error:
    print(error.what)
print([path.name for path in worktrees.iterdir() if path.name not in (".index", ".lock")])
"""
FULL = """
mount -t tmpfs -o size=256k none "$1" && exec "$2" -c "$3" "$1" run "$4"
"""


def test_a_full_disk_is_told_and_nothing_is_left(repo: Path, git: RunGit, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounting = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
    if subprocess.run([*mounting, "mount", "-t", "tmpfs", "none", small], capture_output=True, check=False).returncode:
        pytest.skip("no small disk to be had: this user may not mount a tmpfs")
    (repo / "big.bin").write_bytes(os.urandom(512 * 1024))
    git("add", "-A")
    git("commit", "-q", "-m", "big")
    argv = [*mounting, "sh", "-c", FULL, "sh", small, sys.executable, PREPARE_AND_TELL, repo]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["git worktree could not write: the disk is full or fails", "[]"], done.stderr


async def test_uncommitted_changes_come_along_and_the_users_index_and_files_stay(
    workspace: GitWorkspace, repo: Path, git: RunGit
) -> None:
    (repo / "staged.py").write_text("staged = 1\n")
    git("add", "staged.py")
    (repo / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    (repo / "new file.py").write_text("new = 1\n")
    (repo / "noise.log").write_text("ignored\n")
    (repo / "docs" / "guide.md").unlink()
    status = git("status", "--porcelain")
    index = (repo / ".git" / "index").read_bytes()
    tree = await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True)
    expected = files_of(repo)
    del expected["noise.log"]
    assert files_of(workspace.path(RUN)) == expected
    assert git("rev-parse", f"{tree.commit}^") == git("rev-parse", "HEAD")
    assert (repo / ".git" / "index").read_bytes() == index
    assert git("status", "--porcelain") == status


async def test_preparing_again_does_not_pick_up_what_the_user_changed_since(workspace: GitWorkspace, repo: Path) -> None:
    (repo / "calc.py").write_text("mine = 1\n")
    first = await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True)
    (repo / "calc.py").write_text("mine = 2\n")
    assert await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True) == first


async def test_uncommitted_changes_of_a_merge_in_progress_come_along(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("checkout", "-q", "-b", "other")
    (repo / "calc.py").write_text("other = 1\n")
    git("commit", "-q", "-a", "-m", "other")
    git("checkout", "-q", "main")
    (repo / "calc.py").write_text("main = 1\n")
    git("commit", "-q", "-a", "-m", "main")
    with pytest.raises(AssertionError):
        git("merge", "other")
    await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True)
    assert b"<<<<<<<" in files_of(workspace.path(RUN))["calc.py"]
    assert files_of(workspace.path(RUN)) == files_of(repo)


async def test_what_a_user_ignores_everywhere_is_no_work_of_theirs(workspace: GitWorkspace, repo: Path) -> None:
    home = repo.parent / "home"
    (home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/.ignored\n")
    (home / ".ignored").write_text("*.swp\n")
    (repo / "calc.py.swp").write_text("editor")
    assert (await workspace.inspect(repo)).dirty == ()


async def test_a_worktree_is_made_from_a_linked_worktree_and_from_a_subfolder(
    workspace: GitWorkspace, git: RunGit, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git("worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "docs" / "guide.md").write_text("# Changed\n")
    assert (await workspace.inspect(linked / "docs")).root == linked
    tree = await workspace.prepare(RUN, linked / "docs", "side", include_uncommitted=True)
    assert files_of(workspace.path(RUN)) == files_of(linked)
    assert git("rev-parse", tree.ref) == tree.commit
    assert (await workspace.snapshot(RUN, linked, version=1, parent=tree.commit, message="same")).tree == tree.tree


async def test_a_snapshot_records_all_but_ignored_files_and_equal_files_give_an_equal_id(
    workspace: GitWorkspace, repo: Path, git: RunGit
) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    (root / "new.py").write_text("x = 1\n")
    (root / "noise.log").write_text("ignored")
    (root / "docs" / "guide.md").unlink()
    first = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    again = await workspace.snapshot(RUN, repo, version=2, parent=base.commit, message="step")
    assert first.commit == again.commit == git("rev-parse", f"refs/codecompanion/{RUN}/1")
    assert git("ls-tree", "-r", "--name-only", first.commit).split() == [".gitignore", "calc.py", "new.py"]
    assert git("log", "-1", "--format=%an|%cd", "--date=raw", first.commit) == "CodeCompanion|" + git(
        "log", "-1", "--format=%cd", "--date=raw", base.commit
    )
    assert "Co-authored-by: CodeCompanion" in git("log", "-1", "--format=%B", first.commit)
    assert git("branch", "--list").split() == ["*", "main"]


async def test_restore_brings_a_snapshot_back_after_anything(workspace: GitWorkspace, repo: Path) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").write_text("better = 1\n")
    (root / "tool.sh").write_text("#!/bin/sh\n")
    (root / "tool.sh").chmod(0o755)
    (root / "link").symlink_to("calc.py")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    wanted = files_of(root)
    await workspace.restore(RUN, repo, base.commit)
    assert files_of(root) == files_of(repo)
    shutil.rmtree(root)
    await workspace.restore(RUN, repo, step.commit)
    assert files_of(root) == wanted
    assert (root / "tool.sh").stat().st_mode & stat.S_IXUSR


ODD_NAMES = ["a b.txt", "-rf", "line\nbreak", "tab\there", 'quo"te', "ünï", os.fsdecode(b"latin-\xe9.txt"), ":(top)x", "*"]


async def test_odd_file_names_survive_every_step(workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path) -> None:
    for name in ODD_NAMES:
        (repo / name).write_text("one\n")
    assert (await workspace.inspect(repo)).dirty == tuple(sorted(ODD_NAMES))
    base = await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True)
    root = workspace.path(RUN)
    await workspace.write(RUN, dict.fromkeys(ODD_NAMES, b"two\n"))
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    await workspace.export(repo, step.commit, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(root)
    assert set(await workspace.apply(repo, base.commit, step.commit)) == set(ODD_NAMES)
    assert files_of(repo) == files_of(root)
    git("add", "-A")
    git("apply", "--reverse", "--index", stdin=await workspace.diff(repo, base.commit, step.commit))
    assert {name: (repo / name).read_text() for name in ODD_NAMES} == dict.fromkeys(ODD_NAMES, "one\n")


def plant_evil(root: Path, mark: Path) -> None:
    """Leave what a hostile test could leave, all of it meant to make git run a command of its choice."""
    evil = f"touch {mark}"
    (root / ".git").unlink()
    for folder in (root / ".git", root / "docs" / ".git", root / "nested" / ".git", root / "module" / ".git"):
        (folder / "hooks").mkdir(parents=True)
        (folder / "objects").mkdir()
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "config").write_text(
            f'[core]\n\tfsmonitor = {evil}\n\tworktree = /\n[filter "evil"]\n\tclean = {evil}\n\tsmudge = {evil}\n'
        )
        for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
            (folder / "hooks" / hook).write_text(f"#!/bin/sh\n{evil}\n")
            (folder / "hooks" / hook).chmod(0o755)
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (root / "calc.py").write_text("changed = 1\n")


async def test_a_tampered_worktree_neither_runs_anything_nor_redirects_us(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    head = git("rev-parse", "HEAD")
    git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    git("commit", "-q", "-m", "with a submodule")
    mark = tmp_path / "ran"
    git("config", "filter.evil.clean", f"touch {mark}")
    git("config", "filter.evil.smudge", f"touch {mark}")
    git("config", "filter.evil.required", "true")
    git("config", "diff.evil.textconv", f"touch {mark}; cat")
    git("config", "diff.evil.command", f"touch {mark}")
    git("config", "core.fsmonitor", f"touch {mark}")
    (repo / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (repo / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (repo / ".git" / "hooks" / hook).chmod(0o755)
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    plant_evil(root, mark)
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert await workspace.diff(repo, base.commit, step.commit)
    await workspace.restore(RUN, repo, base.commit)
    assert (root / ".git").is_file()
    assert not (root / "docs" / ".git").exists()
    assert not (root / "nested").exists()
    await workspace.restore(RUN, repo, step.commit)
    await workspace.export(repo, step.commit, tmp_path / "out")
    await workspace.apply(repo, base.commit, step.commit)
    await workspace.inspect(repo)
    await workspace.deliver(
        repo,
        branch="b",
        commit=step.commit,
        base=base.commit,
        message="m",
        date=datetime(2026, 1, 2, tzinfo=UTC),
    )
    await workspace.remove(RUN, repo)
    assert not mark.exists()
    assert (repo / "calc.py").read_text() == "changed = 1\n"


@pytest.mark.attack("A68")
async def test_a_snapshot_copes_with_pipes_and_unreadable_files(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").unlink()
    os.mkfifo(root / "calc.py")
    (root / "secret").write_text("x")
    (root / "secret").chmod(0)
    (root / "docs").chmod(0)
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert git("ls-tree", "-r", "--name-only", step.commit).split() == [".gitignore", "docs/guide.md", "secret"]


async def test_a_file_may_become_a_folder_and_back(workspace: GitWorkspace, repo: Path) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").unlink()
    (root / "calc.py").mkdir()
    (root / "calc.py" / "inner.py").write_text("inner = 1\n")
    shutil.rmtree(root / "docs")
    (root / "docs").write_text("now a file\n")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    changed = files_of(root)
    await workspace.restore(RUN, repo, base.commit)
    assert files_of(root) == files_of(repo)
    await workspace.restore(RUN, repo, step.commit)
    assert files_of(root) == changed
    original = files_of(repo)
    await workspace.apply(repo, base.commit, step.commit)
    assert files_of(repo) == changed
    await workspace.apply(repo, step.commit, base.commit)
    assert files_of(repo) == original


@pytest.mark.parametrize(
    "path", ["../out", "/etc/x", "a/../../x", ".git/config", "docs/.GIT/hooks/x", "", "a//b", "./a", "way/x"]
)
@pytest.mark.attack("A74")
async def test_a_write_outside_the_worktree_is_refused_and_nothing_written(
    workspace: GitWorkspace, repo: Path, tmp_path: Path, path: str
) -> None:
    await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "way").symlink_to(tmp_path)
    with pytest.raises(PolicyRefused):
        await workspace.write(RUN, {"calc.py": b"changed", path: b"x"})
    assert b"a - b" in (root / "calc.py").read_bytes()


async def test_a_write_through_a_symlink_to_a_file_is_refused(workspace: GitWorkspace, repo: Path) -> None:
    await workspace.prepare(RUN, repo, "HEAD")
    (workspace.path(RUN) / "link").symlink_to("calc.py")
    with pytest.raises(PolicyRefused, match="symlink"):
        await workspace.write(RUN, {"link": b"x"})


async def test_a_write_is_all_or_none_and_keeps_modes(workspace: GitWorkspace, repo: Path) -> None:
    await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "calc.py").chmod(0o755)
    before = files_of(root)
    with pytest.raises(PolicyRefused):
        await workspace.write(RUN, {"calc.py": b"x", "fresh/deep/file": b"x", "docs": b"a folder is in the way"})
    assert files_of(root) == before
    assert not (root / "fresh").exists()
    await workspace.write(RUN, {"calc.py": b"x", "fresh/deep/file": b"y"})
    assert (root / "fresh" / "deep" / "file").read_bytes() == b"y"
    assert stat.S_IMODE((root / "calc.py").stat().st_mode) == 0o755
    assert [path.name for path in root.iterdir() if path.name.startswith(".codecompanion")] == []


async def test_a_worktree_that_is_gone_is_told_and_restored(workspace: GitWorkspace, repo: Path) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    shutil.rmtree(workspace.path(RUN))
    with pytest.raises(EnvironmentBroken, match="is gone"):
        await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    with pytest.raises(EnvironmentBroken, match="is gone"):
        await workspace.write(RUN, {"a": b""})
    await workspace.restore(RUN, repo, base.commit)
    assert files_of(workspace.path(RUN)) == files_of(repo)


async def test_an_empty_commit_gives_an_empty_worktree(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    git("rm", "-q", "-r", ".")
    git("commit", "-q", "-m", "nothing left")
    base = await workspace.prepare(RUN, repo, "HEAD")
    assert files_of(workspace.path(RUN)) == {}
    assert (await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="same")).tree == base.tree


@pytest.mark.parametrize("run_id", ["", "..", "../x", "a/b", "-x", "a b", ".index"])
def test_a_run_id_cannot_leave_the_folder(workspace: GitWorkspace, run_id: str) -> None:
    with pytest.raises(BadInput):
        workspace.path(run_id)


async def test_an_unknown_commit_is_bad_input(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(BadInput, match="no commit"):
        await workspace.prepare(RUN, repo, "--all")


async def test_export_wants_a_new_folder(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(BadInput, match="not empty"):
        await workspace.export(repo, "HEAD", repo / "docs")


async def test_remove_leaves_the_recorded_trees(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    plant_evil(workspace.path(RUN), repo / "ran")
    await workspace.remove(RUN, repo)
    assert not workspace.path(RUN).exists()
    assert RUN not in git("worktree", "list")
    assert git("rev-parse", base.ref) == base.commit
    await workspace.remove(RUN, repo)


async def test_a_failed_prepare_leaves_nothing(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    blob = git("rev-parse", "HEAD:calc.py")
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(EnvironmentBroken) as caught:
        await workspace.prepare(RUN, repo, "HEAD")
    assert blob in caught.value.cause
    assert not workspace.path(RUN).exists()
    assert RUN not in git("worktree", "list")


contents = st.binary(max_size=40) | st.text(max_size=40).map(str.encode)
trees = st.dictionaries(st.sampled_from(["a", "b.py", "d/e", "d/f/g", "ü", "h h"]), contents, max_size=6)


@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=trees, after=trees)
async def test_any_change_can_be_applied_undone_and_sent_as_a_patch(
    workspace: GitWorkspace, repo: Path, git: RunGit, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    await workspace.write(RUN, before)
    one = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="one")
    await workspace.restore(RUN, repo, base.commit)
    await workspace.write(RUN, after)
    two = await workspace.snapshot(RUN, repo, version=2, parent=base.commit, message="two")
    await workspace.apply(repo, base.commit, one.commit)
    await workspace.apply(repo, one.commit, two.commit)
    assert files_of(repo) == files_of(root)
    await workspace.apply(repo, two.commit, one.commit)
    diff = await workspace.diff(repo, one.commit, two.commit)
    if diff:
        git("apply", stdin=diff)
    assert files_of(repo) == files_of(root)
    await workspace.apply(repo, two.commit, base.commit)
    assert git("status", "--porcelain") == ""
