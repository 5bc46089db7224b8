"""The file in which a run travels: a gzipped tar that is read as strictly as it is written.

A bundle comes from strangers. So each block must be the very one that we would write for its name and its content: no member of
another kind (links, devices, headers of other tars, which may be as large as they like), no second member of one name, no byte
between them. What it unpacks to is counted while it is unpacked, headers and padding with it; how well it was compressed is no
matter then.
"""

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from codecompanion.domain.errors import BadInput

LARGEST = 256 * 1024**2
"""Bytes of all that a bundle may unpack to."""
MOST_MEMBERS = 100_000
EVENTS, KEYS, MANIFEST, BLOBS = "events.jsonl", "keys.json", "manifest.json", "blobs/"
_NAME = re.compile(rf"{re.escape(EVENTS)}|{re.escape(KEYS)}|{re.escape(MANIFEST)}|{BLOBS}[0-9a-f]{{64}}")
_EMPTY = bytes(tarfile.BLOCKSIZE)


class _Odd(Exception):
    """The file is not one that we wrote; says why."""


def write_bundle(file: Path, members: Mapping[str, bytes]) -> None:
    """Write a bundle.

    Raises:
        BadInput: The file exists, or cannot be written.
    """
    try:
        with file.open("xb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
            for name, content in members.items():
                tar.addfile(_entry(name, len(content)), io.BytesIO(content))
    except FileExistsError as error:
        raise BadInput(f"{str(file)!r} exists already", fix="name another file with -o") from error
    except OSError as error:
        file.unlink(missing_ok=True)
        raise BadInput(f"{str(file)!r} cannot be written", cause=str(error)) from error


def read_bundle(file: Path) -> dict[str, bytes]:
    """Return the members of a bundle by name; nothing is written to the disk.

    Raises:
        BadInput: The file cannot be read, or is not one that `write_bundle` could have written.
    """
    try:
        with gzip.open(file) as unpacked:
            return _by_name(_members(_Bounded(unpacked)))
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{str(file)!r} cannot be read", cause=str(error), fix="name a file that audit export wrote") from error
    except (_Odd, tarfile.TarError) as error:
        raise no_bundle(file, str(error)) from error


def no_bundle(file: Path, cause: str) -> BadInput:
    """Return the refusal of a file."""
    return BadInput(f"{str(file)!r} is no export of a run", cause=cause, fix="name a file that audit export wrote, unchanged")


class _Bounded:
    """Gives out what is unpacked until it is too much."""

    def __init__(self, unpacked: gzip.GzipFile) -> None:
        self._unpacked = unpacked
        self._left = LARGEST

    def take(self, count: int) -> bytes:
        """Return so many bytes; asked for before they are unpacked, so that nobody's word fills the memory."""
        self._left -= count
        if self._left < 0:
            raise _Odd(f"it unpacks to more than {LARGEST:,} bytes")
        taken = self._unpacked.read(count)
        if len(taken) < count:
            raise EOFError("it is cut off")
        return taken

    def ends_here(self) -> bool:
        """Whether only those zeros follow that fill the last record."""
        missing = (self._left - LARGEST) % tarfile.RECORDSIZE
        return self._unpacked.read(missing + 1) == bytes(missing)


def _by_name(members: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, content in members:
        if name in found:
            raise _Odd(f"it has {name!r} twice")
        if len(found) == MOST_MEMBERS:
            raise _Odd(f"it has more than {MOST_MEMBERS:,} members")
        found[name] = content
    return found


def _members(bounded: _Bounded) -> Iterator[tuple[str, bytes]]:
    while (header := bounded.take(tarfile.BLOCKSIZE)) != _EMPTY:
        entry = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
        if not _NAME.fullmatch(entry.name) or header != _entry(entry.name, entry.size).tobuf():
            raise _Odd("it holds a member that audit export does not write")
        yield entry.name, bounded.take(entry.size)
        if any(bounded.take(-entry.size % tarfile.BLOCKSIZE)):
            raise _Odd(f"something stands between {entry.name!r} and the next member")
    if bounded.take(tarfile.BLOCKSIZE) != _EMPTY or not bounded.ends_here():
        raise _Odd("it does not end behind its last member")


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry
