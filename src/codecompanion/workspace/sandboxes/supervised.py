"""Runs commands under our own launcher; what it takes away from them is the rung's business."""

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import anyio
import anyio.to_thread

import codecompanion
from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage, CagedProcess, CommandLine, CommandResult
from codecompanion.workspace.sandboxes.cage_paths import check_that_all_exist, check_that_none_is_inside
from codecompanion.workspace.sandboxes.cgroups import Cgroups
from codecompanion.workspace.sandboxes.command import run_to_end
from codecompanion.workspace.sandboxes.conversation import conversation
from codecompanion.workspace.sandboxes.environment import child_environment
from codecompanion.workspace.sandboxes.launcher.order import Order
from codecompanion.workspace.sandboxes.limits import resource_limits
from codecompanion.workspace.sandboxes.memfile import memory_file
from codecompanion.workspace.sandboxes.ownership import SANDBOX_UID, give_all
from codecompanion.workspace.sandboxes.process import ConfinedProcess, Launch, started
from codecompanion.workspace.sandboxes.protecting import protected
from codecompanion.workspace.sandboxes.quota import Quota
from codecompanion.workspace.sandboxes.status import StatusPipe
from codecompanion.workspace.sandboxes.together import Together, held_together

BOOTSTRAP = (
    "import sys; sys.path.append(sys.argv[1]); from codecompanion.workspace.sandboxes.launcher.supervise import main; main()"
)
FIX = "make room in the folder for temporary files, or name another with TMPDIR"
PACKAGES = str(Path(codecompanion.__file__).parent.parent)


class SupervisedSandbox:
    """Runs each command as the child of a launcher that confines it and sweeps up after it.

    The command gets a HOME and a TMPDIR of its own, which are gone when it has ended. When root starts it, it runs as
    `SANDBOX_UID`, and writable folders are given to that id first.

    Args:
        rung: The name of what holds.
        system: Paths of the machine that every command may read; None leaves Landlock away.
        syscall_filter: A BPF program for seccomp, b"" for none.
        cgroups: Where each command gets a cgroup of its own; None leaves their memory to be watched.
    """

    def __init__(
        self, rung: str, *, system: tuple[str, ...] | None, syscall_filter: bytes, cgroups: Cgroups | None = None
    ) -> None:
        self._rung = rung
        self._system = system
        self._filter = syscall_filter
        self._cgroups = cgroups
        self._uid = SANDBOX_UID if os.geteuid() == 0 else None

    @property
    def rung(self) -> str:
        """The name of what holds."""
        return self._rung

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        """Run a command to its end or its time limit; see `ports.Sandbox`."""
        async with self._started(cage, command, with_stdin=False) as process:
            return await run_to_end(process, command)

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        """Start a process that answers lines; see `ports.Sandbox`."""
        return conversation(self._started(cage, command, with_stdin=True), command)

    @asynccontextmanager
    async def _started(self, cage: Cage, command: CommandLine, *, with_stdin: bool) -> AsyncGenerator[ConfinedProcess]:
        async with _private_folder() as private:
            await anyio.to_thread.run_sync(self._prepare, cage, private)
            with ExitStack() as files:
                async with (
                    protected(cage.writable),
                    held_together(self._cgroups, cage) as memory,
                    started(self._launch(cage, command, private, memory, files), with_stdin=with_stdin) as process,
                ):
                    yield process

    def _prepare(self, cage: Cage, private: Path) -> None:
        check_that_all_exist(cage)
        if cage.network:
            raise SandboxLost(f"the sandbox {self._rung!r} cannot give a program the network", fix="apt-get install bubblewrap")
        if self._system is not None:
            check_that_none_is_inside(cage.readable, cage.writable)
        if self._uid is not None:
            give_all((*cage.writable, private))

    def _launch(self, cage: Cage, command: CommandLine, private: Path, memory: Together, files: ExitStack) -> Launch:
        status = files.enter_context(closing(StatusPipe.create()))
        order = Order(
            argv=list(command.argv),
            cwd=str(command.cwd),
            env=child_environment(command, home=str(private / "home"), temporary=str(private / "tmp")),
            limits=resource_limits(cage),
            uid=self._uid,
            writable=[str(path) for path in (*cage.writable, private)],
            readable=None if self._system is None else [*self._system, *map(str, cage.readable)],
            syscall_filter=self._filter,
            private=str(private),
            parent=os.getpid(),
            status=status.write_fd,
        )
        written = files.enter_context(memory_file(order.to_bytes()))
        argv = (sys.executable, "-I", "-S", "-c", BOOTSTRAP, PACKAGES, str(written))
        return Launch(
            argv=argv,
            fds=(status.write_fd, written),
            status=status,
            outermost=status,
            stop=signal.SIGTERM,
            quota=Quota.now((*cage.writable, private), written_bytes=cage.written_bytes, written_files=cage.written_files),
            memory=memory,
        )


@asynccontextmanager
async def _private_folder() -> AsyncGenerator[Path]:
    try:
        folder = Path(mkdtemp(prefix="codecompanion-"))
    except OSError as error:
        raise SandboxLost("the sandbox's own folder cannot be made", cause=str(error), fix=FIX) from error
    try:
        _furnish(folder)
        yield folder
    finally:
        # The launcher has removed it, unless it never started or was killed.
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(rmtree, folder, ignore_errors=True))


def _furnish(folder: Path) -> None:
    try:
        for name in ("home", "tmp"):
            (folder / name).mkdir()
    except OSError as error:
        raise SandboxLost("the sandbox's own folder cannot be filled", cause=str(error), fix=FIX) from error
