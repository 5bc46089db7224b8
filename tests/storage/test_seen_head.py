"""What a machine writes down of how far it saw a log go; to lose it costs nothing but that knowledge."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from codecompanion.domain.heads import Head
from codecompanion.storage.seen_head import SIZE, SeenHead


def head(position: int, stream_id: str = "run-1") -> Head:
    return Head(position, stream_id, position, f"{position:064x}")


def test_what_a_process_noted_is_what_the_next_one_reads(tmp_path: Path) -> None:
    with closing(SeenHead(tmp_path / "seen", "log")) as one:
        assert one.read() is None
        one.note(head(3))
        one.note(head(2))
    with closing(SeenHead(tmp_path / "seen", "log")) as later, closing(SeenHead(tmp_path / "seen", "another")) as other:
        assert later.read() == head(3)
        assert other.read() is None
    [file] = [path for path in (tmp_path / "seen").iterdir() if path.stat().st_size]
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (SIZE, 0o600)


def test_a_process_that_is_behind_takes_nothing_back(tmp_path: Path) -> None:
    with closing(SeenHead(tmp_path, "log")) as fast, closing(SeenHead(tmp_path, "log")) as slow:
        fast.note(head(9))
        slow.note(head(4))
        assert fast.read() == slow.read() == head(9)
        slow.note(head(10, "a run with spaces"))
        assert fast.read() == head(10, "a run with spaces")


@pytest.mark.parametrize("content", [b"", b"7", b"x y z w", b"\xff" * SIZE, b"1 2 3"])
def test_a_file_that_says_nothing_is_written_anew(tmp_path: Path, content: bytes) -> None:
    with closing(SeenHead(tmp_path, "log")) as one:
        one.note(head(1))
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    with closing(SeenHead(tmp_path, "log")) as later:
        assert later.read() is None
        later.note(head(2))
    with closing(SeenHead(tmp_path, "log")) as last:
        assert last.read() == head(2)


def test_where_nothing_can_be_written_a_process_knows_what_it_saw_itself(tmp_path: Path) -> None:
    (tmp_path / "seen").write_text("a file", encoding="utf-8")
    with closing(SeenHead(tmp_path / "seen", "log")) as one:
        one.note(head(3))
        assert one.read() == head(3)


def test_several_that_write_at_once_leave_a_whole_line(tmp_path: Path) -> None:
    def write(first: int) -> None:
        with closing(SeenHead(tmp_path, "log")) as one:
            for position in range(first, 900, 3):
                one.note(head(position))

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(SeenHead(tmp_path, "log")) as later:
        found = later.read()
    assert found is not None
    assert found == head(found.position)
