from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codecompanion.domain.errors import BadInput, PolicyRefused
from codecompanion.ports import Tree
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]
RUN = "01920000-0000-7000-8000-000000000002"
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def change(workspace: GitWorkspace, repo: Path) -> tuple[Tree, Tree]:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    await workspace.write(RUN, {"calc.py": b"def add(a, b):\n    return a + b\n", "pkg/new.py": b"x = 1\n"})
    (root / "docs" / "guide.md").unlink()
    return base, await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")


async def deliver(workspace: GitWorkspace, repo: Path, branch: str, change: tuple[Tree, Tree], message: str = "Fix add") -> str:
    base, step = change
    return await workspace.deliver(repo, branch=branch, commit=step.commit, base=base.commit, message=message, date=DATE)


async def test_a_branch_has_one_commit_with_the_tree(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[Tree, Tree]
) -> None:
    commit = await deliver(workspace, repo, "codecompanion/fix", change)
    assert git("rev-parse", "codecompanion/fix") == commit
    assert git("rev-parse", f"{commit}^{{tree}}", f"{commit}^") == f"{change[1].tree}\n{change[0].commit}"
    assert git("log", "-1", "--format=%s|%at|%an", commit) == f"Fix add|{int(DATE.timestamp())}|CodeCompanion"
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"


async def test_delivering_twice_gives_the_same_commit(workspace: GitWorkspace, repo: Path, change: tuple[Tree, Tree]) -> None:
    assert await deliver(workspace, repo, "b", change) == await deliver(workspace, repo, "b", change)


async def test_an_existing_other_branch_is_never_moved(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[Tree, Tree]
) -> None:
    head = git("rev-parse", "main")
    with pytest.raises(PolicyRefused, match="main"):
        await deliver(workspace, repo, "main", change)
    with pytest.raises(PolicyRefused, match="main/sub"):
        await deliver(workspace, repo, "main/sub", change)
    assert git("rev-parse", "main") == head


@pytest.mark.parametrize("branch", ["", "-d", "a..b", "a b", "x.lock", "@{u}"])
async def test_a_bad_branch_name_is_bad_input(
    workspace: GitWorkspace, repo: Path, change: tuple[Tree, Tree], branch: str
) -> None:
    with pytest.raises(BadInput):
        await deliver(workspace, repo, branch, change)


async def test_a_change_is_applied_uncommitted_and_undone(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[Tree, Tree]
) -> None:
    base, step = change
    paths = await workspace.apply(repo, base.commit, step.commit)
    assert paths == ("calc.py", "docs/guide.md", "pkg/new.py")
    assert git("status", "--porcelain").splitlines() == [" M calc.py", " D docs/guide.md", "?? pkg/"]
    assert await workspace.apply(repo, base.commit, step.commit) == paths
    await workspace.apply(repo, step.commit, base.commit)
    assert git("status", "--porcelain") == ""
    assert not (repo / "pkg").exists()


def change_content(repo: Path) -> None:
    (repo / "calc.py").write_text("mine\n")


def make_executable(repo: Path) -> None:
    (repo / "calc.py").chmod(0o755)


def remove_it(repo: Path) -> None:
    (repo / "calc.py").unlink()


def create_it_first(repo: Path) -> None:
    (repo / "pkg").mkdir()
    (repo / "pkg" / "new.py").write_text("mine\n")


def link_the_folder(repo: Path) -> None:
    (repo / "elsewhere").mkdir()
    (repo / "pkg").symlink_to("elsewhere")


def block_the_folder(repo: Path) -> None:
    (repo / "pkg").write_text("a file where a folder must be\n")


@pytest.mark.parametrize(
    "meanwhile", [change_content, make_executable, remove_it, create_it_first, link_the_folder, block_the_folder]
)
async def test_a_file_the_user_changed_meanwhile_stops_everything(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[Tree, Tree], meanwhile: Callable[[Path], None]
) -> None:
    meanwhile(repo)
    before = git("status", "--porcelain", "-uall")
    with pytest.raises(PolicyRefused):
        await workspace.apply(repo, change[0].commit, change[1].commit)
    assert git("status", "--porcelain", "-uall") == before
    assert (repo / "docs" / "guide.md").exists()


async def test_other_work_of_the_user_is_no_hindrance_and_stays(
    workspace: GitWorkspace, repo: Path, git: RunGit, change: tuple[Tree, Tree]
) -> None:
    (repo / "mine.py").write_text("mine\n")
    git("add", "mine.py")
    index = git("ls-files", "--stage")
    await workspace.apply(repo, change[0].commit, change[1].commit)
    assert git("ls-files", "--stage") == index
    assert (repo / "mine.py").read_text() == "mine\n"


async def test_line_ends_follow_the_projects_attributes(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    (repo / ".gitattributes").write_text("*.bat text eol=crlf\n")
    (repo / "run.bat").write_bytes(b"one\r\n")
    git("add", "-A")
    git("commit", "-q", "-m", "bat")
    base = await workspace.prepare(RUN, repo, "HEAD")
    assert (workspace.path(RUN) / "run.bat").read_bytes() == b"one\r\n"
    await workspace.write(RUN, {"run.bat": b"two\r\n"})
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    await workspace.apply(repo, base.commit, step.commit)
    assert (repo / "run.bat").read_bytes() == b"two\r\n"


async def test_a_submodule_is_not_changed_in_the_users_tree(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    head = git("rev-parse", "HEAD")
    git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    git("commit", "-q", "-m", "module")
    with pytest.raises(PolicyRefused, match="submodule"):
        await workspace.apply(repo, head, "HEAD")


async def test_a_diff_of_files_that_are_no_utf8_is_text_and_applies(workspace: GitWorkspace, repo: Path, git: RunGit) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    await workspace.write(RUN, {"latin.py": b"s = '\xe9'\n" * 3, "ü.txt": "ü\n".encode(), "raw": bytes(range(256))})
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    diff = await workspace.diff(repo, base.commit, step.commit)
    assert "+++ b/ü.txt" in diff
    git("apply", stdin=diff.encode())
    assert (repo / "latin.py").read_bytes() == b"s = '\xe9'\n" * 3
    assert (repo / "raw").read_bytes() == bytes(range(256))
    assert await workspace.diff(repo, base.commit, base.commit) == ""
