"""The index of one repository on disk: the analysis of each content, and which content each path had when last looked at.

A cache: losing it costs time only. A damaged one is made anew. One process works on it at a time, the others wait. Whoever
stops in between leaves it good: what is not committed is done again.
"""

import fcntl
import hashlib
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.retrieval.analysis import Analysis, analyse
from codecompanion.workspace.retrieval.files import read_text
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.retrieval.packing import FORMAT, pack, unpack

_SCHEMA = """
CREATE TABLE analysis (content TEXT, ending TEXT, packed BLOB NOT NULL, PRIMARY KEY (content, ending)) WITHOUT ROWID;
CREATE TABLE file (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, content TEXT, ending TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX file_content ON file (content, ending);
CREATE TABLE history (head TEXT PRIMARY KEY, commits TEXT NOT NULL) WITHOUT ROWID;
"""
_FILES_PER_COMMIT = 500
"""An interrupted first build goes on where it was."""

_WAIT_S = 0.05
"""How often a process that waits for another one looks again."""

Progress = Callable[[int, int], None]
"""Hears how many files of how many are done."""
FILES_WORTH_A_WORD = 1000
"""Fewer are read before anybody wonders."""
Checkpoint = Callable[[], None]
"""Called between two files, and while waiting; whatever it raises ends the work there."""


def telling(say: Callable[[str], None]) -> Progress:
    """Return what says how far a work on many files is, in about ten sentences; nothing for a few files."""
    said = -1

    def note(done: int, of: int) -> None:
        nonlocal said
        tenth = 10 * done // max(of, 1)
        if of >= FILES_WORTH_A_WORD and tenth != said:
            said = tenth
            say(f"indexing: {done} of {of} files")

    return note


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at the last look: of each path its stamp, and the id of its content, None where only the path is known."""

    stamps: Mapping[str, str]
    contents: Mapping[str, str | None]


class FileIndex:
    """An open index. Made by `open_index`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def seen(self) -> Seen:
        """Return what whoever took in changes last has seen."""
        stamps: dict[str, str] = {}
        contents: dict[str, str | None] = {}
        for path, stamp, content in self._connection.execute("SELECT path, stamp, content FROM file"):
            stamps[path], contents[path] = stamp, content
        return Seen(stamps, contents)

    def update(
        self, root: Path, found: Mapping[str, str], seen: Seen, on_progress: Progress, checkpoint: Checkpoint
    ) -> dict[str, str | None]:
        """Take in what changed since the last look; return the id of every path's content, None where only the path is known.

        Args:
            root: The folder.
            found: Its files with their stamps.
            seen: The last look at it; a file whose stamp is the same is not read.
            on_progress: Hears how many of the changed files are done.
            checkpoint: Called between two files.
        """
        contents = dict(seen.contents)
        changed = [path for path, stamp in found.items() if seen.stamps.get(path) != stamp]
        for start in range(0, len(changed), _FILES_PER_COMMIT):
            on_progress(start, len(changed))
            with self._connection:
                for path in changed[start : start + _FILES_PER_COMMIT]:
                    checkpoint()
                    contents[path] = self._take_in(root, path, found[path])
        if changed:
            on_progress(len(changed), len(changed))
        with self._connection:
            for path in seen.stamps.keys() - found.keys():
                held = self._held(path)
                self._connection.execute("DELETE FROM file WHERE path = ?", (path,))
                self._forget(held)
                del contents[path]
        return contents

    def analyses(self, checkpoint: Checkpoint) -> dict[str, Analysis | None]:
        """Return the analysis of every path; None where only the path is known.

        Raises:
            ValueError: One is damaged.
        """
        found: dict[str, Analysis | None] = {}
        query = "SELECT path, packed FROM file LEFT JOIN analysis USING (content, ending)"
        # Closed also when a checkpoint ends it: an open question would keep the file locked for the next who writes.
        with closing(self._connection.execute(query)) as rows:
            for path, packed in rows:
                if not len(found) % _FILES_PER_COMMIT:
                    checkpoint()
                found[path] = _unpacked(packed)
        return found

    def analyses_of(self, paths: Iterable[str]) -> dict[str, Analysis | None]:
        """Return as `analyses`, of some paths."""
        query = "SELECT packed FROM file LEFT JOIN analysis USING (content, ending) WHERE path = ?"
        return {path: _unpacked(self._connection.execute(query, (path,)).fetchone()[0]) for path in paths}

    def history(self, head: str) -> str | None:
        """Return what was kept of the history of a commit."""
        row = self._connection.execute("SELECT commits FROM history WHERE head = ?", (head,)).fetchone()
        return row[0] if row else None

    def keep_history(self, head: str, commits: str) -> None:
        """Keep the history of a commit, and no other."""
        with self._connection:
            self._connection.execute("DELETE FROM history")
            self._connection.execute("INSERT INTO history VALUES (?, ?)", (head, commits))

    def _take_in(self, root: Path, path: str, stamp: str) -> str | None:
        text = None if kind_of(path) is Kind.COPY else read_text(root, path)
        ending = path.rpartition(".")[2]
        content = None if text is None else hashlib.sha256(text.encode()).hexdigest()
        if text is not None and not self._knows(content, ending):
            self._connection.execute("INSERT INTO analysis VALUES (?, ?, ?)", (content, ending, pack(analyse(path, text))))
        held = self._held(path)
        self._connection.execute("REPLACE INTO file VALUES (?, ?, ?, ?)", (path, stamp, content, ending))
        if held != (content, ending):
            self._forget(held)
        return content

    def _knows(self, content: str | None, ending: str) -> bool:
        query = "SELECT 1 FROM analysis WHERE content = ? AND ending = ?"
        return self._connection.execute(query, (content, ending)).fetchone() is not None

    def _held(self, path: str) -> tuple[str | None, str] | None:
        return self._connection.execute("SELECT content, ending FROM file WHERE path = ?", (path,)).fetchone()

    def _forget(self, held: tuple[str | None, str] | None) -> None:
        """Forget the analysis of a content that a path has held, unless another path holds it."""
        if held is not None:
            self._connection.execute(
                "DELETE FROM analysis WHERE content = ?1 AND ending = ?2 "
                "AND NOT EXISTS (SELECT 1 FROM file WHERE file.content = ?1 AND file.ending = ?2)",
                held,
            )


def _unpacked(packed: bytes | None) -> Analysis | None:
    return unpack(packed) if packed is not None else None


@contextmanager
def open_index(path: Path, checkpoint: Checkpoint) -> Generator[FileIndex]:
    """Open an index, made if it is not there; other processes wait until it is closed, and call `checkpoint` meanwhile.

    Raises:
        sqlite3.DatabaseError: The file is damaged; `discard` it.
        EnvironmentBroken: The folder cannot be written.
    """
    with _alone(path, checkpoint), closing(sqlite3.connect(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version != FORMAT:
            _lay_out(connection)
        # It can be made anew, so a commit need not wait for the disk.
        connection.execute("PRAGMA synchronous = OFF")
        yield FileIndex(connection)


def discard(path: Path, checkpoint: Checkpoint) -> None:
    """Remove a damaged index."""
    with _alone(path, checkpoint):
        for leftover in (path, path.with_name(f"{path.name}-journal")):
            leftover.unlink(missing_ok=True)


def _lay_out(connection: sqlite3.Connection) -> None:
    tables: list[tuple[str]] = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    with connection:
        for (table,) in tables:
            connection.execute(f'DROP TABLE "{table}"')
        for statement in _SCHEMA.strip().split("\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def _alone(path: Path, checkpoint: Checkpoint) -> Generator[None]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    except OSError as error:
        raise EnvironmentBroken(
            f"the index {str(path)!r} cannot be made",
            cause=str(error),
            fix="name another state folder with CODECOMPANION_STATE_DIR",
        ) from error
    with lock:
        while not _locked(lock):
            checkpoint()
            time.sleep(_WAIT_S)
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
