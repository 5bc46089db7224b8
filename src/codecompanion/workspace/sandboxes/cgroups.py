"""Cgroups of version 2, by which the kernel holds what the processes of a cage have together.

Only one that we may divide will do: our own or the one above it, if it has memory and processes to hand on. Each command gets
a cgroup of its own below it, which is locked while it is used. What a killed process of ours left is locked by nobody, and
goes at the next start.
"""

import errno
import fcntl
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import anyio
import anyio.to_thread

from codecompanion.domain.errors import SandboxLost

PREFIX = "codecompanion-"
NEEDED = ("memory", "pids")
TRIES = 3
POLL_S = 0.005
REMOVED_WITHIN_S = 2.0
MIB = 1024**2
GO_IN = 'echo 0 > "$0" && exec "$@"'
TRIAL = {"memory.max": str(64 * MIB), "memory.oom.group": "1", "pids.max": "16"}


class NoCgroup(Exception):
    """There is none here that we may divide; the text says why."""


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One cgroup with limits. `lock` is the descriptor by which it is ours; `limit` is in bytes."""

    path: Path
    lock: int
    limit: int

    @property
    def way_in(self) -> tuple[str, ...]:
        """What a command line begins with whose process shall be in it from the first."""
        return ("/bin/sh", "-c", GO_IN, str(self.path / "cgroup.procs"))

    @property
    def exceeded(self) -> str:
        """What its processes took too much of, "" when the kernel killed none for it."""
        with suppress(OSError, KeyError):
            told = dict(line.split() for line in (self.path / "memory.events").read_text().splitlines())
            if int(told["oom"]) and int(told["oom_kill"]):  # the second alone: the whole machine had too little
                return f"its processes took more than {self.limit // MIB} MiB of memory together"
        return ""

    async def wait_until_exceeded(self, root: int) -> None:  # noqa: ARG002 - the kernel knows who is in it
        """Return never: the kernel does not wait for us to end them."""
        await anyio.sleep_forever()

    def remove(self) -> None:
        """Kill what is in it and remove it; what cannot die yet is left to the next start."""
        try:
            _removed(self.path)
        finally:
            os.close(self.lock)


@dataclass(frozen=True, slots=True)
class Cgroups:
    """A cgroup that we may divide."""

    parent: Path

    @asynccontextmanager
    async def one(self, *, memory_bytes: int, processes: int) -> AsyncGenerator[Cgroup]:
        """Make a cgroup whose processes have so much memory and are so many together; it goes with all that is in it.

        Raises:
            SandboxLost: It cannot be made any more.
        """
        limits = {"memory.max": str(memory_bytes), "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": str(processes)}
        try:
            made = await anyio.to_thread.run_sync(self.make, limits)
        except OSError as error:
            raise SandboxLost(f"no cgroup can be made in {self.parent}", cause=str(error)) from error
        try:
            yield made
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(made.remove)

    def make(self, limits: Mapping[str, str]) -> Cgroup:
        """Return a new cgroup, locked.

        Raises:
            OSError: The kernel refuses it, or does not know a limit.
        """
        for _ in range(TRIES):
            if made := self._locked():
                path, lock = made
                cgroup = Cgroup(path, lock, int(limits.get("memory.max", 0)))
                try:
                    _set(path, limits)
                except BaseException:
                    cgroup.remove()
                    raise
                return cgroup
        raise OSError(errno.EBUSY, f"what is made in {self.parent} is removed at once")

    def _locked(self) -> tuple[Path, int] | None:
        """Return a new cgroup and its lock; None when another's sweep took it for a stale one before it was locked."""
        path = Path(mkdtemp(prefix=PREFIX, dir=self.parent))
        with suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            if _is_ours(lock) and path.exists():
                return path, lock
            os.close(lock)
        return None

    def sweep(self) -> None:
        """Remove what processes of ours left that were killed."""
        for path in self.parent.glob(f"{PREFIX}*"):
            with suppress(OSError):
                lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    if _is_ours(lock):
                        _removed(path)
                finally:
                    os.close(lock)


def find_cgroups() -> Cgroups:
    """Return the cgroup that we may divide, tried out and swept.

    Raises:
        NoCgroup: There is none.
    """
    reasons: list[str] = []
    for folder in own_folders():
        try:
            _hand_on(folder)
            found = Cgroups(folder)
            found.sweep()
            _try(found)
        except OSError as error:
            reasons.append(f"{folder}: {error.strerror or error}")
        else:
            return found
    raise NoCgroup("; ".join(reasons) or "no cgroup of version 2 is mounted")


def cgroups_or_none() -> Cgroups | None:
    """Return the cgroup that we may divide, None when there is none."""
    try:
        return find_cgroups()
    except NoCgroup:
        return None


def own_folders() -> Iterator[Path]:
    """Yield the folder of our own cgroup and the one above it, as far as they are shown here."""
    own = next((line[3:] for line in _lines("/proc/self/cgroup") if line.startswith("0::/")), "/..")
    for line in _lines("/proc/self/mountinfo"):
        fields, _, source = line.partition(" - ")
        if source.startswith("cgroup2 ") and ".." not in own:
            root, mounted = Path(fields.split()[3]), Path(fields.split()[4])
            if Path(own).is_relative_to(root):
                inside = Path(own).relative_to(root)
                yield mounted / inside
                if inside.parts:
                    yield (mounted / inside).parent
                return


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _hand_on(folder: Path) -> None:
    """Let what is made in a cgroup have limits.

    Raises:
        OSError: It may not: it has no such controllers, it is not ours, or processes are in it.
    """
    has = (folder / "cgroup.controllers").read_text().split()
    if missing := [name for name in NEEDED if name not in has]:
        raise OSError(errno.ENOTSUP, f"it has no control of {' and '.join(missing)}")
    hands_on = (folder / "cgroup.subtree_control").read_text().split()
    if wanted := [f"+{name}" for name in NEEDED if name not in hands_on]:
        (folder / "cgroup.subtree_control").write_text(" ".join(wanted))


def _try(found: Cgroups) -> None:
    """Start a process in a cgroup.

    Raises:
        OSError: That cannot be done.
    """
    cgroup = found.make(TRIAL)
    try:
        done = subprocess.run([*cgroup.way_in, "/bin/true"], env={}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(errno.EPERM, done.stderr.strip())
    finally:
        cgroup.remove()


def _set(path: Path, limits: Mapping[str, str]) -> None:
    for name, value in limits.items():
        file = path / name
        if name == "memory.swap.max" and not file.exists():
            continue  # a kernel without swap
        file.write_text(value)


def _is_ours(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _removed(path: Path) -> None:
    """Kill what is in a cgroup and remove it, as soon as the last has died."""
    with suppress(OSError):
        (path / "cgroup.kill").write_text("1")
    until = time.monotonic() + REMOVED_WITHIN_S
    while True:
        try:
            path.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > until:
                return
            time.sleep(POLL_S)
        else:
            return
