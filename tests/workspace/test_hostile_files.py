"""What a stranger's project, or a command, may leave lying about to trip us: pipes, loops, depths, floods, odd names."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.edits.folder_files import FolderFiles
from codecompanion.workspace.folder_trees import make_accessible
from codecompanion.workspace.instructions import read_instructions
from codecompanion.workspace.junit import read_reports
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.retrieval.files import find_files, read_text
from codecompanion.workspace.worktree import GitWorkspace

pytestmark = pytest.mark.anyio

RUN = "hostile"
RunGit = Callable[..., str]
READ = (
    *("AGENTS.md", "CLAUDE.md", "pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "pytest.ini", "requirements.txt"),
    *("package.json", "conftest.py", "module.py", "report.xml", ".gitignore", "Makefile", "tests/test_it.py", "Pipfile.lock"),
)
"""Files that one part or another reads unasked."""
LONG_ENOUGH_S = 30
"""Whoever waits for a pipe waits for ever."""


def pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    # By a short name: the path of a socket may have 108 bytes.
    before = Path.cwd()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.chdir(before)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def way_out(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def terabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


@pytest.mark.parametrize(
    "make",
    [pipe, unix_socket, loop, endless, way_out, terabyte],
    ids=["C180 pipe", "C180 socket", "C178 loop", "C180 device", "C178 way out", "C224 a terabyte"],
)
@pytest.mark.attack("A68", "A70", "A72")
async def test_nothing_that_reads_a_project_hangs_or_shows_what_is_not_its_own(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    for name in READ:
        make(root / name)
    (root / "up").symlink_to("..")
    (root / "here").symlink_to(".")
    with anyio.fail_after(LONG_ENOUGH_S):
        seen = await anyio.to_thread.run_sync(_all_that_is_read, root)
        assert [path for path in await find_files(root, None) if make is not terabyte] == []
        await ProjectDetector().profile(root, home=root)
    assert "root:" not in seen
    assert "\0\0\0\0" not in seen


def _all_that_is_read(root: Path) -> str:
    files = ProjectFiles(root)
    read: list[object] = [*files.paths, read_instructions(root, None), read_reports(root, {})]
    for name in READ:
        read += [files.text(name), files.toml(name), files.json(name), read_text(root, name)]
        try:
            read.append(FolderFiles(root)[name])
        except (CodeCompanionError, KeyError):
            continue
    return repr(read)


@pytest.mark.parametrize(("name", "levels"), [("d", 1100), ("d" * 200, 60)], ids=["deep", "long"])
@pytest.mark.attack("A71")
async def test_folders_nested_until_every_walk_breaks_are_removed(
    workspace: GitWorkspace, repo: Path, git: RunGit, name: str, levels: int
) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    await anyio.to_thread.run_sync(_nest, root, name, levels)
    (root / "new.py").write_text("new = 1\n")
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert git("show", f"{step.commit}:new.py") == "new = 1"
    await anyio.to_thread.run_sync(_nest, root, name, levels)
    await workspace.restore(RUN, repo, base.commit)
    assert not (root / name).exists()
    await anyio.to_thread.run_sync(_nest, root, name, levels)
    await workspace.remove(RUN, repo)
    assert not root.exists()


def _nest(root: Path, name: str, levels: int) -> None:
    descriptor = os.open(root, os.O_PATH)
    for level in range(levels):
        # Recorded as far as git can, or thrown away as a whole.
        try:
            os.mkdir(name, dir_fd=descriptor)
        except FileExistsError:
            assert level <= 128
        below = os.open(name, os.O_PATH, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)


def test_a_folder_as_deep_as_projects_have_is_left_alone(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder"] * 60)
    deep.mkdir(parents=True)
    (deep / "file").write_text("kept")
    make_accessible(tmp_path)
    assert (deep / "file").read_text() == "kept"


@pytest.mark.attack("A71")
async def test_c225_many_files_with_odd_names_are_recorded_byte_by_byte(workspace: GitWorkspace, repo: Path) -> None:
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    odd = [b"-rf", b"new\nline", b"\xff\xfe", b"a\tb", b"--exec=touch x", "\u202egnp".encode(), b"\\", b"'\"$(x)`x`", b" "]
    for name in odd:
        (root / os.fsdecode(name)).write_bytes(name)
    (root / "many").mkdir()
    for number in range(300):
        (root / f"many/{number}").touch()
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    await workspace.restore(RUN, repo, base.commit)
    assert not (root / "many").exists()
    await workspace.restore(RUN, repo, step.commit)
    assert {name: (root / os.fsdecode(name)).read_bytes() for name in odd} == {name: name for name in odd}
    assert len(list((root / "many").iterdir())) == 300
    assert set(await workspace.apply(repo, base.commit, step.commit)) >= {os.fsdecode(name) for name in odd}
