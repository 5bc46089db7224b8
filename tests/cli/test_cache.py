"""`cache` as a user types it."""

from datetime import UTC, datetime
from pathlib import Path

import anyio

from codecompanion.storage.sqlite_response_cache import open_response_cache
from command_line import Cli


async def fill(file: Path) -> None:
    async with open_response_cache(file, note=print) as cache:
        for number in range(2):
            await cache.put(f"{number:064x}", b"answer", datetime(2026, 11, 26, tzinfo=UTC))


def test_a_cache_is_looked_at_and_emptied(cli: Cli, environ: dict[str, str]) -> None:
    assert cli("cache", "stats").stdout == "0 answers; 0.0 of 256 MiB\n"
    anyio.run(fill, Path(environ["CODECOMPANION_STATE_DIR"]) / "responses.sqlite3")
    assert cli("cache", "stats").stdout == "2 answers, the oldest of 2026-11-26; 0.0 of 256 MiB\n"
    assert cli("cache", "stats", "--json").json["entries"] == 2
    assert cli("cache", "clear", "--json").json == {"schema_version": 1, "type": "cache_cleared", "entries": 2}
    assert cli("cache", "clear").stdout == "0 answers are forgotten\n"


def test_a_damaged_cache_is_begun_anew_with_a_note(cli: Cli, environ: dict[str, str]) -> None:
    file = Path(environ["CODECOMPANION_STATE_DIR"]) / "responses.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"junk" * 1000)
    done = cli("cache", "stats")
    assert (done.exit_code, done.stdout) == (0, "0 answers; 0.0 of 256 MiB\n")
    assert done.stderr.startswith("note: the response cache was damaged (file is not a database); it is now")
