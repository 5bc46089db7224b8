"""A NATS server with JetStream: its connection, our streams on it, and what its errors mean to the user."""

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from typing import Any, cast

import anyio
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from codecompanion.bus.addresses import shown, split_prefix
from codecompanion.bus.presence import Presence
from codecompanion.bus.rules import DEAD_KEPT, KEPT_S
from codecompanion.domain.errors import BadInput, BusUnavailable

ANSWER_S = 0.25
"""A server near by answers in a millisecond; one that takes longer than this is as good as away."""
CONNECT_S = 1
AWAY = (nats.errors.Error, OSError, TimeoutError)


class NatsConnection:
    """A connection that is made when it is needed, and made anew when it was lost. Made by `open_nats_connection`."""

    def __init__(self, url: str, answer_s: float) -> None:
        plain, prefix = split_prefix(url)
        self.prefix = prefix
        self.presence = Presence(shown(url))
        self.stream = re.sub(r"[^\w-]", "_", prefix)
        self.dead_stream = f"{self.stream}_dead"
        self.answer_s = answer_s
        self.made = 0
        """How many connections were made."""
        self._servers = plain.split(",")
        self._client = Client()
        self._connecting = anyio.Lock()

    def subject(self, topic: str) -> str:
        """Return where messages of a topic are published; ">" is every topic."""
        return f"{self.prefix}.topic.{topic}"

    def dead_subject(self, topic: str, group: str) -> str:
        """Return where the dead letters of a group are."""
        return f"{self.prefix}.dead.{self.consumer(topic, group)}"

    def consumer(self, topic: str, group: str) -> str:
        """Return the name of a group on the server, which takes few characters; no two groups have the same."""
        readable = re.sub(r"[^\w-]", "_", f"{topic}-{group}")[:40]
        return f"{readable}-{sha256(f'{topic} {group}'.encode()).hexdigest()[:12]}"

    def topic(self, subject: str) -> str:
        """Return the topic of a subject."""
        return subject.removeprefix(self.subject(""))

    async def jetstream(self) -> JetStreamContext:
        """Return what commands are given to, connected; our streams are there.

        Raises:
            nats.errors.Error: The server is away.
        """
        async with self._connecting:
            if not self._client.is_connected:
                self._client = Client()
                # Who connects again, and when, is decided by the callers.
                await self._client.connect(
                    self._servers, connect_timeout=CONNECT_S, allow_reconnect=False, error_cb=_nothing, name="codecompanion"
                )
                self.made += 1
                await self._make_streams(self._context())
        return self._context()

    def _context(self) -> JetStreamContext:
        return JetStreamContext(self._client, timeout=self.answer_s)

    async def make_streams(self) -> None:
        """Make our streams where they are gone."""
        await self._make_streams(await self.jetstream())

    async def _make_streams(self, jetstream: JetStreamContext) -> None:
        for config in (
            StreamConfig(name=self.stream, subjects=[self.subject(">")], max_age=KEPT_S),
            StreamConfig(name=self.dead_stream, subjects=[f"{self.prefix}.dead.*"], max_msgs_per_subject=DEAD_KEPT),
        ):
            try:
                await jetstream.stream_info(str(config.name))
            except NotFoundError:
                await cast("Any", jetstream).add_stream(config)

    @property
    def version(self) -> str:
        """The version of the server that is connected to."""
        return str(self._client.connected_server_version)

    async def flush(self) -> None:
        """Return when the server has all that was sent."""
        await cast("Any", self._client).flush(timeout=self.answer_s)  # also takes fractions

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.close()

    @contextmanager
    def asking(self) -> Generator[None]:
        """Ask within.

        Raises:
            BusUnavailable: The server is away or refuses us.
        """
        try:
            yield
        except AWAY as error:
            self.presence.lost(error)
            raise BusUnavailable(
                f"{self.presence.place} cannot be used",
                cause=str(error) or type(error).__name__,
                fix="start it with JetStream (nats-server -js), or check the address in CODECOMPANION_BUS_URL",
            ) from error
        self.presence.found()


async def _nothing(_error: Exception) -> None:
    """Say nothing: who asked is told."""


@asynccontextmanager
async def open_nats_connection(url: str, *, answer_s: float = ANSWER_S) -> AsyncGenerator[NatsConnection]:
    """Return the connection to a server, which is made when it is first needed and closed at the end.

    Raises:
        BadInput: The URL cannot be read.
    """
    try:
        connection = NatsConnection(url, answer_s)
    except ValueError as error:
        raise BadInput(
            "the address of the bus cannot be read", cause=str(error), fix="nats://HOST:PORT as CODECOMPANION_BUS_URL"
        ) from error
    try:
        yield connection
    finally:
        with anyio.move_on_after(CONNECT_S, shield=True):
            await connection.aclose()
