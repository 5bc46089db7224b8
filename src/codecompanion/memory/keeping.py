"""Write to the memory: take items in, take notes out."""

import json
import sqlite3
from collections.abc import Collection, Iterable

from codecompanion.domain.memory import MemoryItem
from codecompanion.domain.terms import terms_in
from codecompanion.memory.forgotten import forgotten_run


def keep(connection: sqlite3.Connection, items: Iterable[MemoryItem], forgotten: Collection[str]) -> int:
    """Take items in and return how many are new. What was forgotten, and what is known, changes nothing."""
    return sum(
        _keep_one(connection, item)
        for item in items
        if item.note_id not in forgotten and forgotten_run(item.source.run_id) not in forgotten
    )


def _keep_one(connection: sqlite3.Connection, item: MemoryItem) -> bool:
    if connection.execute("SELECT 1 FROM source WHERE item_id = ?", (item.item_id,)).fetchone():
        return False
    key = _note_key(connection, item)
    connection.execute(
        "INSERT INTO source (item_id, note, run_id, event_id, version, recorded_at, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (item.item_id, key, item.source.run_id, item.source.event_id, item.source.version, item.recorded_at, item.detail),
    )
    connection.execute(
        "UPDATE note SET first_at = min(first_at, ?), last_at = max(last_at, ?) WHERE key = ?",
        (item.recorded_at, item.recorded_at, key),
    )
    return True


def _note_key(connection: sqlite3.Connection, item: MemoryItem) -> int:
    known = connection.execute("SELECT key FROM note WHERE note_id = ?", (item.note_id,)).fetchone()
    if known is not None:
        return int(known[0])
    tags = json.dumps(item.tags)
    [key] = connection.execute(
        "INSERT INTO note (note_id, project, kind, text, tags, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key",
        (item.note_id, item.project, item.kind, item.text, tags, item.recorded_at, item.recorded_at),
    ).fetchone()
    terms = terms_in(" ".join((item.kind, item.text, *item.tags)))
    connection.execute("INSERT INTO words (rowid, terms) VALUES (?, ?)", (key, " ".join(terms)))
    return int(key)


def remove_run(connection: sqlite3.Connection, run_id: str) -> int:
    """Take out what a run taught and return how many notes are gone; those that other runs taught as well stay."""
    keys = [key for (key,) in connection.execute("SELECT DISTINCT note FROM source WHERE run_id = ?", (run_id,))]
    connection.execute("DELETE FROM source WHERE run_id = ?", (run_id,))
    orphans = [key for key in keys if not connection.execute("SELECT 1 FROM source WHERE note = ?", (key,)).fetchone()]
    for key in set(keys).difference(orphans):
        connection.execute(
            "UPDATE note SET (first_at, last_at) ="
            " (SELECT min(recorded_at), max(recorded_at) FROM source WHERE note = key) WHERE key = ?",
            (key,),
        )
    return remove_notes(connection, orphans)


def remove_notes(connection: sqlite3.Connection, keys: Collection[int]) -> int:
    """Take out notes by their keys, with their sources, words and vectors, and return how many were there."""
    removed = 0
    for key in keys:
        connection.execute("DELETE FROM words WHERE rowid = ?", (key,))
        removed += connection.execute("DELETE FROM note WHERE key = ?", (key,)).rowcount
    # A deleted text stays in the index of words until its parts are merged into one.
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    return removed
