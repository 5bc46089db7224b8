"""Publish, read in a group, acknowledge, in other programs: bare redis-py and FastStream.

    bus_peers.py NAME MESSAGES AT_REST PAGE URL KEY

Prints one line of JSON: messages per second from the first publish to the last message handled, and the median and 99th
percentile in ms from a publish to its handler when nothing else is under way. PAGE is how many are published in one go. Each
acknowledges a message after it was handled, and never before.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from statistics import quantiles
from typing import Any

READ_AT_ONCE = 100
Publish = Callable[[list[dict[str, Any]]], Awaitable[object]]


class Receiver:
    """Counts messages and remembers how long they took; `wait_for` returns when so many have come."""

    def __init__(self) -> None:
        self.count = 0
        self.latencies_s: list[float] = []
        self._wanted = 0
        self._reached = asyncio.Event()

    def handle(self, payload: dict[str, Any]) -> None:
        """Take a message."""
        self.latencies_s.append(time.perf_counter() - payload["sent"])
        self.count += 1
        if self.count >= self._wanted:
            self._reached.set()

    async def wait_for(self, count: int) -> None:
        """Return when so many messages have come."""
        self._wanted, self._reached = count, asyncio.Event()
        if self.count < count:
            await asyncio.wait_for(self._reached.wait(), 120)


def payload(number: int) -> dict[str, Any]:
    """Return what a wake-up says, and when it was sent."""
    return {"stream_id": "run-0198f0d7", "position": number, "type": "TaskStarted", "sent": time.perf_counter()}


async def measure(publish: Publish, receiver: Receiver, messages: int, at_rest: int, page: int) -> dict[str, float]:
    """Publish one by one at rest, then all messages in pages as fast as they are taken."""
    for number in range(at_rest):
        await publish([payload(number)])
        await receiver.wait_for(number + 1)
    cuts = quantiles(receiver.latencies_s, n=100)
    begun = time.perf_counter()
    for first in range(0, messages, page):
        await publish([payload(number) for number in range(first, first + page)])
    await receiver.wait_for(at_rest + messages)
    return {
        "messages_per_s": messages / (time.perf_counter() - begun),
        "p50_ms": 1000 * cuts[49],
        "p99_ms": 1000 * cuts[98],
    }


async def redis_py(messages: int, at_rest: int, page: int, url: str, key: str) -> dict[str, float]:
    """Use redis-py by hand: many entries in one read, all of a read acknowledged together after they were handled."""
    redis: Any = import_module("redis.asyncio").Redis.from_url(url)
    await redis.xgroup_create(key, "group", "$", mkstream=True)
    receiver = Receiver()

    async def consume() -> None:
        while True:
            for _, entries in await redis.xreadgroup("group", "consumer", {key: ">"}, count=READ_AT_ONCE, block=1000):
                for _, fields in entries:
                    receiver.handle(json.loads(fields[b"payload"]))
                await redis.xack(key, "group", *(entry_id for entry_id, _ in entries))

    async def publish(payloads: list[dict[str, Any]]) -> None:
        if len(payloads) == 1:
            await redis.xadd(key, {"payload": json.dumps(payloads[0])})
            return
        pipeline = redis.pipeline(transaction=False)
        for one in payloads:
            pipeline.xadd(key, {"payload": json.dumps(one)})
        await pipeline.execute()

    consumer = asyncio.ensure_future(consume())
    try:
        return await measure(publish, receiver, messages, at_rest, page)
    finally:
        await _no_more_pending(redis, key)
        consumer.cancel()
        await redis.aclose()


async def faststream(messages: int, at_rest: int, page: int, url: str, key: str) -> dict[str, float]:
    """Use FastStream as its documentation shows, a page through a pipeline."""
    library: Any = import_module("faststream.redis")
    broker = library.RedisBroker(url, logger=None)
    receiver = Receiver()

    async def handle(message: dict[str, Any]) -> None:
        receiver.handle(message)

    source = library.StreamSub(key, group="group", consumer="consumer", max_records=READ_AT_ONCE)
    broker.subscriber(stream=source)(handle)

    redis: Any = import_module("redis.asyncio").Redis.from_url(url)

    async def publish(payloads: list[dict[str, Any]]) -> None:
        if len(payloads) == 1:
            await broker.publish(payloads[0], stream=key)
            return
        pipeline = redis.pipeline(transaction=False)
        for one in payloads:
            await broker.publish(one, stream=key, pipeline=pipeline)
        await pipeline.execute()

    async with broker:
        await broker.start()
        await asyncio.sleep(0.2)  # its reader begins
        try:
            return await measure(publish, receiver, messages, at_rest, page)
        finally:
            await _no_more_pending(redis, key)
            await redis.aclose()


async def _no_more_pending(redis: Any, key: str) -> None:
    for _ in range(100):
        if not (await redis.xpending(key, "group"))["pending"]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not everything was acknowledged: {await redis.xpending(key, 'group')}")


if __name__ == "__main__":
    name, server, stream = sys.argv[1], *sys.argv[5:]
    asked_messages, asked_at_rest, asked_page = map(int, sys.argv[2:5])
    contestant = {"redis-py": redis_py, "faststream": faststream}[name]
    print(json.dumps(asyncio.run(contestant(asked_messages, asked_at_rest, asked_page, server, stream))))
