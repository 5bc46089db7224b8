"""Read from the memory: notes by id, by words, by age."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from codecompanion.domain.errors import BadInput
from codecompanion.memory.notes import PREFIX, Note, NoteSource

MOST_TERMS = 64
MOST_SHOWN = 5


def by_words(connection: sqlite3.Connection, project: str, terms: Sequence[str], most: int) -> list[tuple[int, float]]:
    """Return the keys of a project's notes that have some of the terms, with their bm25: the lowest is the best."""
    asked = list(dict.fromkeys(terms))[:MOST_TERMS]
    if not asked:
        return []
    query = " OR ".join(f'"{term}"' for term in asked)
    rows = connection.execute(
        "SELECT key, bm25(words) AS score FROM words JOIN note ON key = words.rowid"
        " WHERE words MATCH ? AND project = ? ORDER BY score, key LIMIT ?",
        (query, project, most),
    )
    return [(key, score) for key, score in rows]


def newest(connection: sqlite3.Connection, project: str, kind: str, most: int) -> list[int]:
    """Return the keys of a project's notes of a kind, those that were learned last first."""
    query = "SELECT key FROM note WHERE project = ? AND kind = ? ORDER BY last_at DESC, key LIMIT ?"
    return [key for (key,) in connection.execute(query, (project, kind, most))]


def ids_of_project(connection: sqlite3.Connection, project: str) -> dict[str, int]:
    """Return the ids of all notes of a project with their keys, those that were learned last first."""
    rows = connection.execute("SELECT note_id, key FROM note WHERE project = ? ORDER BY last_at DESC, key", (project,))
    return dict(rows.fetchall())


def ids_of_run(connection: sqlite3.Connection, run_id: str) -> list[str]:
    """Return the ids of the notes that a run taught and no other one did."""
    query = (
        "SELECT note_id FROM note WHERE key IN (SELECT note FROM source WHERE run_id = ?)"
        " AND NOT EXISTS (SELECT 1 FROM source WHERE note = key AND run_id <> ?)"
    )
    return [note_id for (note_id,) in connection.execute(query, (run_id, run_id))]


def texts(connection: sqlite3.Connection, note_ids: Iterable[str]) -> dict[str, str]:
    """Return the texts of notes by their ids, in their order; an id that is none is left out."""
    query = "SELECT note_id, text FROM note WHERE note_id = ?"
    rows = (connection.execute(query, (note_id,)).fetchone() for note_id in note_ids)
    return dict(row for row in rows if row is not None)


def runs_of_project(connection: sqlite3.Connection, project: str) -> list[str]:
    """Return the runs that taught a project's notes."""
    query = "SELECT DISTINCT run_id FROM source JOIN note ON key = note WHERE project = ?"
    return [run_id for (run_id,) in connection.execute(query, (project,))]


def key_of(connection: sqlite3.Connection, project: str, named: str) -> tuple[int, str]:
    """Return the key and the whole id of the note of a project that a handle, an id or the beginning of one means.

    Raises:
        BadInput: None, or more than one, fits.
    """
    beginning = named.removeprefix(PREFIX).lower()
    rows: list[tuple[int, str]] = []
    if beginning and set(beginning) <= set("0123456789abcdef"):
        query = "SELECT key, note_id FROM note WHERE project = ? AND note_id GLOB ? ORDER BY note_id LIMIT ?"
        rows = connection.execute(query, (project, f"{beginning}*", MOST_SHOWN)).fetchall()
    if not rows:
        raise BadInput(f"nothing is remembered as {named!r}", fix="codecompanion memory search WORDS shows what there is")
    if len(rows) > 1:
        raise BadInput(f"several notes begin with {named!r}", cause=", ".join(i for _, i in rows), fix="give more of the id")
    return rows[0]


def last_at(connection: sqlite3.Connection, keys: Iterable[int]) -> dict[int, str]:
    """Return when each of some notes was last learned; a key that is none is left out."""
    query = "SELECT key, last_at FROM note WHERE key = ?"
    rows = (connection.execute(query, (key,)).fetchone() for key in keys)
    return {row[0]: row[1] for row in rows if row is not None}


def notes(connection: sqlite3.Connection, keys: Iterable[int]) -> list[Note]:
    """Return the notes of keys, in their order; a key that is none is left out."""
    return [note for key in keys if (note := _note(connection, key)) is not None]


def _note(connection: sqlite3.Connection, key: int) -> Note | None:
    query = "SELECT note_id, project, kind, text, tags, first_at, last_at FROM note WHERE key = ?"
    row = connection.execute(query, (key,)).fetchone()
    if row is None:
        return None
    note_id, project, kind, text, tags, first_at, last_at = row
    sources = connection.execute(
        "SELECT run_id, event_id, version, recorded_at, detail FROM source WHERE note = ? ORDER BY recorded_at DESC, item_id",
        (key,),
    )
    learned = tuple(NoteSource(*source) for source in sources)
    return Note(note_id, project, kind, text, tuple(json.loads(tags)), first_at, last_at, learned)
