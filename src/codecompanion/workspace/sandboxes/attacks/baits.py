"""Lays out what the attacks aim at, and looks at it again afterwards."""

import ctypes
import os
import pwd
import secrets
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims
from codecompanion.workspace.sandboxes.limits import OPEN_FILES

MIB = 1024**2
MEMORY_BYTES = 512 * MIB
TOGETHER_BYTES = 256 * MIB
FILE_BYTES = 4 * MIB
WRITTEN_BYTES = 64 * MIB
PROCESSES = 64
"""Small, so that the attacks on them are quick and harm nobody where they get through."""

IPC_CREATE, IPC_REMOVE = 0o1666, 0
GIT_FILES = {"config": "[core]\n\tbare = false\n", "hooks/pre-commit.sample": "#!/bin/sh\n"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Baits:
    """What lies around a cage: its folder, the aims, a process to be killed and the socket that hears datagrams."""

    inside: Path
    aims: Aims
    victim: "subprocess.Popen[bytes]"
    hearing: socket.socket

    @property
    def cage(self) -> Cage:
        """A small cage with nothing but the interpreter."""
        return Cage(
            writable=(self.inside,),
            readable=tuple(Path(prefix) for prefix in {sys.prefix, sys.base_prefix}),
            memory_bytes=MEMORY_BYTES,
            total_memory_bytes=TOGETHER_BYTES,
            file_bytes=FILE_BYTES,
            written_bytes=WRITTEN_BYTES,
            processes=PROCESSES,
        )

    def taken(self) -> dict[str, str]:
        """Return, by attack, what was got that only the outside can see."""
        seen = {
            "A12": _text(Path(self.aims.outside, "planted").exists(), "a file was written outside"),
            "A13": _text(Path(self.aims.outside, "home/.bashrc").read_text() != "", ".bashrc was changed"),
            "A14": _text((self.inside / ".git/hooks/pre-commit").exists(), "a git hook stays in the workspace"),
            "A15": _text("fsmonitor" in (self.inside / ".git/config").read_text(), "git's configuration stays changed"),
            "A19": _text(self.victim.poll() is not None, "the process was killed"),
            "A32": _text(self._heard(), "the datagram arrived"),
            "A79": _text(self._planted(), "configuration stays in the workspace"),
        }
        return {number: text for number, text in seen.items() if text}

    def _planted(self) -> bool:
        return (self.inside / ".github/workflow.yml").exists() or (self.inside / ".codecompanion").exists()

    def _heard(self) -> bool:
        try:
            return bool(self.hearing.recv(64))
        except BlockingIOError:
            return False


def _text(got: bool, words: str) -> str:  # noqa: FBT001 - what was seen
    return words if got else ""


@contextmanager
def baits() -> Generator[Baits]:
    """Lay the baits out, and take them away again."""
    with ExitStack() as opened:
        root = Path(os.path.realpath(opened.enter_context(TemporaryDirectory(prefix="codecompanion-attack-"))))
        root.chmod(0o755)
        token = secrets.token_hex(16)
        inside = _workspace(root / "inside")
        outside = _outside(root / "outside", token)
        _left_open(opened, outside / "secret")
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)  # noqa: FBT003 - the standard library's signature
        for address in (f"\0{token}", str(outside / "socket")):
            _listen(opened, address)
        victim = opened.enter_context(_victim(token))
        aims = Aims(
            inside=str(inside),
            outside=str(outside),
            token=token,
            parent=os.getpid(),
            victim=victim.pid,
            tcp_port=tcp.getsockname()[1],
            udp_port=udp.getsockname()[1],
            shared_memory=opened.enter_context(_shared_memory(token)),
            home=str(Path.home()),
            hostname=os.uname().nodename,
            users=[account.pw_name for account in pwd.getpwall()],
            packages=sysconfig.get_path("purelib"),
            memory_bytes=MEMORY_BYTES,
            together_bytes=TOGETHER_BYTES,
            processes=PROCESSES,
            files=OPEN_FILES,
        )
        yield Baits(inside, aims, victim, udp)


def _workspace(folder: Path) -> Path:
    """Make the cage's folder, with the `.git` of a repository and one folder of the CI."""
    for name, text in GIT_FILES.items():
        path = folder / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / ".github").mkdir()
    return folder


def _outside(folder: Path, token: str) -> Path:
    """Make a folder in which only the sandbox keeps anyone from reading and writing."""
    (folder / "home/.ssh").mkdir(parents=True)
    for name, text in (("secret", token), ("home/.ssh/id", token), ("home/.bashrc", "")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o666)
    for made in (folder, folder / "home", folder / "home/.ssh"):
        made.chmod(0o777)
    return folder


def _left_open(opened: ExitStack, secret: Path) -> None:
    """Leave a descriptor open that every child would inherit that nobody keeps from it."""
    descriptor = os.open(secret, os.O_RDONLY)
    opened.callback(os.close, descriptor)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library's signature


def _listen(opened: ExitStack, address: str) -> None:
    server = opened.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(address)
    server.listen()
    if not address.startswith("\0"):
        Path(address).chmod(0o666)


@contextmanager
def _victim(token: str) -> "Generator[subprocess.Popen[bytes]]":
    code = "import time; time.sleep(600)"
    # close_fds keeps the descriptor that lies about for the cage alone.
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", code, token], env={"BAIT": token})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _shared_memory(token: str) -> Generator[int]:
    """Make a segment and a file in /dev/shm that everyone may use, where the machine has such a thing; yield the key."""
    libc = ctypes.CDLL(None, use_errno=True)
    key = int(token[:7], 16)
    segment = libc.shmget(key, 4096, IPC_CREATE)
    file = Path("/dev/shm", token)  # noqa: S108 - the machine's
    with suppress(OSError):
        file.write_text(token)
        file.chmod(0o666)
    try:
        yield key
    finally:
        libc.shmctl(segment, IPC_REMOVE, None)
        with suppress(OSError):
            file.unlink(missing_ok=True)
