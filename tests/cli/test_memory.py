"""`memory`, from outside: after real runs, and on logs that were made for it."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import Fact, ReviewCompleted
from codecompanion.storage.sqlite import open_sqlite
from command_line import Cli, Solved
from histories import REQUEST
from postgres_server import PrivatePostgres, without_pgvector
from projects import git
from recorded_runs import SOLVED, record


@pytest.fixture
def learned(tmp_path: Path, shop: Path) -> Path:
    """The repository, with two runs on it in the log and nothing learned yet."""
    request = REQUEST.model_copy(update={"repo": str(shop), "base_commit": git(shop, "rev-parse", "HEAD").strip()})
    remarks = ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=False, findings=("prices are floats",), model="x:y"
    )
    runs: dict[str, tuple[Fact, ...]] = {
        "run-1": (request, *SOLVED[1:]),
        "run-2": (request, *SOLVED[1:-1], remarks, SOLVED[-1]),
    }

    async def make() -> None:
        async with open_sqlite(tmp_path / "state/log.sqlite3") as (store, _):
            for run_id, facts in runs.items():
                await record(store, run_id, facts)

    anyio.run(make)
    return shop


def test_a_run_is_remembered_when_it_ends(solved: Solved) -> None:
    assert (solved.state / "memory.sqlite3").exists()
    done = solved.cli("memory", "search", "failing", "discount", "test", "-C", str(solved.shop), "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found = done.json
    assert (found["schema_version"], found["type"], found["by"]) == (1, "memory", ["words"])
    assert found["project"].endswith(":shop")
    cure, command = found["notes"]
    assert (cure["kind"], command["kind"]) == ("cure", "command")
    assert "in discount, line 6 of shop.py; it made pass: tests/test_shop.py::test_ten_pieces" in cure["text"]
    assert command["text"] == "'python -m pytest' runs the tests"
    assert {source["run_id"] for note in found["notes"] for source in note["sources"]} == {solved.run_id}


def test_the_event_that_a_note_names_is_in_the_log(solved: Solved) -> None:
    [note] = solved.cli("memory", "search", "discount", "-C", str(solved.shop), "--json").json["notes"]
    source = note["sources"][0]

    async def recorded() -> list[Event]:
        async with open_sqlite(solved.state / "log.sqlite3") as (store, _):
            return await store.read(source["run_id"], after_version=source["version"] - 1, up_to_version=source["version"])

    [event] = anyio.run(recorded)
    assert (event.event_id, event.type) == (source["event_id"], "ArtifactProduced")


def test_nothing_is_written_when_the_memory_is_off_and_nothing_is_lost_when_it_is_broken(
    cli: Cli, shop: Path, tmp_path: Path
) -> None:
    run = ("run", "fix the failing tests", "-C", str(shop), "--timeout", "60", "-q")
    off = cli(*run, env={"CODECOMPANION_MEMORY": "false"})
    assert off.exit_code == 0, off.stderr
    assert not list((tmp_path / "state").glob("memory*"))
    (tmp_path / "state/memory.sqlite3").mkdir()
    broken = cli(*run, "--debug")
    assert broken.exit_code == 0, broken.stderr
    assert "is not remembered: the memory" in broken.stderr


def test_notes_are_found_shown_and_forgotten(cli: Cli, learned: Path, tmp_path: Path) -> None:
    here = ("-C", str(learned))
    done = cli("memory", "search", "floats", *here)
    assert (done.exit_code, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    handle, kind, text = line.split("  ", 2)
    assert (kind, text[: text.index("  [")]) == ("review", "  a reviewer found: prices are floats")
    shown = cli("memory", "show", handle, *here).stdout
    assert line in shown
    assert "source  run run-2, event 13 (" in shown
    assert cli("memory", "show", handle, *here, "--json").json["tags"] == ["sent back"]
    assert cli("memory", "forget", handle, *here).stdout == "forgot 1 note\n"
    (tmp_path / "state/memory.sqlite3").unlink()
    again = cli("memory", "search", "floats", *here)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "nothing that is remembered" in again.stderr


def test_a_run_or_everything_can_be_forgotten(cli: Cli, learned: Path) -> None:
    here = ("-C", str(learned))
    assert cli("memory", "forget", "--run", "run-2", *here, "--json").json["notes"] == 1
    found = cli("memory", "search", "tests", "floats", *here, "--json").json["notes"]
    assert [len(note["sources"]) for note in found] == [1, 1]
    assert cli("memory", "forget", "--all", *here).stdout == "forgot 2 notes\n"
    assert cli("memory", "search", "tests", *here, "--json").json["notes"] == []


def test_a_memory_that_is_off_can_still_be_forgotten(cli: Cli, learned: Path) -> None:
    here = ("-C", str(learned))
    assert cli("memory", "search", "tests", *here).exit_code == 0
    off = {"CODECOMPANION_MEMORY": "false"}
    assert cli("memory", "forget", "--all", *here, env=off).stdout == "forgot 3 notes\n"


def test_an_embedder_that_cannot_answer_leaves_the_words(cli: Cli, learned: Path) -> None:
    away = {
        "CODECOMPANION_EMBEDDER": "compatible:x",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "CODECOMPANION_MODEL_ATTEMPTS": "1",
    }
    done = cli("memory", "search", "floats", "-C", str(learned), env=away)
    assert done.exit_code == 0
    assert "prices are floats" in done.stdout
    assert "searched by words only, the embedder does not answer (compatible:x cannot be reached" in done.stderr


def test_an_embedder_without_its_key_leaves_the_words_too(cli: Cli, learned: Path) -> None:
    env = {"CODECOMPANION_EMBEDDER": "openai:text-embedding-3-small", "OPENAI_API_KEY": ""}
    done = cli("memory", "search", "floats", "-C", str(learned), "--json", env=env)
    assert (done.exit_code, done.json["by"]) == (0, ["words"])
    assert "there is no key for openai" in done.stderr
    assert cli("memory", "show", done.json["notes"][0]["id"], "-C", str(learned), env=env).stderr == ""


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("search", " "), "is empty"),
        (("search",), "Missing argument"),
        (("show", "Mffff"), "nothing is remembered as 'Mffff'"),
        (("forget", "Mffff"), "nothing is remembered as 'Mffff'"),
        (("forget",), "say what to forget"),
        (("forget", "Mffff", "--all"), "say what to forget"),
        (("forget", "--run", "none"), "there is no run 'none'"),
        (("search", "x", "-C", "/"), "not in a git repository"),
    ],
)
def test_bad_input_is_told_and_is_exit_code_2(cli: Cli, learned: Path, args: tuple[str, ...], what: str) -> None:
    place = () if "-C" in args else ("-C", str(learned))
    done = cli("memory", *args, *place, "--json")
    assert done.exit_code == done.json["exit_code"] == 2
    assert what in done.json["error"]["what"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("embedder", ["anthropic:x", "openai"])
def test_an_embedder_that_is_none_is_told(cli: Cli, learned: Path, embedder: str) -> None:
    done = cli("memory", "search", "x", "-C", str(learned), env={"CODECOMPANION_EMBEDDER": embedder})
    assert done.exit_code == 2
    assert f"{embedder!r} names" in done.stderr


def test_doctor_says_how_the_memory_is_searched(cli: Cli, learned: Path) -> None:
    assert cli("memory", "search", "floats", "-C", str(learned)).exit_code == 0
    checks = {check["name"]: check for check in cli("doctor", "--json").json["checks"]}
    assert checks["memory"]["found"] == "3 notes, searched by words; no embedder"
    named = cli("doctor", "--json", env={"CODECOMPANION_EMBEDDER": "openai:text-embedding-3-small"}).json["checks"]
    found = next(check["found"] for check in named if check["name"] == "memory")
    assert "vectors of openai:text-embedding-3-small are compared by " in found
    assert "sqlite-vec v" in found or "numpy: this Python's SQLite loads no extensions" in found


def test_doctor_says_where_the_vectors_of_a_team_lie(cli: Cli, pgvector: PrivatePostgres, pgvector_url: str) -> None:
    embedder = {"CODECOMPANION_EMBEDDER": "openai:text-embedding-3-small"}

    def told() -> dict[str, Any]:
        done = cli("doctor", "--json", env={**embedder, "CODECOMPANION_DATABASE_URL": pgvector_url})
        return next(check for check in done.json["checks"] if check["name"] == "memory")

    with without_pgvector(pgvector):
        missing = told()
    shared = told()
    assert (missing["ok"], shared["ok"]) == (True, True)
    assert missing["found"].endswith("; each machine has its own, for the database's server has no pgvector")
    assert missing["fix"].startswith("to share them, install pgvector on the database's server")
    assert "lie in the database, for the whole team, and are compared by pgvector 0." in shared["found"]
    assert shared["fix"] == ""
