"""A process of its own that migrates a SQLite file and kills itself before a statement of the migration.

Arguments: the file, the revision, the number of the statement (0 for none).
"""

import os
import signal
import sys
from pathlib import Path

from codecompanion.storage.sqlite_file import connect
from codecompanion.storage.sqlite_schema import migrate

path, target, fatal = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
begun = 0


def count(_statement: str) -> None:
    global begun  # noqa: PLW0603 - a script of one file
    begun += 1
    if begun == fatal:
        os.kill(os.getpid(), signal.SIGKILL)


connection = connect(path)
connection.set_trace_callback(count)
migrate(path, connection, target)
print(begun)  # noqa: T201  # the test reads it
