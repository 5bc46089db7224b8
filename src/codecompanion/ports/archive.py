"""Taking runs out of the log that were written to files."""

from collections.abc import Set as AbstractSet
from typing import Protocol


class Archive(Protocol):
    """Takes streams out of a log. The log itself refuses it unless the stream "archive" has a fact of that stream's archive."""

    async def remove(self, stream_id: str, *, version: int, blobs: AbstractSet[str], seen: int) -> int:
        """Take a stream out of the log, with keys and snapshots, and the blobs that only it cites; return how many of those.

        All of it or nothing. Of a stream that is not there (any more) nothing is removed.

        Args:
            stream_id: The stream.
            version: That of its last event: when it has grown it stays.
            blobs: The sha256 of blobs that no other stream cites up to the position `seen`. One that is cited after that, or
                that was put within the last hour and may be cited soon, stays.
            seen: That position.

        Raises:
            VersionConflict: Something was appended to the stream meanwhile.
            EnvironmentBroken: Nothing was removed.
        """
        ...
