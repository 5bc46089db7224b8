"""What the user trusted of a repository's MCP servers: a file in the user's state folder, never in the repository."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.mcp_servers import TrustRecord
from codecompanion.domain.project import Value


class _Kept(Value):
    """The file: `root` is the repository's, for people who look at it."""

    root: str
    servers: tuple[TrustRecord, ...]


_KEPT = TypeAdapter(_Kept)


class TrustStore:
    """The records of one repository. Each change replaces the file whole.

    Args:
        state_dir: The user's state folder.
        root: The absolute root of the repository; another clone of it is trusted by itself.
    """

    def __init__(self, state_dir: Path, root: Path) -> None:
        self._root = str(root.resolve())
        self._path = state_dir / "mcp" / f"{hashlib.sha256(os.fsencode(self._root)).hexdigest()[:24]}.json"

    def records(self) -> Mapping[str, TrustRecord]:
        """Return what is trusted, by the servers' names.

        Raises:
            EnvironmentBroken: The file is damaged; nothing of it is believed.
        """
        try:
            kept = _KEPT.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            raise EnvironmentBroken(
                f"what was trusted of MCP servers cannot be read from {str(self._path)!r}",
                fix="remove the file and trust the servers again: codecompanion mcp trust NAME",
            ) from error
        return {record.server: record for record in kept.servers}

    def keep(self, record: TrustRecord) -> None:
        """Keep a record in place of the server's older one.

        Raises:
            EnvironmentBroken: The state folder refuses it.
        """
        self._write({**self.records(), record.server: record})

    def note(self, record: TrustRecord) -> None:
        """Keep what was seen of a trusted server, unless it was trusted anew or forgotten meanwhile.

        Raises:
            EnvironmentBroken: The state folder refuses it.
        """
        kept = self.records().get(record.server)
        if kept is not None and kept.trusted_at == record.trusted_at:
            self.keep(record)

    def forget(self, server: str) -> bool:
        """Remove a server's record; return whether there was one."""
        records = self.records()
        if server in records:
            self._write({name: record for name, record in records.items() if name != server})
        return server in records

    def _write(self, records: Mapping[str, TrustRecord]) -> None:
        kept = _Kept(root=self._root, servers=tuple(records.values()))
        partial = self._path.with_suffix(f".{os.getpid()}.partial")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_KEPT.dump_json(kept, indent=2))
                file.flush()
                os.fsync(descriptor)
            partial.replace(self._path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise EnvironmentBroken(f"{str(self._path)!r} cannot be written", cause=str(error)) from error
