"""Cut from a stream what every group has handled."""

from typing import Any, cast

from redis.asyncio import Redis

from codecompanion.bus.redis_scripts import LEAVE
from codecompanion.bus.rules import KEPT_S

TRIM_EVERY = 1000
"""After so many messages a publisher trims: a stream is that much longer than what is unread."""
KEPT_MS = KEPT_S * 1000
HEIR = "released"
"""The consumer that holds what nobody works on until a member takes it."""
LONG_IDLE_MS = KEPT_MS
"""An idle time that is longer than any member waits before it takes a message over."""

Place = tuple[int, int]


async def trim(redis: Redis, key: str) -> int:
    """Remove the entries that no group needs any more, and return how many those were.

    Needed is what a group has not read, or read and not acknowledged. Groups only move on, so what was not needed a moment ago
    is not needed now. The newest entry stays in any case: it says how far was published.
    """
    newest = cast("list[tuple[str, Any]]", await redis.xrevrange(key, count=1))
    if not newest:
        return 0
    needed = [await _needed(redis, key, group) for group in await redis.xinfo_groups(key)]
    floor = max(min([*needed, _place(newest[0][0])]), (_place(newest[0][0])[0] - KEPT_MS, 0))
    return await redis.xtrim(key, minid=f"{floor[0]}-{floor[1]}", approximate=False)


async def _needed(redis: Redis, key: str, group: dict[str, Any]) -> Place:
    """Return the place of the first entry that a group may still need."""
    await _forget_the_gone(redis, key, group["name"])
    if group["pending"]:
        pending = await redis.xpending(key, group["name"])
        if pending["min"] is not None:
            return _place(pending["min"])
    return _place(group["last-delivered-id"])


async def _forget_the_gone(redis: Redis, key: str, group: str) -> None:
    """Remove the consumers of processes that were killed long ago."""
    for consumer in await redis.xinfo_consumers(key, group):
        if consumer["idle"] > KEPT_MS and consumer["name"] != HEIR:
            await redis.eval(LEAVE, 1, key, group, consumer["name"], str(LONG_IDLE_MS), HEIR)


def _place(entry_id: str) -> Place:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)
