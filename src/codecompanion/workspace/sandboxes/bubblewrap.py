"""The strongest rung: namespaces of its own for files, processes, network and users, by bubblewrap.

The chain of programs is `bwrap -> prlimit -> command`, and `bwrap -> setpriv -> bwrap -> prlimit -> command` when root
starts it. Where hosts are allowed, `network.inside` comes before the command.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage, CagedProcess, CommandLine, CommandResult
from codecompanion.workspace.sandboxes.cage_paths import check_that_all_exist, check_that_others_may_read
from codecompanion.workspace.sandboxes.cgroups import Cgroups, cgroups_or_none
from codecompanion.workspace.sandboxes.command import run_to_end
from codecompanion.workspace.sandboxes.conversation import conversation
from codecompanion.workspace.sandboxes.environment import child_environment
from codecompanion.workspace.sandboxes.giving_up_root import giving_up_root
from codecompanion.workspace.sandboxes.limits import resource_limits
from codecompanion.workspace.sandboxes.memfile import memory_file
from codecompanion.workspace.sandboxes.network.internet import Internet
from codecompanion.workspace.sandboxes.network.way_out import WayOut, read_on_the_way, way_out
from codecompanion.workspace.sandboxes.ownership import SANDBOX_UID, give_all
from codecompanion.workspace.sandboxes.process import ConfinedProcess, Launch, started
from codecompanion.workspace.sandboxes.protecting import kept_read_only, protected
from codecompanion.workspace.sandboxes.quota import Quota
from codecompanion.workspace.sandboxes.seccomp import syscall_filter
from codecompanion.workspace.sandboxes.status import StatusPipe
from codecompanion.workspace.sandboxes.system_files import etc_files, mount_arguments
from codecompanion.workspace.sandboxes.together import Together, held_together

TEMPORARY = "/tmp"  # noqa: S108 - the cage's own
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the cage's own
HOME = f"{TEMPORARY}/home"
USR = Path("/usr")
PRLIMIT = "/usr/bin/prlimit"
LEAST_VERSION = (0, 8)
SHARED_MEMORY_BYTES = 256 * 1024**2

ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
    *("--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"),
)

LIMIT_OPTIONS = {
    resource.RLIMIT_AS: "as",
    resource.RLIMIT_FSIZE: "fsize",
    resource.RLIMIT_NPROC: "nproc",
    resource.RLIMIT_NOFILE: "nofile",
    resource.RLIMIT_CORE: "core",
}


@dataclass(frozen=True, slots=True)
class Tools:
    """Absolute paths of the programs in the chain. `setpriv` is needed by root only."""

    bwrap: str
    setpriv: str | None = None


class BubblewrapSandbox:
    """Runs each command in a bubblewrap cage.

    The folders of the cage have inside the paths they have outside. When root starts it, writable folders are given to
    `SANDBOX_UID` first; git then needs `safe.directory`, and root keeps every right on them.

    Args:
        tools: Where bubblewrap and its companions are.
        filter_program: A BPF program for seccomp.
        network_filter: Another one, for cages with allowed hosts.
        cgroups: Where each command gets a cgroup of its own; None leaves their memory to be watched.
        internet: How allowed hosts are looked up and connected to.
    """

    def __init__(
        self,
        tools: Tools,
        filter_program: bytes,
        network_filter: bytes,
        cgroups: Cgroups | None = None,
        internet: Internet | None = None,
    ) -> None:
        self._tools = tools
        self._filter = filter_program
        self._network_filter = network_filter
        self._cgroups = cgroups
        self._internet = internet or Internet()
        self._is_root = os.geteuid() == 0
        if self._is_root and tools.setpriv is None:
            raise SandboxLost("root cannot drop its rights before bubblewrap starts", fix="apt-get install util-linux")
        self._etc = etc_files(*self._ids(), HOME)

    @property
    def rung(self) -> str:
        """The name of what holds."""
        return "bubblewrap"

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        """Run a command to its end or its time limit; see `ports.Sandbox`."""
        async with self._started(cage, command, with_stdin=False) as process:
            return await run_to_end(process, command)

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        """Start a process that answers lines; see `ports.Sandbox`."""
        return conversation(self._started(cage, command, with_stdin=True), command)

    @asynccontextmanager
    async def _started(self, cage: Cage, command: CommandLine, *, with_stdin: bool) -> AsyncGenerator[ConfinedProcess]:
        cage = replace(cage, readable=(*cage.readable, *read_on_the_way(cage.network)))
        await anyio.to_thread.run_sync(self._prepare, cage)
        with ExitStack() as files:
            async with (
                protected(cage.writable, but=_read_only(cage)),
                held_together(self._cgroups, cage) as memory,
                way_out(cage.network, self._internet) as way,
                started(self._launch(cage, command, memory, way, files), with_stdin=with_stdin) as process,
            ):
                yield process

    def _prepare(self, cage: Cage) -> None:
        check_that_all_exist(cage)
        if self._is_root:
            check_that_others_may_read(cage.readable)
            give_all(cage.writable)

    def _launch(self, cage: Cage, command: CommandLine, memory: Together, way: WayOut, files: ExitStack) -> Launch:
        status = files.enter_context(closing(StatusPipe.create()))
        outermost = files.enter_context(closing(StatusPipe.create())) if self._is_root else status
        rules = files.enter_context(memory_file(self._network_filter if cage.network else self._filter))
        etc = {path: files.enter_context(memory_file(content)) for path, content in self._etc.items()}
        options = (
            *ISOLATION,
            *("--json-status-fd", str(status.write_fd), "--seccomp", str(rules)),
            *_root_folder(cage, etc),
            *_environment(command, way),
            *("--chdir", str(command.cwd)),
        )
        arguments = files.enter_context(memory_file(_nul_separated(options)))
        inner = (self._tools.bwrap, "--args", str(arguments), "--", *_limited(cage), *way.first, *command.argv)
        return Launch(
            argv=(*self._without_root(cage, outermost), *inner),
            fds=(status.write_fd, outermost.write_fd, rules, arguments, *etc.values(), *way.fds),
            status=status,
            outermost=outermost,
            stop=signal.SIGKILL,
            quota=Quota.now(cage.writable, written_bytes=cage.written_bytes, written_files=cage.written_files),
            memory=memory,
            proxy=way.proxy,
        )

    def _ids(self) -> tuple[int, int]:
        return (SANDBOX_UID, SANDBOX_UID) if self._is_root else (os.getuid(), os.getgid())

    def _without_root(self, cage: Cage, status: StatusPipe) -> tuple[str, ...]:
        if not self._is_root:
            return ()
        assert self._tools.setpriv is not None
        return giving_up_root(bwrap=self._tools.bwrap, setpriv=self._tools.setpriv, cage=cage, status_fd=status.write_fd)


def _root_folder(cage: Cage, etc: Mapping[str, int]) -> Iterator[str]:
    yield from mount_arguments()
    yield from (part for path, descriptor in etc.items() for part in ("--file", str(descriptor), path))
    yield from ("--proc", "/proc", "--dev", "/dev", *_sized_folder(SHARED_MEMORY, SHARED_MEMORY_BYTES))
    yield from (*_sized_folder(TEMPORARY, cage.file_bytes), "--dir", HOME)
    yield from _cage_folders(cage)
    # Last, because the places for all of the above have to be made first.
    # /proc too: by its files a process would set how soon the kernel kills it when memory runs out.
    yield from ("--remount-ro", "/dev", "--remount-ro", "/proc", "--remount-ro", "/")


def _sized_folder(path: str, size_bytes: int) -> tuple[str, ...]:
    return ("--perms", "1777", "--size", str(size_bytes), "--tmpfs", path)


def _cage_folders(cage: Cage) -> Iterator[str]:
    """Yield the arguments that show the cage's own paths, outer ones first so that they do not cover inner ones."""
    shown = {**dict.fromkeys(cage.readable, "--ro-bind"), **dict.fromkeys(cage.writable, "--bind")}
    for path, option in sorted(shown.items()):
        real = path.resolve()
        yield from (option, str(real), str(real))
        # By the other name too; under /usr the link itself is already there.
        if path != real and USR not in path.parents:
            yield from (option, str(real), str(path))
    for path in _read_only(cage):
        yield from ("--ro-bind", str(path.resolve()), str(path.resolve()))


def _read_only(cage: Cage) -> list[Path]:
    return [place for folder in cage.writable for place in kept_read_only(folder)]


def _environment(command: CommandLine, way: WayOut) -> Iterator[str]:
    for name, value in {**child_environment(command, home=HOME, temporary=TEMPORARY), **way.environment}.items():
        yield from ("--setenv", name, value)


def _limited(cage: Cage) -> tuple[str, ...]:
    """Return the command that sets the limits: inside, where processes are counted for this cage alone."""
    options = (f"--{LIMIT_OPTIONS[limit]}={value}" for limit, value in resource_limits(cage).items())
    return (PRLIMIT, *options, "--")


def _nul_separated(arguments: Iterable[str]) -> bytes:
    """Return arguments as bubblewrap reads them from a file.

    Raises:
        ValueError: One holds a NUL, and what follows it would be an argument of its own.
    """
    arguments = tuple(arguments)
    if smuggled := next((argument for argument in arguments if "\0" in argument), None):
        raise ValueError(f"{smuggled!r} holds a NUL byte")
    return b"".join(os.fsencode(argument) + b"\0" for argument in arguments)


def bubblewrap_sandbox(internet: Internet | None = None) -> BubblewrapSandbox:
    """Return the sandbox of this rung.

    Args:
        internet: How allowed hosts are looked up and connected to; None for this machine's way.

    Raises:
        SandboxLost: bubblewrap, or something else it needs, is missing or too old.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxLost("bubblewrap is not installed", fix="apt-get install bubblewrap")
    _check_version(bwrap)
    filters = (syscall_filter(namespaced=True), syscall_filter(namespaced=True, network=True))
    return BubblewrapSandbox(Tools(bwrap, shutil.which("setpriv")), *filters, cgroups_or_none(), internet)


def _check_version(bwrap: str) -> None:
    told = subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if tuple(int(part) for part in re.findall(r"\d+", told)) < LEAST_VERSION:
        raise SandboxLost(f"{bwrap} is too old", cause=f"it says {told!r}", fix="install bubblewrap 0.8 or later")
