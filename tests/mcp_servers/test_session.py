"""What an MCP server of any manners can and cannot do to who asks it."""

import time
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.abc
import pytest

from codecompanion.domain.mcp_servers import HttpServer
from codecompanion.mcp_servers.failing import McpServerLost, sentence_of
from codecompanion.mcp_servers.session import open_session
from codecompanion.mcp_servers.starting import Start
from mcp_bench import PLAIN, Bench, http_server, notes, unruly

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


async def test_a_server_at_an_address_is_asked(bench: Bench) -> None:
    async with http_server() as url:
        start = Start(HttpServer(type="http", url=url))
        async with open_session("web", start, bench.sandbox) as session:
            assert [tool.name for tool in await session.tools()] == ["look_up", "wait"]
            assert await session.call("look_up", {"word": "shop"}) == "shop: a word"
            with pytest.raises(McpServerLost, match="the MCP server 'web' did not answer"):
                await session.call("wait", {}, timeout_s=0.5)


async def test_an_address_at_which_nobody_is_says_so(bench: Bench) -> None:
    start = Start(HttpServer(type="http", url="http://127.0.0.1:9/mcp"))
    with pytest.raises(McpServerLost, match="the MCP server 'web' cannot be started"):
        async with open_session("web", start, bench.sandbox):
            pass


async def test_an_address_that_answers_without_end_is_cut_off(bench: Bench) -> None:
    async def answer(stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
            while True:
                await stream.send(b"1," * 500_000)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        start = Start(HttpServer(type="http", url=f"http://127.0.0.1:{port}/mcp"))
        with pytest.raises(McpServerLost) as lost:
            async with open_session("web", start, bench.sandbox):
                pass
        assert "more than 33,554,432 bytes" in sentence_of(lost.value)
        group.cancel_scope.cancel()
