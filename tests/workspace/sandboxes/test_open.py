"""What `Sandbox.open` promises. The weak rung runs the same code as Landlock, so that two of its tests are enough."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import CommandLine
from heartbeats import has_begun, is_dead

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio

ECHO = "import sys\nfor line in sys.stdin.buffer:\n    sys.stdout.buffer.write(line)\n    sys.stdout.buffer.flush()"
SHOUT = "import sys\nfor number in range(int(sys.argv[1])): print(number)"
BEAT = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    file = open("heartbeat", "ab", buffering=0)
    while True:
        file.write(b".")
        time.sleep(0.01)
print("begun", flush=True)
time.sleep(60)
"""


def python(place: "Place", code: str, *arguments: str, timeout_s: float = 30) -> CommandLine:
    return place.command(*place.PYTHON, code, *arguments, timeout_s=timeout_s)


async def test_lines_are_answered_with_lines(place: "Place") -> None:
    async with place.sandbox.open(place.cage, python(place, ECHO)) as process:
        for line in (b"first", b"", b"\0\xff third"):
            await process.send(line)
            assert await process.receive() == line


async def test_ten_thousand_small_lines_take_little_time(strong_place: "Place") -> None:
    async with strong_place.sandbox.open(strong_place.cage, python(strong_place, SHOUT, "10000")) as process:
        begin = time.perf_counter()
        for number in range(10000):
            assert await process.receive() == b"%d" % number
    assert time.perf_counter() - begin < 5


async def test_a_line_may_be_many_megabytes_long(bubblewrap_place: "Place") -> None:
    line = b"x" * 32 * 1024**2
    received: list[bytes] = []
    async with bubblewrap_place.sandbox.open(bubblewrap_place.cage, python(bubblewrap_place, ECHO)) as process:

        async def receive() -> None:
            received.append(await process.receive())

        async with anyio.create_task_group() as group:
            group.start_soon(receive)
            await process.send(line)
    assert received == [line]


@pytest.mark.attack("A65")
async def test_an_endless_line_is_refused_before_memory_ends(bubblewrap_place: "Place") -> None:
    command = bubblewrap_place.command("/bin/cat", "/dev/zero")
    with pytest.raises(SandboxLost, match="line of more than"):
        async with bubblewrap_place.sandbox.open(bubblewrap_place.cage, command) as process:
            await process.receive()


async def test_a_process_that_dies_takes_its_last_words_to_the_error(strong_place: "Place") -> None:
    command = strong_place.command("/bin/sh", "-c", "echo answer; head -c 100000 /dev/zero >&2; echo last words >&2; exit 3")
    async with strong_place.sandbox.open(strong_place.cage, command) as process:
        assert await process.receive() == b"answer"
        with pytest.raises(SandboxLost, match="exit code 3") as raised:
            await process.receive()
    assert raised.value.cause.endswith("last words")
    assert len(raised.value.cause) < 70_000


async def test_half_a_line_is_no_answer(strong_place: "Place") -> None:
    async with strong_place.sandbox.open(strong_place.cage, strong_place.command("/usr/bin/printf", "half")) as process:
        with pytest.raises(SandboxLost):
            await process.receive()


async def test_nothing_can_be_sent_to_the_dead(strong_place: "Place") -> None:
    async with strong_place.sandbox.open(strong_place.cage, strong_place.command("/bin/false")) as process:
        with pytest.raises(SandboxLost), anyio.fail_after(30):  # noqa: PT012 - the first may fit into the pipe
            while True:
                await process.send(b"anybody?")
                await anyio.sleep(0.01)


async def test_what_cannot_be_started_is_told_at_the_first_answer(strong_place: "Place") -> None:
    (strong_place.inside / "file").touch()
    command = replace(strong_place.command("/bin/true"), cwd=strong_place.inside / "file")
    async with strong_place.sandbox.open(strong_place.cage, command) as process:
        with pytest.raises(SandboxLost) as raised:
            await process.receive()
    assert raised.value.cause


async def test_the_time_limit_bounds_its_whole_life(strong_place: "Place") -> None:
    async with strong_place.sandbox.open(strong_place.cage, python(strong_place, ECHO, timeout_s=0.5)) as process:
        with pytest.raises(SandboxLost, match=r"time limit of 0\.5 s"), anyio.fail_after(30):
            await process.receive()


async def test_leaving_kills_it_and_its_children(place: "Place") -> None:
    async with place.sandbox.open(place.cage, python(place, BEAT)) as process:
        assert await process.receive() == b"begun"
        await has_begun(place.inside)
    assert await is_dead(place.inside)


async def test_an_error_of_the_user_comes_out_as_it_is(strong_place: "Place") -> None:
    with pytest.raises(KeyError, match="mine"):
        async with strong_place.sandbox.open(strong_place.cage, python(strong_place, ECHO)):
            raise KeyError("mine")


async def test_cancelling_leaves_the_context_and_its_process(strong_place: "Place") -> None:
    with anyio.move_on_after(0.3) as scope:
        async with strong_place.sandbox.open(strong_place.cage, python(strong_place, ECHO)) as process:
            await process.receive()
    assert scope.cancelled_caught


async def test_an_impatient_receiver_loses_no_line(strong_place: "Place") -> None:
    async with strong_place.sandbox.open(strong_place.cage, python(strong_place, ECHO)) as process:
        with anyio.move_on_after(0.1):
            await process.receive()
        await process.send(b"late")
        assert await process.receive() == b"late"
