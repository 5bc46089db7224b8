"""Talk in lines with a confined process."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import CagedProcess, CommandLine, RefusedHost
from codecompanion.workspace.sandboxes.capture import HeadTail
from codecompanion.workspace.sandboxes.process import GRACE_S, ConfinedProcess, drain, lost

LINE_BYTES = 64 * 1024**2
STDERR_BYTES = 64 * 1024


class Conversation:
    """The two directions of a confined process, line by line."""

    def __init__(self, process: ConfinedProcess, command: CommandLine) -> None:
        self._process = process
        self._command = command
        self._stdout = BufferedByteReceiveStream(process.stdout)
        self._stderr = HeadTail(head_bytes=0, tail_bytes=STDERR_BYTES)
        self._stderr_read = anyio.Event()
        self._how = ""

    @property
    def refused(self) -> Sequence[RefusedHost]:
        """The hosts that its proxy refused."""
        return self._process.refused

    async def send(self, line: bytes) -> None:
        """Write one line to the process; the newline is added.

        Raises:
            SandboxLost: It has ended.
        """
        try:
            await self._process.stdin.send(line + b"\n")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise await self._ended() from error

    async def receive(self) -> bytes:
        """Return the next line of the process without the newline.

        Raises:
            SandboxLost: It has ended, or the line is longer than 64 MiB.
        """
        try:
            return await self._stdout.receive_until(b"\n", LINE_BYTES)
        except (anyio.IncompleteRead, anyio.EndOfStream, anyio.ClosedResourceError) as error:
            raise await self._ended() from error
        except anyio.DelimiterNotFound as error:
            raise SandboxLost(f"{self._command.argv[0]!r} sent a line of more than {LINE_BYTES} bytes") from error

    async def keep_stderr(self) -> None:
        """Read standard error to its end, so that the process never waits for a reader."""
        await drain(self._process.stderr, self._stderr)
        self._stderr_read.set()

    async def end_at_time_limit(self) -> None:
        """End the process when its time is used up."""
        await anyio.sleep(self._command.timeout_s)
        self._how = f"was ended at its time limit of {self._command.timeout_s:g} s"
        await self._process.end()

    async def end_at_quota(self) -> None:
        """End the process when it has written too much."""
        await self._process.wait()

    async def _ended(self) -> SandboxLost:
        with anyio.move_on_after(GRACE_S):
            await self._process.wait()
            await self._stderr_read.wait()
        code = self._process.exit_code
        over = self._process.over_quota
        how = self._how or (f"was ended: {over}" if over else "ended" if code is None else f"ended with exit code {code}")
        return lost(f"{self._command.argv[0]!r} {how}", self._stderr)


@asynccontextmanager
async def conversation(
    starting: AbstractAsyncContextManager[ConfinedProcess], command: CommandLine
) -> AsyncGenerator[CagedProcess]:
    """Talk with a process for as long as the context lasts, or until the command's time limit."""
    error: Exception | None = None
    async with starting as process, anyio.create_task_group() as group:
        talk = Conversation(process, command)
        group.start_soon(talk.keep_stderr)
        group.start_soon(talk.end_at_time_limit)
        group.start_soon(talk.end_at_quota)
        try:
            yield talk
        except Exception as raised:  # noqa: BLE001 - raised again below, outside the group that would wrap it
            error = raised
        group.cancel_scope.cancel()
    if error is not None:
        raise error
