"""Hear that the log in a PostgreSQL database has grown: the append says so, without a content."""

from collections.abc import Callable

import anyio

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.storage.postgres_database import connected

CHANNEL = "codecompanion_log"
"""As in the function `append_events`."""
AGAIN_S = 1.0


async def listen(url: str, heard: Callable[[], None]) -> None:
    """Call `heard` whenever something was appended, until cancelled; a lost connection is made anew.

    Raises:
        BadInput: The URL cannot be read.
    """
    while True:
        try:
            await _listen_once(url, heard)
        except EnvironmentBroken:
            await anyio.sleep(AGAIN_S)  # whoever needs the database says that it is away


async def _listen_once(url: str, heard: Callable[[], None]) -> None:
    """Listen on one connection until it is lost."""
    lost = anyio.Event()

    def hear(*_notification: object) -> None:
        heard()

    async with connected(url, answer_s=None) as connection:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(CHANNEL, hear)
        heard()  # what was appended before is not announced again
        await lost.wait()
