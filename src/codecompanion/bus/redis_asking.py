"""Scripts that a Redis is asked to run, and that may stay undone while it is away."""

from contextlib import suppress
from typing import Any, cast

import anyio

from codecompanion.bus.redis_connection import Connection
from codecompanion.domain.errors import BusUnavailable

ASK_EVERY_S = 1.0
"""So often a Redis that is away is tried at most: whoever asks must not wait for it each time."""


class Asking:
    """Runs scripts in a Redis as long as it is there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ask_again_at = 0.0

    async def run(self, script: str, keys: tuple[str, ...], *arguments: str | int | bytes, as_bytes: bool = False) -> list[Any]:
        """Return the list that a script says, [] while Redis is away. With `as_bytes` its texts are bytes."""
        if self._connection.presence.is_away and anyio.current_time() < self._ask_again_at:
            return []
        options: dict[str, Any] = {"NEVER_DECODE": True} if as_bytes else {}
        commands = cast("Any", self._connection.commands)
        with suppress(BusUnavailable), self._connection.asking():
            return await commands.execute_command("EVAL", script, len(keys), *keys, *arguments, **options) or []
        self._ask_again_at = anyio.current_time() + ASK_EVERY_S
        return []
