"""What the disk refuses is told as an error of the environment, by whatever method it is met."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import BadInput, EnvironmentBroken, SandboxLost
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.ports import Cage, CommandLine, Sandbox
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.git import Git
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.sandboxes.rlimits import rlimits_sandbox
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]
RUN = "01920000-0000-7000-8000-000000000001"

pytestmark = pytest.mark.anyio
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: sudo make test")


@pytest.fixture
def no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TMPDIR that is a file: nobody, root included, can make anything in it."""
    (tmp_path / "no-folder").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no-folder"))


@pytest.fixture(params=["4k", "8k", "12k", "20k", "32k", "1m"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("method", ["prepare", "snapshot", "restore", "remove"])
async def test_a_file_where_the_worktrees_belong_is_told(tmp_path: Path, repo: Path, git: RunGit, method: str) -> None:
    (tmp_path / "file").touch()
    workspace = GitWorkspace(tmp_path / "file" / "worktrees")
    head = git("rev-parse", "HEAD")
    calls = {
        "prepare": lambda: workspace.prepare(RUN, repo, "HEAD"),
        "snapshot": lambda: workspace.snapshot(RUN, repo, version=1, parent=head, message="x"),
        "restore": lambda: workspace.restore(RUN, repo, head),
        "remove": lambda: workspace.remove(RUN, repo),
    }
    with pytest.raises(EnvironmentBroken) as caught:
        await calls[method]()
    assert caught.value.fix


@pytest.mark.usefixtures("no_room_for_temporary_files")
@pytest.mark.parametrize("method", ["prepare", "export", "diff", "apply"])
async def test_temporary_files_that_cannot_be_made_are_told(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path, method: str
) -> None:
    first = git("rev-parse", "HEAD")
    (repo / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    git("commit", "-q", "-a", "-m", "second")
    calls = {
        "prepare": lambda: workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True),
        "export": lambda: workspace.export(repo, "HEAD", tmp_path / "new"),
        "diff": lambda: workspace.diff(repo, first, "HEAD"),
        "apply": lambda: workspace.apply(repo, "HEAD", first),
    }
    with pytest.raises(EnvironmentBroken) as caught:
        await calls[method]()
    assert "Not a directory" in caught.value.cause
    assert "no-folder" in caught.value.fix
    assert isinstance(caught.value.__cause__, NotADirectoryError)
    assert git("status", "--porcelain") == ""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


@pytest.mark.usefixtures("no_room_for_temporary_files")
async def test_checks_and_sandboxes_tell_that_temporary_files_cannot_be_made(
    sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentBroken, match="cannot be used"):
        await CagedChecks(sandbox).measure(tmp_path, TestSuite(runner="pytest"), interpreter, timeout_s=5)
    with pytest.raises(EnvironmentBroken, match="cannot be used"):
        await choose_sandbox(allow_weak=True)
    with pytest.raises(SandboxLost, match="folder cannot be made"):
        await rlimits_sandbox().run(Cage(writable=(tmp_path,)), CommandLine(("/bin/true",), tmp_path, timeout_s=5))


@needs_root
async def test_f22_every_step_of_a_run_tells_of_a_small_disk_or_succeeds(small_disk: Path, repo: Path, git: RunGit) -> None:
    workspace = GitWorkspace(small_disk / "state")
    told: list[EnvironmentBroken] = []
    parent = git("rev-parse", "HEAD")
    steps = (
        lambda: workspace.prepare(RUN, repo, "HEAD"),
        lambda: workspace.write(RUN, {"calc.py": b"#" * 3000, "docs/new.md": b"#" * 3000}),
        lambda: workspace.snapshot(RUN, repo, version=1, parent=parent, message="x"),
        lambda: workspace.restore(RUN, repo, parent),
        lambda: workspace.export(repo, parent, small_disk / "out"),
        lambda: workspace.remove(RUN, repo),
    )
    for step in steps:
        try:
            await step()
        except EnvironmentBroken as error:
            told.append(error)
    assert all(error.fix for error in told)
    assert told or _size(small_disk) > 16 * 1024
    assert not told or _size(small_disk) < 1024**2
    assert git("status", "--porcelain") == ""


def _size(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_frsize * room.f_blocks


@needs_root
async def test_f22_a_small_disk_for_temporary_files_is_told(
    small_disk: Path, repo: Path, interpreter: Interpreter, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "calc.py").write_text("changed")
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    (small_disk / "filler").write_bytes(bytes(_size(small_disk) - os.statvfs(small_disk).f_frsize))
    with pytest.raises(EnvironmentBroken) as caught:
        await CagedChecks(sandbox).measure(repo, TestSuite(runner="pytest"), interpreter, timeout_s=5)
    assert (caught.value.what, caught.value.fix) == ("the disk is full", "free some space and run it again")


@pytest.mark.parametrize("place", ["file", "below a file", "/proc/nobody", "/proc/self/task", "x" * 300])
async def test_an_export_to_a_place_that_cannot_be_used_is_bad_input(
    workspace: GitWorkspace, repo: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput):
        await workspace.export(repo, "HEAD", tmp_path / place.replace("below a file", "file/new"))


async def test_a_folder_whose_name_is_too_long_is_bad_input(workspace: GitWorkspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot be entered|does not exist"):
        await workspace.inspect(tmp_path / ("x" * 300))


async def test_a_git_that_does_not_read_what_it_is_fed_is_told_by_its_exit_code(repo: Path) -> None:
    assert (await Git(cwd=repo).ask("hash-object", "--no-such-option", stdin=b"x" * 4_000_000)).exit_code == 129
    assert len(await Git(cwd=repo).line("hash-object", "--stdin", stdin=b"x" * 4_000_000)) == 40


async def test_other_errors_pass_unchanged() -> None:
    @os_errors_explained
    async def fails() -> None:
        raise PermissionError

    @os_errors_explained
    async def is_wrong(*, number: int) -> int:
        return 1 // number

    with pytest.raises(EnvironmentBroken):
        await fails()
    with pytest.raises(ZeroDivisionError):
        await is_wrong(number=0)
    assert await is_wrong(number=1) == 1
