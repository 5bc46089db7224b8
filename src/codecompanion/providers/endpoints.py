"""Where OpenAI-compatible servers are: the usual ports of this machine, or an address that the user gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import anyio
import httpx2

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.printable import printable
from codecompanion.providers.transport import GuardedTransport
from codecompanion.providers.urls import checked_url

LOCAL_PORTS: Mapping[str, int] = {"ollama": 11434, "vllm": 8000, "llama.cpp": 8080, "lm-studio": 1234, "litellm": 4000}
"""The port that each server listens on unless it is told another."""
ADDRESS_VARIABLES: Mapping[str, str] = {"ollama": "OLLAMA_HOST", "compatible": "OPENAI_BASE_URL"}
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered, and the models it offers."""

    provider: str
    base_url: str
    models: tuple[str, ...]


def base_url_of(provider: str, environ: Mapping[str, str]) -> str:
    """Return the base URL of an OpenAI-compatible provider.

    Raises:
        BadInput: Its variable holds no URL.
        ModelUnavailable: It has no usual port, and its variable is not set.
    """
    variable = ADDRESS_VARIABLES.get(provider, "")
    given = environ.get(variable, "").strip()
    if given:
        return checked_url(_with_scheme(given), variable) + ("/v1" if provider == "ollama" else "")
    if provider not in LOCAL_PORTS:
        raise ModelUnavailable(
            f"where {provider!r} is is not said", cause=f"{variable} is not set", fix=f"export {variable}=http://HOST:PORT/v1"
        )
    return f"http://127.0.0.1:{LOCAL_PORTS[provider]}/v1"


async def find_local_servers(environ: Mapping[str, str]) -> list[LocalServer]:
    """Return the servers that answer on this machine's usual ports (or where `OLLAMA_HOST` says), within a second."""
    found: list[LocalServer] = []

    async def look(provider: str, base_url: str) -> None:
        with anyio.move_on_after(LOOK_S):
            models = await _models_at(base_url, transport)
            if models is not None:
                found.append(LocalServer(provider, base_url, models))

    async with GuardedTransport(CallPolicy()) as transport, anyio.create_task_group() as looking:
        for provider in LOCAL_PORTS:
            looking.start_soon(look, provider, base_url_of(provider, environ))
    return sorted(found, key=lambda server: server.base_url)


async def _models_at(base_url: str, transport: httpx2.AsyncBaseTransport) -> tuple[str, ...] | None:
    try:
        response = await transport.handle_async_request(httpx2.Request("GET", f"{base_url}/models"))
        await response.aread()
        listed = response.json()["data"] if response.is_success else None
        return None if listed is None else tuple(printable(str(entry["id"])) for entry in listed)
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return None  # something else listens there, or nothing


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"
