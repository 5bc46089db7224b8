"""A confined process as seen from outside: start it, wait for it, and end it with everything it started."""

import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import RefusedHost
from codecompanion.workspace.sandboxes.capture import HeadTail
from codecompanion.workspace.sandboxes.network.proxy import AllowListProxy
from codecompanion.workspace.sandboxes.quota import Quota
from codecompanion.workspace.sandboxes.status import StatusPipe
from codecompanion.workspace.sandboxes.together import Together

GRACE_S = 5.0
SWEEP_S = 30.0
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Launch:
    """How a rung starts a command.

    `argv` begins with the absolute path of the launcher; `fds` are what it inherits beside the standard streams. `status`
    tells how the command ended, `outermost` names the first process of the outermost PID namespace. `stop` is the signal at
    which the launcher ends the command and all that it started: SIGKILL when a dying launcher takes everything along,
    SIGTERM when it must sweep up first. `quota` is how much it may leave on the disk, `memory` what its
    processes may have together, `proxy` what serves it the hosts that it may reach, None when there are none.
    """

    argv: tuple[str, ...]
    fds: tuple[int, ...]
    status: StatusPipe
    outermost: StatusPipe
    stop: signal.Signals
    quota: Quota
    memory: Together
    proxy: AllowListProxy | None = None


class ConfinedProcess:
    """A running launcher and the command inside it."""

    def __init__(self, process: Process, launch: Launch) -> None:
        self._process = process
        self._launch = launch

    @property
    def stdin(self) -> ByteSendStream:
        """The command's standard input; only when it was asked for."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> ByteReceiveStream:
        """The command's standard output."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def stderr(self) -> ByteReceiveStream:
        """The command's standard error."""
        assert self._process.stderr is not None
        return self._process.stderr

    @property
    def exit_code(self) -> int | None:
        """How the command ended, negative for a signal; None when it never began or was killed from here."""
        if self._launch.memory.exceeded:
            return -signal.SIGKILL
        return -signal.SIGXFSZ if self._launch.quota.exceeded else self._launch.status.exit_code

    @property
    def exceeded(self) -> Literal["", "disk", "memory"]:
        """Which of its limits the command was ended for, "" for none."""
        if self._launch.memory.exceeded:
            return "memory"
        return "disk" if self._launch.quota.exceeded else ""

    @property
    def over_quota(self) -> str:
        """What the command took too much of, "" when it did not."""
        return self._launch.quota.exceeded or self._launch.memory.exceeded

    @property
    def refused(self) -> Sequence[RefusedHost]:
        """The hosts that its proxy refused."""
        return () if self._launch.proxy is None else self._launch.proxy.refused

    async def wait(self) -> None:
        """Wait until the command has ended; it is ended when it takes more of the disk or of memory than it may."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_after, self._launch.quota.wait_until_exceeded)
            group.start_soon(self._end_after, partial(self._launch.memory.wait_until_exceeded, self._process.pid))
            await self._process.wait()
            group.cancel_scope.cancel()

    async def _end_after(self, too_much: Callable[[], Awaitable[None]]) -> None:
        await too_much()
        await self.end()

    async def end(self) -> None:
        """Kill what is left and return when nothing is; it does not matter how often it is called."""
        with anyio.CancelScope(shield=True):
            if self._process.returncode is None:
                await self._stop()
            await self._wait_for_the_last()

    async def _stop(self) -> None:
        if self._launch.stop is signal.SIGKILL:
            self._kill_group()
        else:
            with suppress(ProcessLookupError):
                self._process.send_signal(self._launch.stop)
        with anyio.move_on_after(SWEEP_S):
            await self._process.wait()
            return
        self._kill_group()
        await self._process.wait()

    def _kill_group(self) -> None:
        # The whole group, because a launcher killed while it starts up has not yet tied its child's life to its own.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _wait_for_the_last(self) -> None:
        """Wait for the first process of a PID namespace: the kernel lets it end only after all others."""
        pid = self._launch.outermost.first_pid
        if pid is None:
            return
        with suppress(ProcessLookupError), _pid_descriptor(pid) as descriptor, anyio.move_on_after(GRACE_S):
            await anyio.wait_readable(descriptor)


@contextmanager
def _pid_descriptor(pid: int) -> Generator[int]:
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@asynccontextmanager
async def started(launch: Launch, *, with_stdin: bool) -> AsyncGenerator[ConfinedProcess]:
    """Start a launcher in a session of its own, with an empty environment; leaving the context ends it.

    Raises:
        SandboxLost: The launcher cannot be started.
    """
    try:
        process = await _spawn(launch, stdin=subprocess.PIPE if with_stdin else subprocess.DEVNULL)
    except OSError as error:
        raise SandboxLost("the sandbox cannot be started", cause=str(error)) from error
    confined = ConfinedProcess(process, launch)
    try:
        yield confined
    finally:
        await confined.end()
        with anyio.CancelScope(shield=True):
            await process.aclose()


async def _spawn(launch: Launch, *, stdin: int) -> Process:
    # A cancel in the middle would leave a process that nobody knows.
    with anyio.CancelScope(shield=True):
        argv = (*launch.memory.way_in, *launch.argv)
        return await anyio.open_process(argv, stdin=stdin, cwd="/", env={}, start_new_session=True, pass_fds=launch.fds)
    raise AssertionError("a shield swallows nothing")


async def drain(stream: ByteReceiveStream, kept: HeadTail) -> None:
    """Read a stream to its end."""
    with suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
        while True:
            kept.add(await stream.receive(CHUNK_BYTES))


def lost(what: str, stderr: HeadTail) -> SandboxLost:
    """Return an error whose cause is the end of a standard error."""
    return SandboxLost(what, cause=stderr.content().decode(errors="replace").strip())
