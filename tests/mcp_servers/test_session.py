"""What an MCP server of any manners can and cannot do to who asks it."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

import anyio
import anyio.abc
import pytest

from codecompanion.domain.mcp_servers import HttpServer
from codecompanion.mcp_servers.failing import McpServerLost, sentence_of
from codecompanion.mcp_servers.session import open_session
from codecompanion.mcp_servers.starting import Start
from mcp_bench import PLAIN, Bench, Served, notes, served, unruly

pytestmark = pytest.mark.anyio

HIDDEN = str(Path.home() / ".bashrc")


async def test_a_server_written_with_the_sdk_is_asked_in_the_sandbox(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-user")
    (bench.repo / "hello.txt").write_text("hello", encoding="utf-8")
    async with bench.session(notes()) as session:
        assert [tool.name for tool in await session.tools()] == ["add", "read", "write", "variables", "variable", "about"]
        assert await session.call("add", {"a": 1, "b": 2}) == "3"
        assert "Input should be a valid integer" in await session.call("add", {"a": "many", "b": 2})
        assert "Unknown tool" in await session.call("subtract", {})
        assert await session.call("read", {"path": "hello.txt"}) == "hello"
        assert "Read-only file system" in await session.call("write", {"path": "hello.txt", "text": "bye"})
        assert await session.call("write", {"path": "/tmp/own.txt", "text": "bye"}) == "written"
        assert "No such file" in await session.call("read", {"path": HIDDEN})
        variables = (await session.call("variables", {})).split()
        assert "OPENAI_API_KEY" not in variables
        assert {"HOME", "PATH"} <= set(variables)


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("hangs", "its time was used up"),
        ("crashes", "ended with exit code 3: out of luck"),
        ("floods", "its time was used up"),
        ("shouts", "it sent a message of more than 4,194,304 bytes"),
        ("babbles", "it writes lines that are no messages, such as '{not a message'"),
        ("lies", "content"),
    ],
)
async def test_a_server_that_misbehaves_costs_a_sentence(bench: Bench, how: str, cause: str) -> None:
    started = time.monotonic()
    async with bench.session(unruly(how)) as session:
        with pytest.raises(McpServerLost) as lost:
            await session.call("speak", {}, timeout_s=1.5)
    assert cause in sentence_of(lost.value)
    assert "\n" not in sentence_of(lost.value)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        (("no-such-program",), "No such file or directory"),
        ((*PLAIN, "-c", "import sys; sys.exit('no database')"), "no database"),
        ((*PLAIN, "-c", "while True: print('hello')"), "it writes lines that are no messages, such as 'hello'"),
    ],
)
async def test_a_server_that_cannot_be_started_says_why(bench: Bench, command: tuple[str, ...], cause: str) -> None:
    with pytest.raises(McpServerLost, match="the MCP server 'it' cannot be started") as lost:
        async with bench.session({"command": command[0], "args": command[1:]}):
            pass
    assert cause in lost.value.cause


async def test_a_server_with_a_thousand_tools_is_survived(bench: Bench) -> None:
    async with bench.session(unruly("thousand")) as session:
        assert len(await session.tools()) == 1000


async def test_tools_that_no_model_can_be_offered_are_left_out_and_named(bench: Bench) -> None:
    async with bench.session(unruly("hidden")) as session:
        assert [tool.name for tool in await session.tools()] == ["plain"]
        assert session.unfit == {
            "smuggled": "its schema holds characters that cannot be seen",
            "plain": "its name is used twice",
            "huge": "its schema has more than 16,384 bytes",
        }


async def test_an_error_of_the_caller_is_raised_as_it_is(bench: Bench) -> None:
    async def use() -> None:
        async with bench.session(unruly("speaks")) as session:
            assert await session.call("speak", {}) == "a word"
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await use()


@pytest.mark.parametrize("kind", ["http", "sse"])
async def test_a_server_at_an_address_is_asked(bench: Bench, kind: Literal["http", "sse"]) -> None:
    async with served(kind) as web:
        start = Start(HttpServer(type=kind, url=web.url, headers={"X-Key": "of the user"}))
        async with open_session("web", start, bench.sandbox) as session:
            assert [tool.name for tool in await session.tools()] == ["look_up", "wait", "header", "much"]
            assert await session.call("look_up", {"word": "shop"}) == "shop: a word"
            assert await session.call("header", {"name": "x-key"}) == "of the user"
            assert "Input should be a valid integer" in await session.call("much", {"count": "many"})
            assert len(await session.call("much", {"count": 100_000})) == 499_999
            with pytest.raises(McpServerLost, match="the MCP server 'web' did not answer"):
                await session.call("much", {"count": 4_000_000}, timeout_s=20)
        async with open_session("web", start, bench.sandbox) as session:
            with pytest.raises(McpServerLost, match="the MCP server 'web' did not answer"):
                await session.call("wait", {}, timeout_s=0.5)


@pytest.mark.parametrize("kind", ["http", "sse"])
async def test_a_server_at_an_address_that_fails_or_goes_costs_the_call(bench: Bench, kind: Literal["http", "sse"]) -> None:
    started = time.monotonic()
    async with served(kind) as web:
        start = Start(HttpServer(type=kind, url=web.url))
        for status, cause in ((500, "it answers with the HTTP status 500"), (401, "do not let us in"), (404, "status 404")):
            async with open_session("web", start, bench.sandbox) as session:
                web.status = status
                with pytest.raises(McpServerLost, match="the MCP server 'web' did not answer") as lost:
                    await session.call("look_up", {"word": "shop"}, timeout_s=20)
                assert cause in sentence_of(lost.value)
                web.status = 0
        async with open_session("web", start, bench.sandbox) as session, anyio.create_task_group() as group:
            group.start_soon(_cut_once_asked, web)
            with pytest.raises(McpServerLost, match="the MCP server 'web' did not answer") as lost:
                await session.call("wait", {}, timeout_s=20)
        web.status = 503
        with pytest.raises(McpServerLost, match="the MCP server 'web' cannot be started") as lost:
            async with open_session("web", start, bench.sandbox):
                pass
        assert "503" in sentence_of(lost.value)
    assert time.monotonic() - started < 20


async def _cut_once_asked(web: Served) -> None:
    await web.waits.wait()
    web.cable.refuses = True
    await web.cable.cut()
    web.cable.refuses = False


async def test_an_address_at_which_nobody_is_says_so(bench: Bench) -> None:
    start = Start(HttpServer(type="http", url="http://127.0.0.1:9/mcp"))
    with pytest.raises(McpServerLost, match="the MCP server 'web' cannot be started"):
        async with open_session("web", start, bench.sandbox):
            pass


@pytest.mark.parametrize(
    ("size", "rest", "cause"),
    [
        ("", b"1," * 500_000, "more than 33,554,432 bytes"),
        ("Content-Length: 900\r\n", b"", "its answer broke off"),
    ],
    ids=["without end", "broken off"],
)
async def test_an_address_that_does_not_end_its_answer_is_told_of(bench: Bench, size: str, rest: bytes, cause: str) -> None:
    async def answer(stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with stream:
                await stream.receive()
                await stream.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{size}\r\n[".encode())
                while rest:
                    await stream.send(rest)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        start = Start(HttpServer(type="http", url=f"http://127.0.0.1:{port}/mcp"))
        with pytest.raises(McpServerLost, match="the MCP server 'web' cannot be started") as lost:
            async with open_session("web", start, bench.sandbox):
                pass
        assert cause in sentence_of(lost.value)
        group.cancel_scope.cancel()
