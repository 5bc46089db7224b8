"""Whether a SQLite file changed since it was last read, found out without a thread: that costs some microseconds."""

import sqlite3
from collections import OrderedDict
from pathlib import Path

from codecompanion.storage.sqlite_file import connect

MOST_STREAMS = 4096


class Changes:
    """Compares the file with what it was. For one event loop; nothing in it waits for a lock or for the disk."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, query_only=True)
        self._connection.execute("PRAGMA busy_timeout = 0")

    def mark(self) -> int | None:
        """Return a number that is another one after each commit of anybody; None when it cannot be told now.

        It is the `data_version` of a connection that itself writes nothing, https://sqlite.org/pragma.html#pragma_data_version.
        """
        try:
            return self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:  # the file is being recovered, or is broken: whoever reads it will know
            return None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Ends:
    """Where streams were found to end, as long as the file stays as it was then."""

    def __init__(self) -> None:
        self._mark: int | None = None
        self._known: OrderedDict[str, int] = OrderedDict()

    def ends_by(self, stream_id: str, version: int, mark: int | None) -> bool:
        """Return whether a stream is known to hold nothing after a version."""
        return mark is not None and mark == self._mark and self._known.get(stream_id, version + 1) <= version

    def note(self, stream_id: str, version: int, mark: int | None) -> None:
        """Remember that a stream held nothing after a version when the file was read, which was not before the mark was."""
        if mark != self._mark:
            self._mark = mark
            self._known.clear()
        self._known[stream_id] = version
        if len(self._known) > MOST_STREAMS:
            self._known.popitem(last=False)
