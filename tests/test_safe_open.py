import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion import safe_open
from codecompanion.safe_open import read_file, write_file


@pytest.fixture(params=["by the kernel", "step by step"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test holds for openat2 and for kernels without it."""
    if request.param == "step by step":
        monkeypatch.setattr(safe_open, "OPENAT2", 9_999)  # no kernel has that call: ENOSYS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").write_text("secret")
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder/file").write_text("text")
    (root / "link").symlink_to("folder")
    (root / "folder/back").symlink_to("../folder/file")
    (root / "out").symlink_to("../outside")
    (root / "away").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize("path", ["folder/file", "./folder//file", "folder/../folder/file"])
def test_a_file_below_the_folder_is_read(root: Path, path: str) -> None:
    assert read_file(root, path) == b"text"


@pytest.mark.parametrize(
    "path", ["../outside", "folder/../../outside", "/etc/passwd", "out", "away/outside", "folder/file\0x", ""]
)
@pytest.mark.parametrize("links", [False, True])
def test_nothing_outside_is_read(root: Path, path: str, *, links: bool) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - the kernel's words differ by version
        read_file(root, path, links=links)


@pytest.mark.parametrize("path", ["link/file", "folder/back"])
def test_a_link_that_stays_inside_is_followed_only_when_that_was_asked_for(root: Path, path: str) -> None:
    assert read_file(root, path, links=True) == b"text"
    with pytest.raises(OSError):  # noqa: PT011 - as above
        read_file(root, path)


@pytest.mark.parametrize("path", ["pipe", "folder", "loop", "missing", "folder/file/below"])
def test_what_is_no_regular_file_is_refused_without_waiting(root: Path, path: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - as above
        read_file(root, path, links=True)


@pytest.mark.attack("A72")
def test_a_file_that_is_too_large_is_not_read_even_when_it_is_sparse(root: Path) -> None:
    with (root / "sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match="too large"):
        read_file(root, "sparse", most_bytes=1000)
    assert read_file(root, "folder/file", most_bytes=4) == b"text"


def test_a_name_that_is_no_text_is_a_name(root: Path) -> None:
    name = os.fsdecode(b"odd\xff\n-rf")
    write_file(root, name, b"new")
    assert read_file(root, name) == b"new"


def test_nothing_outside_is_written(root: Path) -> None:
    for path in ("../outside", "out", "away/outside", "away/new"):
        with pytest.raises(OSError):  # noqa: PT011 - as above
            write_file(root, path, b"changed")
    assert (root.parent / "outside").read_text() == "secret"
    assert not (root.parent / "new").exists()


def test_a_new_file_and_a_changed_one_are_written(root: Path) -> None:
    write_file(root, "folder/new", b"1")
    write_file(root, "folder/file", b"2")
    assert (read_file(root, "folder/new"), read_file(root, "folder/file")) == (b"1", b"2")


@pytest.mark.attack("A69")
def test_a_folder_that_becomes_a_symlink_meanwhile_never_leads_out(root: Path) -> None:
    """One thread swaps a folder for a link to the outside as fast as it can, the other reads: never the secret."""
    (root.parent / "evil").mkdir()
    (root.parent / "evil/file").write_text("secret")
    (root / "evil").symlink_to("../evil")
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            (root / "folder").rename(root / "aside")
            (root / "evil").rename(root / "folder")
            (root / "folder").rename(root / "evil")
            (root / "aside").rename(root / "folder")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        seen = {_outcome(lambda: read_file(root, "folder/file")) for _ in range(3000)}
        until = time.monotonic() + 30
        while b"text" not in seen and time.monotonic() < until:  # on a busy machine the other thread may have had it all
            seen.add(_outcome(lambda: read_file(root, "folder/file")))
    finally:
        ended.set()
        swapping.join()
    assert b"secret" not in seen
    assert b"text" in seen


def _outcome(read: Callable[[], bytes]) -> bytes | None:
    try:
        return read()
    except OSError:
        return None
