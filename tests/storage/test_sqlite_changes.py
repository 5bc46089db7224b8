"""What the store need not ask the file again is never older than the file, whoever wrote to it."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.domain.envelope import Draft
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_changes import Changes, Ends
from codecompanion.storage.sqlite_schema import prepare

pytestmark = pytest.mark.anyio


def draft(number: int) -> Draft:
    return Draft(f"{number:08d}-0000-7000-8000-000000000000", "ToolIntended", 1, "", {"key": "k", "tool": "t"}, "test")


Act = st.tuples(st.sampled_from(["mine", "theirs", "read", "blob"]), st.sampled_from(["run-1", "run-2"]), st.integers(0, 4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(Act, max_size=12))
async def test_a_read_tells_what_any_opener_of_the_file_has_appended(
    acts: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.sqlite3"
    lengths = {"run-1": 0, "run-2": 0}
    async with open_sqlite(path) as (mine, _), open_sqlite(path) as (theirs, blobs):
        for act, stream, after in acts:
            match act:
                case "blob":
                    await blobs.put(bytes([after]))
                case "read":
                    read = await mine.read(stream, after_version=after)
                    assert [event.version for event in read] == list(range(after + 1, lengths[stream] + 1))
                    assert await mine.last_position() == sum(lengths.values())
                case _:
                    writer = mine if act == "mine" else theirs
                    await writer.append(stream, [draft(sum(lengths.values()))], expected_version=lengths[stream])
                    lengths[stream] += 1


def test_the_mark_changes_with_a_commit_of_another_process_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    prepare(path)
    changes = Changes(path)
    before = changes.mark()
    assert before is not None
    assert changes.mark() == before
    insert = "INSERT INTO blobs (sha256, compressed) VALUES (1, 2)"
    write = f"import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute({insert!r}); c.commit()"
    subprocess.run([sys.executable, "-c", write, str(path)], check=True)
    assert changes.mark() != before
    changes.close()


def test_a_file_that_cannot_be_looked_at_has_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    prepare(path)
    changes = Changes(path)
    for part in tmp_path.glob("log.sqlite3*"):
        part.write_bytes(b"\xff" * 4096)
    assert changes.mark() is None
    changes.close()


def test_nothing_is_known_without_a_mark_or_with_another() -> None:
    ends = Ends()
    ends.note("run-1", 3, 7)
    assert ends.ends_by("run-1", 3, 7)
    assert ends.ends_by("run-1", 4, 7)
    assert not ends.ends_by("run-1", 2, 7)
    assert not ends.ends_by("run-2", 3, 7)
    assert not ends.ends_by("run-1", 3, 8)
    assert not ends.ends_by("run-1", 3, None)
    ends.note("run-2", 1, None)
    assert not ends.ends_by("run-2", 1, None)
