"""What a cage with allowed hosts reaches: real processes, a real proxy, and an internet that is on this machine.

The internet of these tests finds names in a table and leads what is connected to at an address of the internet to a server
here. The rules are the product's own: an address of this machine is refused in it as everywhere.
"""

import json
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc
import anyio.to_thread
import pytest

from codecompanion.domain.allowed_hosts import written_host
from codecompanion.ports import Cage, RefusedHost
from codecompanion.workspace.sandboxes.bubblewrap import bubblewrap_sandbox
from codecompanion.workspace.sandboxes.network.asking import HEAD_BYTES
from codecompanion.workspace.sandboxes.network.internet import Internet
from codecompanion.workspace.sandboxes.network.proxy import MOST_CONNECTIONS, AllowListProxy

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"
ALLOWED = ("api.example.com", "api.example.com:8443", "*.shop.example.com", "inside.example.com", "turning.example.com")
ASK = """
import json, os, socket, sys
def ask(request):
    with socket.create_connection(("127.0.0.1", int(os.environ["HTTPS_PROXY"].rpartition(":")[2])), 20) as there:
        there.sendall(request.encode("latin-1"))
        there.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := there.recv(65536):
            answer += chunk
    return answer.decode("latin-1")
print(json.dumps([ask(request) for request in json.loads(sys.argv[1])]))
"""


@dataclass
class World:
    """An internet: each name with the addresses that are found for it, time after time, and a server at every public one."""

    names: dict[str, list[list[str]]]
    port: int
    asked: list[str] = field(default_factory=list[str])
    connected: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def resolve(self, host: str, port: int) -> list[str]:
        del port
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def connect(self, address: str, port: int) -> anyio.abc.ByteStream:
        self.connected.append((address, port))
        return await anyio.connect_tcp("127.0.0.1", self.port)

    @property
    def internet(self) -> Internet:
        return Internet(self.resolve, self.connect)


@asynccontextmanager
async def a_world(**names: list[list[str]]) -> AsyncGenerator[World]:
    """A server that answers every first word with "you are through: WORD", and the names that lead to it."""

    async def answer(stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            await stream.send(b"you are through: " + await stream.receive())
        await stream.aclose()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        usual = {name: [[PUBLIC]] for name in ("api.example.com", "a.shop.example.com")}
        yield World({**usual, **names}, listener.extra(anyio.abc.SocketAttribute.local_port))
        group.cancel_scope.cancel()


async def sockets() -> set[str]:
    """Return the sockets of this process, once what was cancelled has let go of its own."""
    await anyio.wait_all_tasks_blocked()
    return await anyio.to_thread.run_sync(_open_sockets)


def _open_sockets() -> set[str]:
    found: set[str] = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the listing itself
            found.add(str(entry.readlink()))
    return {one for one in found if one.startswith("socket:")}


@contextmanager
def open_pipe() -> Generator[int]:
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


def with_hosts(place: "Place", *hosts: str) -> Cage:
    return replace(place.cage, network=tuple(map(written_host, hosts)))


async def answers(place: "Place", world: World, *requests: str) -> list[str]:
    """Return what programs in the cage are answered by the proxy."""
    command = place.command(*place.PYTHON, ASK, json.dumps(requests))
    result = await bubblewrap_sandbox(world.internet).run(with_hosts(place, *ALLOWED), command)
    assert (result.exit_code, result.stderr) == (0, b"")
    return json.loads(result.stdout)


def connect(target: str, more: str = "") -> str:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{more}\r\nhello"


@pytest.mark.attack("A95", "A96")
async def test_allowed_hosts_are_reached_and_no_others(bubblewrap_place: "Place") -> None:
    through = ("api.example.com:443", "API.Example.com.:443", "api.example.com:8443", "a.shop.example.com:443")
    refused = {
        "other.example.com:443": "403",
        "data-that-goes-out.other.example.com:443": "403",
        "api.example.com:80": "403",
        "api.example.com:22": "403",
        "shop.example.com:443": "403",
        "ashop.example.com:443": "403",
        "*.shop.example.com:443": "400",
        ".shop.example.com:443": "403",
        "api.example.com..:443": "403",
        "api.example.com\0.evil.example.com:443": "400",
        "api.ex\xe0mple.com:443": "400",
        "xn--pi-6kc.example.com:443": "403",
        f"{PUBLIC}:443": "403",
        "127.0.0.1:443": "403",
        "[::1]:443": "403",
        "169.254.169.254:80": "403",
        "2130706433:443": "403",
        "localhost:443": "403",
        "api.example.com": "400",
        "api.example.com:0": "400",
        "api.example.com:99999": "400",
        f"{'a' * 300}.example.com:443": "400",
        "api.example.com:443@evil.example.com:443": "400",
    }
    async with a_world() as world:
        told = await answers(bubblewrap_place, world, *map(connect, (*through, *refused)))
        assert [one.partition("\r\n\r\n")[2] for one in told[: len(through)]] == ["you are through: hello"] * len(through)
        assert {target: one.split()[1] for target, one in zip(refused, told[len(through) :], strict=True)} == refused
        assert world.connected == [(PUBLIC, 443), (PUBLIC, 443), (PUBLIC, 8443), (PUBLIC, 443)]
        # A question to a name server would carry something out already.
        assert set(world.asked) == {"api.example.com", "a.shop.example.com"}
    assert "api.example.com:80 is not among the hosts that were allowed" in told[len(through) + 2]


@pytest.mark.attack("A87", "A95")
async def test_an_allowed_name_leads_to_no_private_address_whatever_its_dns_says(bubblewrap_place: "Place") -> None:
    inside = ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:192.168.0.1", "fd00::5"]
    names = {"inside.example.com": [[one] for one in inside], "turning.example.com": [[PUBLIC], [PUBLIC, "127.0.0.1"]]}
    async with a_world(**names) as world:
        requests = [*repeat(connect("inside.example.com:443"), len(inside)), *repeat(connect("turning.example.com:443"), 2)]
        told = await answers(bubblewrap_place, world, *requests)
        assert [one.split()[1] for one in told] == [*repeat("403", len(inside)), "200", "403"]
        assert "leads to an address that is not of the internet" in told[0]
        # Looked up once, and connected to what was looked at.
        assert world.connected == [(PUBLIC, 443)]
        assert len(world.asked) == len(requests)


async def test_what_is_no_connect_is_answered_with_a_sentence(bubblewrap_place: "Place") -> None:
    cases = {
        "GET http://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n": ("405", "only CONNECT is served"),
        "nonsense\r\n\r\n": ("400", "that is no request of HTTP/1.1"),
        " CONNECT api.example.com:443 HTTP/1.1\r\n\r\n": ("400", "that is no request of HTTP/1.1"),
        connect("api.example.com:443", "X: " + "x" * HEAD_BYTES + "\r\n"): ("431", "has more than 8192 bytes"),
        connect("nowhere.shop.example.com:443"): ("502", "the name nowhere.shop.example.com is not known"),
        # Of the head the first line counts alone, and behind it everything belongs to the one tunnel.
        connect("other.example.com:443", "Host: api.example.com\r\nContent-Length: 9\r\n"): ("403", "other.example.com:443 is"),
        connect("other.example.com:443") + connect("api.example.com:443"): ("403", "other.example.com:443 is"),
    }
    async with a_world() as world:
        told = await answers(bubblewrap_place, world, *cases)
        assert world.connected == []
    for (status, words), one in zip(cases.values(), told, strict=True):
        assert one.split()[1] == status
        assert words in one


@pytest.mark.attack("A23", "A24", "A31", "A36", "A95")
async def test_a_program_with_allowed_hosts_reaches_nothing_of_the_machine(bubblewrap_place: "Place") -> None:
    code = """
import json, socket, sys
def tries(family, kind, address):
    try:
        with socket.socket(family, kind) as there:
            there.settimeout(2)
            there.connect(address)
    except OSError as error:
        return error.errno
    return 0
port, path = int(sys.argv[1]), sys.argv[2]
print(json.dumps({
    "own port": tries(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)),
    "elsewhere": tries(socket.AF_INET, socket.SOCK_STREAM, ("93.184.215.14", 443)),
    "name server": tries(socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)),
    "unix": tries(socket.AF_UNIX, socket.SOCK_STREAM, path),
    "abstract": tries(socket.AF_UNIX, socket.SOCK_STREAM, "\\0nobody"),
    "netlink": tries(socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)),
}))
"""
    async with a_world() as world:
        command = bubblewrap_place.command(*bubblewrap_place.PYTHON, code, str(world.port), str(bubblewrap_place.inside / "s"))
        cage = with_hosts(bubblewrap_place, "api.example.com")
        result = await bubblewrap_sandbox(world.internet).run(cage, command)
    refused, unreachable, forbidden = 111, 101, 1
    assert json.loads(result.stdout) == {
        "own port": refused,
        "elsewhere": unreachable,
        "name server": unreachable,
        **dict.fromkeys(("unix", "abstract", "netlink"), forbidden),
    }


async def test_too_many_connections_wait_until_others_end(bubblewrap_place: "Place") -> None:
    code = """
import socket, sys
def there():
    return socket.create_connection(("127.0.0.1", 3128), 20)
idle = [there() for _ in range(int(sys.argv[1]))]
late = there()
late.sendall(b"CONNECT other.example.com:443 HTTP/1.1\\r\\n\\r\\n")
late.settimeout(0.5)
try:
    print(late.recv(12))
except TimeoutError:
    print("waits")
late.settimeout(20)
idle.pop().close()
print(late.recv(12).decode())
"""
    async with a_world() as world:
        command = bubblewrap_place.command(*bubblewrap_place.PYTHON, code, str(MOST_CONNECTIONS))
        result = await bubblewrap_sandbox(world.internet).run(with_hosts(bubblewrap_place, "api.example.com"), command)
    assert (result.stdout, result.stderr) == (b"waits\nHTTP/1.1 403\n", b"")


@pytest.mark.parametrize("kind", ["nothing", "pipe", "datagrams", "unix", "silent"])
async def test_what_a_cage_hands_out_that_is_no_listening_socket_is_not_served(kind: str) -> None:
    """Its own variables are set when our lines run in it: a library that LD_PRELOAD names could hand out what it likes."""
    here, there = socket.socketpair()
    here.settimeout(0)
    with here, there, ExitStack() as handed:
        match kind:
            case "nothing":
                there.sendall(b"x")
            case "pipe":
                socket.send_fds(there, [b"x"], [handed.enter_context(open_pipe())])
            case _:
                families = {"datagrams": (socket.AF_INET, socket.SOCK_DGRAM), "unix": (socket.AF_UNIX, socket.SOCK_STREAM)}
                one = handed.enter_context(socket.socket(*families.get(kind, (socket.AF_INET, socket.SOCK_STREAM))))
                socket.send_fds(there, [b"x"], [one.fileno()])
        with anyio.fail_after(30):
            await AllowListProxy((), Internet()).serve_what_comes_out(here)


async def test_refusals_are_told_and_the_proxy_ends_with_its_process(
    bubblewrap_place: "Place", caplog: pytest.LogCaptureFixture
) -> None:
    code = ASK + "\nsys.stdout.flush(); sys.stdin.readline()\n"
    requests = json.dumps([connect("other.example.com:443"), connect("other.example.com:443"), connect("api.example.com:443")])
    before = len(await sockets())
    async with a_world() as world:
        sandbox, cage = bubblewrap_sandbox(world.internet), with_hosts(bubblewrap_place, "api.example.com")
        async with sandbox.open(cage, bubblewrap_place.command(*bubblewrap_place.PYTHON, code, requests)) as process:
            assert len(json.loads(await process.receive())) == 3
            assert process.refused == (RefusedHost("other.example.com", 443, "is not among the hosts that were allowed"),)
            assert len(await sockets()) > before
    assert len(await sockets()) == before
    (line,) = [record.message for record in caplog.records if "was refused the network" in record.message]
    assert "other.example.com:443" in line
