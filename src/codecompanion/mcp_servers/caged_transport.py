"""Carries the messages of an MCP session to a program in the sandbox and back, a line each."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCMessage, jsonrpc_message_adapter

from codecompanion.domain.errors import SandboxLost
from codecompanion.domain.one_line import one_line
from codecompanion.mcp_servers.stream_transport import StreamTransport
from codecompanion.ports import CagedProcess

LONGEST_LINE = 4 * 1024**2
"""Bytes of a message."""
MOST_NOISE = 100
"""So many lines that are no messages are passed over: programs like to greet."""
SHOWN = 120

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]


@dataclass(slots=True)
class CagedTransport(StreamTransport):
    """A transport over a caged process."""

    process: CagedProcess
    noise: int = field(default=0, init=False)
    first_noise: str = field(default="", init=False)

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Streams]:
        inbox_end, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outbox, outbox_end = anyio.create_memory_object_stream[SessionMessage](0)
        async with inbox, outbox, anyio.create_task_group() as group:
            group.start_soon(self._read, inbox_end)
            group.start_soon(self._write, outbox_end)
            yield inbox, outbox
            group.cancel_scope.cancel()

    async def _read(self, inbox: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        async with inbox:  # closed when nothing more comes, so that nobody waits for it
            while not self.fault:
                try:
                    line = await self.process.receive()
                except SandboxLost as lost:
                    self.fault = f"{lost.what}: {lost.cause}" if lost.cause else lost.what
                    return
                if (message := self._message(line)) is not None:
                    await inbox.send(SessionMessage(message))

    def _message(self, line: bytes) -> JSONRPCMessage | None:
        if len(line) > LONGEST_LINE:
            self.fault = f"it sent a message of more than {LONGEST_LINE:,} bytes"
            return None
        if not line.strip():
            return None
        try:
            return jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            self._hear_noise(line)
            return None

    def _hear_noise(self, line: bytes) -> None:
        self.noise += 1
        self.first_noise = self.first_noise or one_line(line[:1000].decode(errors="replace"), SHOWN)
        if self.noise > MOST_NOISE:
            self.fault = self.noise_told

    @property
    def noise_told(self) -> str:
        """What was sent that is no message, "" for nothing."""
        return f"it writes lines that are no messages, such as {self.first_noise!r}" if self.noise else ""

    async def _write(self, outbox: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with outbox:
            async for sent in outbox:
                text = sent.message.model_dump_json(by_alias=True, exclude_unset=True)
                try:
                    await self.process.send(text.encode())
                except SandboxLost:
                    return  # the reader hears of it too, with the cause
