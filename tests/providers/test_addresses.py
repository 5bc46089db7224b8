"""Row F41: a public name that leads into a private network is refused, and no key is sent there."""

import socket
from typing import Any

import anyio
import httpx2
import pytest
from anyio.abc import SocketAttribute, SocketStream

from codecompanion.domain.errors import FailureCategory, ModelCallFailed
from codecompanion.domain.internet import is_private_by_name, is_public
from codecompanion.providers.billing import Bill
from codecompanion.providers.dev_server.server import serve
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.transport import GuardedTransport
from providers_bench import KEY, WIRES, MakeBench, script

pytestmark = pytest.mark.anyio

PUBLIC = "api.models.example.com"
HELLO = {"text": "Hello.", "repeat": True}


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.9", False),
        ("172.16.5.5", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::5", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("64:ff9b::5db8:d70e", True),
        ("no address", False),
    ],
)
@pytest.mark.attack("A87")
def test_an_address_is_public_or_not(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True),
        ("ollama", True),
        ("gpu.local", True),
        ("host.docker.internal", True),
        ("nas.home.arpa", True),
        ("10.0.0.7", True),
        ("::1", True),
        ("llm.corp.example.com", True),
        ("LLM.corp.example.com.", True),
        (PUBLIC, False),
        ("notlocal", True),
        ("api.notlocal.com", False),
        ("local.evil.com", False),
        ("10.0.0.7.evil.com", False),
    ],
)
def test_a_name_says_whether_it_may_lead_into_a_private_network(host: str, *, private: bool) -> None:
    assert is_private_by_name(host, ("corp.example.com",)) is private


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every name lead to this machine; returns the names that were looked up."""
    asked: list[str] = []

    def getaddrinfo(host: bytes, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host.decode())
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def lead_to(here: Any, host: str) -> None:
    """Let the base URLs of all providers name a host."""
    for name in (name for name in here.environ if name.endswith("_URL")):
        here.environ[name] = here.environ[name].replace("127.0.0.1", host)


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.attack("A87")
async def test_f41_a_public_name_that_leads_to_this_machine_is_refused_and_sent_nothing(
    bench: MakeBench, poisoned: list[str], provider: str
) -> None:
    async with bench(HELLO) as here:
        lead_to(here, PUBLIC)
        with pytest.raises(ModelCallFailed) as caught:
            await here.ask(provider)
        assert here.sent == 0
        assert [one.bill for one in here.notes.remains] == [Bill.NOTHING]
    assert set(poisoned) - {"127.0.0.1"} == {PUBLIC}  # the bench itself listens
    assert (caught.value.category, caught.value.attempts) == (FailureCategory.INVALID_REQUEST, 1)
    assert "127.0.0.1" in caught.value.cause
    assert "private_hosts" in caught.value.fix


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize("host", [PUBLIC, "llm.local"])
async def test_f41_a_server_that_the_user_calls_private_is_asked(
    bench: MakeBench, poisoned: list[str], provider: str, host: str
) -> None:
    async with bench(HELLO, private_hosts=("models.example.com",)) as here:
        lead_to(here, host)
        assert (await here.ask(provider)).text == "Hello."
    assert host in poisoned


async def test_f41_one_private_address_among_public_ones_is_enough() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "192.168.1.1"]

    async with GuardedTransport(CallPolicy(), resolve=resolve) as transport:
        with pytest.raises(httpx2.TransportError, match=r"192\.168\.1\.1"):
            await transport.handle_async_request(httpx2.Request("GET", f"https://{PUBLIC}/v1/models"))


async def test_a_public_name_is_sent_to_an_address_that_was_looked_at_and_the_next_when_it_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name is asked for once: a second answer, which could be a private one, has no effect."""
    connected: list[str] = []
    connect = anyio.connect_tcp

    async def connect_tcp(remote_host: str, remote_port: int, local_host: str | None = None) -> SocketStream:
        connected.append(remote_host)
        if len(connected) == 1:
            raise ConnectionRefusedError
        return await connect("127.0.0.1", remote_port, local_host=local_host)

    looked_up: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "93.184.215.14"]

    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    async with serve(script([HELLO])) as server, GuardedTransport(CallPolicy(), resolve=resolve) as transport:
        asked = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
        url = f"http://{PUBLIC}:{server.port}/v1/chat/completions"
        response = await transport.handle_async_request(
            httpx2.Request("POST", url, json=asked, headers={"authorization": f"Bearer {KEY}"})
        )
        assert "Hello." in (await response.aread()).decode()
        assert server.requests[0].headers["host"] == f"{PUBLIC}:{server.port}"
    assert connected == ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "93.184.215.14"]
    assert looked_up == [PUBLIC]


async def test_the_certificate_of_the_name_is_asked_for_and_not_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    hellos: list[bytes] = []
    connect = anyio.connect_tcp

    async def connect_tcp(remote_host: str, remote_port: int, local_host: str | None = None) -> SocketStream:
        assert remote_host == "93.184.215.14"
        return await connect("127.0.0.1", remote_port, local_host=local_host)

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14"]

    async def hear(stream: SocketStream) -> None:
        async with stream:
            hellos.append(await stream.receive())

    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, hear)
        port = listener.extra(SocketAttribute.local_port)
        async with GuardedTransport(CallPolicy(), resolve=resolve) as transport:
            with pytest.raises(httpx2.ConnectError):
                await transport.handle_async_request(httpx2.Request("GET", f"https://{PUBLIC}:{port}/"))
        serving.cancel_scope.cancel()
    assert PUBLIC.encode() in hellos[0]


async def test_a_name_that_nobody_knows_or_that_takes_too_long_is_no_connection() -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    async def slow(_host: str, _port: int) -> list[str]:
        await anyio.sleep(30)
        return []

    for resolve, error in ((unknown, httpx2.ConnectError), (slow, httpx2.ConnectTimeout)):
        async with GuardedTransport(CallPolicy(connect_s=0.1), resolve=resolve) as transport:
            with pytest.raises(error, match=PUBLIC):
                await transport.handle_async_request(httpx2.Request("GET", f"https://{PUBLIC}/"))
