"""When the vectors of a team can lie in its database, and what is said when they cannot."""

from collections.abc import Sequence

import anyio
import pytest

from codecompanion.ports import Readiness
from codecompanion.storage.postgres_vectors import CREATE, GRANT, INSTALL, open_postgres_vectors
from postgres_server import PrivatePostgres, answer, execute, without_pgvector

pytestmark = pytest.mark.anyio

NOTES = [f"{number:064x}" for number in range(40)]
USER = "an_ordinary_user"


@pytest.fixture
def url(pgvector_url: str) -> str:
    return pgvector_url


def readiness(url: str) -> Readiness:
    async def ask() -> Readiness:
        async with open_postgres_vectors(url) as vectors:
            return await vectors.ready()

    return anyio.run(ask)


def as_user(url: str, *, may: str) -> str:
    """Return a URL for a user who is no superuser, but may do something."""
    execute(
        url,
        f"DO $$ BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE SCHEMA IF NOT EXISTS codecompanion",
        f"GRANT {may} TO {USER}",
    )
    return url.replace("postgres@", f"{USER}@")


def laid_out(url: str) -> None:
    """Make the tables of the log, as whoever set the database up did."""
    readiness(url)
    execute(url, "DROP TABLE memory_vectors", "DROP EXTENSION vector")
    execute(
        url, f"GRANT USAGE ON SCHEMA codecompanion TO {USER}", f"GRANT SELECT ON ALL TABLES IN SCHEMA codecompanion TO {USER}"
    )


def test_a_server_without_the_extension_is_told_with_how_to_get_it(pgvector: PrivatePostgres, url: str) -> None:
    with without_pgvector(pgvector):
        assert readiness(url) == Readiness(
            ok=False, found="the database's server has no pgvector", fix=f"{INSTALL}; then {CREATE}"
        )
    assert answer(url, "SELECT to_regclass('memory_vectors')") is None
    assert readiness(url).ok


def test_the_extension_is_made_where_others_look_for_it(url: str) -> None:
    found = readiness(url)
    assert (found.ok, found.fix) == (True, "")
    version = answer(url, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    assert found.found == f"pgvector {version}"
    assert answer(url, "SELECT '[1,2]'::public.vector::text") == "[1,2]"
    assert readiness(url) == found


def test_who_may_not_make_the_extension_is_told_who_may(url: str) -> None:
    as_user(url, may="USAGE ON SCHEMA codecompanion")
    laid_out(url)
    ordinary = as_user(url, may="CREATE ON SCHEMA codecompanion")
    found = readiness(ordinary)
    assert (found.ok, found.found, found.fix) == (False, 'permission denied to create extension "vector"', CREATE)
    execute(url, "CREATE EXTENSION vector SCHEMA public")
    assert readiness(ordinary).ok


def test_who_may_not_make_or_write_the_table_is_told_what_to_grant(url: str) -> None:
    ordinary = as_user(url, may="USAGE ON SCHEMA codecompanion")
    laid_out(url)
    execute(url, "CREATE EXTENSION vector SCHEMA public")
    assert readiness(ordinary) == Readiness(ok=False, found="permission denied for schema codecompanion", fix=GRANT)
    assert readiness(url).ok
    execute(url, f"GRANT SELECT, INSERT ON codecompanion.memory_vectors TO {USER}")
    assert readiness(ordinary) == Readiness(ok=False, found="this user may not write the table memory_vectors", fix=GRANT)
    execute(url, "INSERT INTO memory_vectors VALUES ('a', 'b', 'c', now())")

    async def forget(who: str) -> None:
        async with open_postgres_vectors(who) as vectors:
            await vectors.forget(["a"])

    anyio.run(forget, ordinary)
    assert answer(url, "SELECT count(*) FROM memory_vectors") == 1
    execute(url, f"GRANT UPDATE, DELETE ON codecompanion.memory_vectors TO {USER}")
    assert readiness(ordinary).ok
    anyio.run(forget, ordinary)
    assert answer(url, "SELECT count(*) FROM memory_vectors") == 0


def test_to_forget_where_nothing_was_ever_kept_does_nothing(url: str) -> None:
    async def forget() -> None:
        async with open_postgres_vectors(url) as vectors:
            await vectors.forget(NOTES)

    anyio.run(forget)
    assert answer(url, "SELECT to_regclass('memory_vectors')") is None


def test_an_extension_in_another_schema_that_is_dropped_and_made_again_has_the_notes_embedded_again(url: str) -> None:
    execute(url, 'CREATE SCHEMA "Else where"', 'CREATE EXTENSION vector SCHEMA "Else where"')

    async def kept() -> Sequence[str]:
        async with open_postgres_vectors(url) as vectors:
            assert (await vectors.ready()).ok
            wanted = await vectors.wanted("p", "e", NOTES, most=10)
            await vectors.put("e", {note_id: [0.6, 0.8] for note_id in wanted})
            found = await vectors.nearest("p", "e", [1.0, 0.0], among=NOTES, most=100)
            assert [note_id for note_id, _ in found] == wanted
            assert {round(distance, 6) for _, distance in found} <= {0.4}
            return wanted

    assert anyio.run(kept) == NOTES[:10]
    execute(url, "DROP EXTENSION vector CASCADE", "UPDATE memory_vectors SET claimed_at = now() - interval '1 hour'")
    assert anyio.run(kept) == NOTES[:10]


async def test_a_note_is_given_to_one_of_many_who_want_it_at_once(url: str) -> None:
    given: list[Sequence[str]] = []
    async with open_postgres_vectors(url) as vectors:
        assert (await vectors.ready()).ok

        async def want(note_ids: Sequence[str]) -> None:
            given.append(await vectors.wanted("p", "e", note_ids, most=len(NOTES)))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(want, NOTES)
                tasks.start_soon(want, NOTES[::-1])
    assert sorted(note_id for notes in given for note_id in notes) == NOTES


def test_many_who_begin_at_once_make_the_table_once(url: str) -> None:
    found: list[Readiness] = []

    async def ready() -> None:
        async with open_postgres_vectors(url) as vectors:
            found.append(await vectors.ready())

    async def together() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(ready)

    anyio.run(together)
    assert [one.ok for one in found] == [True] * 6
