"""Messages per second and the latency of a wake-up: publish, read in a group, acknowledge, beside bare redis-py and FastStream.

    python benchmarks/bus.py --redis redis://127.0.0.1:6379 [--nats nats://127.0.0.1:4222] [--peers PYTHON]
        [--rounds 5] [--messages 4000] [--at-rest 200]

PYTHON is an interpreter with `faststream[redis]`; without it only we and redis-py run. Each contestant has a process of its own
with one publisher and one consumer, messages are published one by one and in pages of 100. The rounds are interleaved, so that
a noisy machine is noisy for all; figures are medians of the rounds, ratios medians of each round's ratio.
"""

import argparse
import json
import os
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from bus_peers import Receiver, measure
from log import machine, row, save

from codecompanion.bus.nats_jetstream import open_nats_bus
from codecompanion.bus.redis_streams import open_redis_bus
from codecompanion.ports import Message

HEADING = "## The bus"
PEERS = Path(__file__).with_name("bus_peers.py")
PAGES = (1, 100)
GOALS = {"redis-py": ">= 0.8", "faststream": "> 1"}
Figures = dict[str, float]


async def ours(messages: int, at_rest: int, page: int, url: str) -> Figures:
    """Publish to our bus and handle what comes."""
    receiver, figures = Receiver(), list[Figures]()
    open_bus: Any = open_nats_bus if url.startswith("nats") else open_redis_bus
    async with open_bus(url, answer_s=5.0) as bus, anyio.create_task_group() as tasks:

        async def handle(message: Message) -> None:
            receiver.handle(message.payload)

        await tasks.start(partial(bus.subscribe, "cc.tasks", group="group", consumer="consumer", handler=handle))
        figures.append(await measure(lambda payloads: bus.publish("cc.tasks", *payloads), receiver, messages, at_rest, page))
        await anyio.sleep(0.1)
        tasks.cancel_scope.cancel()
    return figures[0]


def contestants(asked: argparse.Namespace) -> dict[str, list[str]]:
    """Return the command of each contestant, without its numbers and place."""
    found = {"redis-py": [sys.executable, str(PEERS), "redis-py"], "CodeCompanion": [sys.executable, __file__, "--ours"]}
    if asked.peers:
        found["faststream"] = [asked.peers, str(PEERS), "faststream"]
    if asked.nats:
        found["CodeCompanion on NATS"] = [sys.executable, __file__, "--ours"]
    return found


def one(argv: list[str], asked: argparse.Namespace, page: int, *, on_nats: bool) -> Figures:
    """Return what a contestant did in a process of its own."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    server = f"{asked.nats if on_nats else asked.redis}?prefix={name}" if "--ours" in argv else asked.redis
    place = [server] if "--ours" in argv else [server, f"{name}:tasks"]
    numbers = map(str, (asked.messages, asked.at_rest, page))
    done = subprocess.run([*argv, *numbers, *place], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise RuntimeError(done.stderr[-3000:]) from error


def race(asked: argparse.Namespace) -> dict[tuple[int, str], list[Figures]]:
    """Let every contestant run once a round, one by one and in pages."""
    figures: dict[tuple[int, str], list[Figures]] = {}
    for number in range(asked.rounds):
        for page in PAGES:
            for name, argv in contestants(asked).items():
                measured = one(argv, asked, page, on_nats=name.endswith("NATS"))
                figures.setdefault((page, name), []).append(measured)
                print(number, page, name, {key: round(value, 2) for key, value in measured.items()}, flush=True)
    return figures


def table(figures: dict[tuple[int, str], list[Figures]]) -> list[str]:
    """Return the figures, with the ratio of our throughput to that of each other contestant."""
    titles = ("published", "", "messages/s", "wake-up p50 ms", "p99 ms", "ours / theirs", "goal")
    lines = [row(*titles), row("---", "---", *["---:"] * 5)]
    for (page, name), rounds in figures.items():
        own = figures[page, "CodeCompanion"]
        ratio = median(us["messages_per_s"] / them["messages_per_s"] for us, them in zip(own, rounds, strict=True))
        medians = {key: median(figure[key] for figure in rounds) for key in rounds[0]}
        cells = (f"{medians['messages_per_s']:,.0f}", f"{medians['p50_ms']:.2f}", f"{medians['p99_ms']:.2f}", f"{ratio:.2f}")
        lines.append(row("one by one" if page == 1 else f"in pages of {page}", name, *cells, GOALS.get(name, "")))
    return lines


def main() -> None:
    """Measure, print the table and keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redis", default="redis://127.0.0.1:6379", metavar="URL")
    parser.add_argument("--nats", default="", metavar="URL")
    parser.add_argument("--peers", default="", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--at-rest", type=int, default=200)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    lines = table(race(asked))
    command = f"python benchmarks/bus.py --peers PYTHON --nats URL --rounds {asked.rounds} --messages {asked.messages}"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", "", *lines])
    print(text)
    save(text, HEADING)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        asked_messages, asked_at_rest, asked_page = map(int, sys.argv[2:5])
        print(json.dumps(anyio.run(ours, asked_messages, asked_at_rest, asked_page, sys.argv[5])))
    else:
        main()
