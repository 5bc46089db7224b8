"""Programs under strace: system calls that fail or kill, and what a disk holds when the power goes between two of them."""

import re
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis_server import missing

SECTOR = 512
"""A disk writes so many bytes or none of them."""
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def strace(*options: str) -> list[str]:
    """Return the words that go before a command to run it, and all that it starts, under strace."""
    if shutil.which("strace") is None:
        missing("no strace on the PATH; apt-get install strace")
    return ["strace", "-f", "-qq", "-e", "signal=none", *options]


RECORD = ("-e", "trace=openat,pwrite64,write,ftruncate,fdatasync,fsync,unlink", "-xx", "-s", "65536")


@dataclass(frozen=True, slots=True)
class Call:
    """A system call: "write", "cut", "sync" or "gone" of a file, or "said" of what the program wrote to its standard output."""

    kind: str
    path: str = ""
    content: bytes = b""
    offset: int = 0


def recorded(trace: Path, folder: Path) -> Generator[Call]:
    """Give what a program did to the files of a folder, and what it said, in the order in which it happened."""
    opened: dict[str, str] = {}
    for line in trace.read_text(encoding="ascii").splitlines():
        if found := _CALL.match(line):
            yield from _calls(found[1], found[2], opened, f"{folder}/")


def _calls(name: str, rest: str, opened: dict[str, str], folder: str) -> Generator[Call]:
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(rest)]
    words = _TEXT.sub("", rest).partition(")")[0].split(", ")
    path = opened.get(words[0], "")
    match name:
        case "openat":
            opened[rest.rpartition("= ")[2]] = texts[0].decode() if texts[0].startswith(folder.encode()) else ""
        case "write" if words[0] == "1":
            yield Call("said", content=texts[0])
        case "pwrite64" if path:
            yield Call("write", path, texts[0], int(words[3]))
        case "ftruncate" if path:
            yield Call("cut", path, offset=int(words[1]))
        case "fdatasync" | "fsync" if path and rest.endswith("= 0"):
            yield Call("sync", path)
        case "unlink" if texts[0].startswith(folder.encode()):
            yield Call("gone", texts[0].decode())
        case _:
            pass


class Disk:
    """Files as they are, and as a power loss would leave them: what was synced is safe, of the rest any sectors may be.

    Names of files, their ends and their removal are taken to be safe at once.
    """

    def __init__(self) -> None:
        self._safe: dict[str, bytearray] = {}
        self._unsynced: list[tuple[str, int, bytes]] = []

    def carry_out(self, call: Call) -> None:
        """Do what a call does to a file."""
        content = self._safe.setdefault(call.path, bytearray())
        match call.kind:
            case "write":
                self._unsynced += _sectors(call)
            case "sync":
                _put(self._safe, [one for one in self._unsynced if one[0] == call.path])
                self._unsynced = [one for one in self._unsynced if one[0] != call.path]
            case "cut":
                self._unsynced = [one for one in self._unsynced if one[0] != call.path or one[1] < call.offset]
                content[:] = content[: call.offset].ljust(call.offset, b"\0")
            case _:
                self._unsynced = [one for one in self._unsynced if one[0] != call.path]
                del self._safe[call.path]

    def after_power_loss(self, survives: Callable[[], bool]) -> dict[str, bytes]:
        """Return what the files hold when the power goes now; `survives` says it of each sector that was not synced."""
        files = {path: bytearray(content) for path, content in self._safe.items()}
        _put(files, [one for one in self._unsynced if survives()])
        return {path: bytes(content) for path, content in files.items()}


def _sectors(call: Call) -> Generator[tuple[str, int, bytes]]:
    at, end = call.offset, call.offset + len(call.content)
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        yield call.path, at, call.content[at - call.offset : until - call.offset]
        at = until


def _put(files: dict[str, bytearray], pieces: Sequence[tuple[str, int, bytes]]) -> None:
    for path, offset, content in pieces:
        file = files[path]
        if len(file) < offset + len(content):
            file.extend(bytes(offset + len(content) - len(file)))
        file[offset : offset + len(content)] = content
