"""The memory as the settings open it, with an embedder behind a wire."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from codecompanion.memory.memory import Found
from codecompanion.runs.remembering import open_memory as open_memory_of
from codecompanion.settings import Settings
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.wiring import open_app
from codecompanion.wiring.memory import learner_of, offered_memories, open_memory
from embedding_server import Embeddings, serving
from histories import REQUEST
from projects import git, repository
from providers_bench import environ_for
from recorded_runs import SOLVED, record

pytestmark = pytest.mark.anyio


async def test_notes_are_embedded_over_the_wire_and_found_by_no_word_of_theirs(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    request = REQUEST.model_copy(update={"repo": str(shop), "base_commit": git(shop, "rev-parse", "HEAD").strip()})
    settings = Settings(state_dir=tmp_path / "state", embedder="compatible:some-model")
    async with open_sqlite(settings.state_dir / "log.sqlite3") as (store, _), serving(served := Embeddings()) as port:
        await record(store, "run-1", [request, *SOLVED[1:]])
        learner = learner_of(settings, store, str)
        async with open_memory(settings, environ_for(port), learner, shop / "tests") as memory:
            found = await memory.search("zeppelin")
            again = await memory.search("zeppelin")
    assert found == again
    assert (found.by, found.missing, len(found.notes)) == (("words", "meaning"), "", 2)
    assert [request.json()["input"] for request in served.requests[1:]] == [["zeppelin"], ["zeppelin"]]
    assert sorted(served.requests[0].json()["input"]) == sorted(note.text for note in found.notes)


async def test_two_machines_on_one_database_embed_each_note_once(tmp_path: Path, pgvector_url: str) -> None:
    shop = repository(tmp_path / "shop")
    request = REQUEST.model_copy(update={"repo": str(shop), "base_commit": git(shop, "rev-parse", "HEAD").strip()})

    async def machine(name: str, environ: Mapping[str, str]) -> tuple[Found, str]:
        settings = Settings(state_dir=tmp_path / name, embedder="compatible:some-model", database_url=pgvector_url)
        async with open_app(settings, environ) as app:
            if name == "one":
                await record(app.store, "run-1", [request, *SOLVED[1:]])
            async with open_memory_of(app, shop, environ) as memory:
                found = await memory.search("zeppelin")
            return found, await offered_memories(app, shop, "another run", "zeppelin", 1000)

    async with serving(served := Embeddings()) as port:
        environ = {**environ_for(port), "PATH": os.environ["PATH"]}
        found, offered = await machine("one", environ)
        assert await machine("other", environ) == (found, offered)
    assert (len(found.notes), found.by) == (2, ("words", "meaning"))
    assert found.notes[0].text in offered
    sent = [request.json()["input"] for request in served.requests]
    assert sorted(sent[0]) == sorted(note.text for note in found.notes)
    assert sent[1:] == [["zeppelin"]] * 4, "the notes were sent once, what is asked each time"


async def test_without_memory_nothing_is_learned_embedded_or_written(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    settings = Settings(state_dir=tmp_path / "state", embedder="compatible:some-model", memory=False)
    async with open_sqlite(settings.state_dir / "log.sqlite3") as (store, _), serving(served := Embeddings()) as port:
        await record(store, "run-1", [REQUEST.model_copy(update={"repo": str(shop)}), *SOLVED[1:]])
        async with open_memory(settings, environ_for(port), learner_of(settings, store, str), shop) as memory:
            assert (await memory.search("tests")).notes == ()
            assert await memory.learn() == 0
    assert served.requests == []
