"""Files are changed all or none, and nothing outside of the folder is touched, whatever happens to the folder meanwhile."""

import ctypes
import os
import stat
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from codecompanion.domain.errors import CodeCompanionError, PolicyRefused
from codecompanion.workspace.file_changes import FileChange, change_files

CHANGES = (
    FileChange("folder/file", b"ours", 0o600),
    FileChange("folder/new/deep", b"ours"),
    FileChange("folder/gone", None),
    FileChange("folder/link", b"file", stat.S_IFLNK),
)
ROUNDS = 600
EXCHANGE = 2
"""Of renameat2: two names change places at once."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@contextmanager
def swapping(root: Path) -> Generator[None]:
    """While it lasts, the folder is now itself and now a link to the outside, and never missing."""
    ended, libc = threading.Event(), ctypes.CDLL(None)
    names = os.fsencode(root / "folder"), os.fsencode(root / "evil")

    def swap() -> None:
        while not ended.is_set():
            assert libc.renameat2(-100, names[0], -100, names[1], EXCHANGE) == 0

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.attack("A69")
def test_a_folder_that_becomes_a_symlink_while_it_is_written_leads_nowhere(root: Path) -> None:
    outside = root.parent / "outside"
    for folder in (root / "folder", outside):
        folder.mkdir()
        for name in ("file", "gone"):
            (folder / name).write_text("theirs", encoding="utf-8")
    (outside / "file").chmod(0o640)
    (root / "evil").symlink_to(outside)
    with swapping(root):
        for _ in range(ROUNDS):
            with suppress(CodeCompanionError):
                change_files(root, CHANGES)
    assert sorted(path.name for path in outside.iterdir()) == ["file", "gone"]
    assert {(path.read_text(), stat.S_IMODE(path.stat().st_mode)) for path in outside.iterdir()} <= {
        ("theirs", 0o640),
        ("theirs", stat.S_IMODE((outside / "gone").stat().st_mode)),
    }
    assert stat.S_IMODE((outside / "file").stat().st_mode) == 0o640


def test_files_are_made_changed_removed_and_linked(root: Path) -> None:
    (root / "folder").mkdir()
    (root / "folder/gone").write_text("x")
    (root / "folder/script").write_text("x")
    (root / "folder/script").chmod(0o755)
    change_files(root, [*CHANGES, FileChange("folder/script", b"y"), FileChange("not/there", None)])
    assert (root / "folder/new/deep").read_text() == "ours"
    assert (root / "folder/link").readlink() == Path("file")
    modes = {name: stat.S_IMODE((root / "folder" / name).stat().st_mode) for name in ("file", "script", "new/deep")}
    assert modes == {"file": 0o600, "script": 0o755, "new/deep": 0o644}
    assert sorted(path.name for path in (root / "folder").iterdir()) == ["file", "link", "new", "script"]
    assert [path.name for path in root.iterdir()] == ["folder"], "nothing is left of the work"


def test_when_one_cannot_be_made_all_is_as_it_was(root: Path) -> None:
    (root / "folder").mkdir()
    (root / "folder/gone").write_text("x")
    (root / "lonely").mkdir()
    (root / "lonely/file").write_text("x")
    (root / "full").mkdir()
    (root / "full/file").write_text("x")
    with pytest.raises(PolicyRefused, match="in each other's way"):
        change_files(root, [*CHANGES, FileChange("lonely/file", None), FileChange("full", b"a folder is in the way")])
    left = sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
    assert left == ["folder", "folder/gone", "full", "full/file", "lonely", "lonely/file"]
