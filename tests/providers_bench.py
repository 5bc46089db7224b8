from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse
from pydantic_ai.models import ModelRequestParameters

from codecompanion.domain.errors import ModelCallFailed
from codecompanion.providers.breaker import Breakers
from codecompanion.providers.connecting import Ask
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.providers.observing import Attempt, Remains
from codecompanion.providers.opening import ModelOpener
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.resilience import Circumstances, ResilientModel
from codecompanion.providers.script import Script, Turn
from codecompanion.wiring.providers import CONNECTORS

KEY = "sk-test-0123456789abcdef"
MODELS = {
    "openai": "openai:gpt-6.1-sol",
    "openai-chat": "openai-chat:gpt-6.1-sol",
    "anthropic": "anthropic:claude-sonnet-5-5",
    "google": "google:gemini-3.8-flash",
    "openrouter": "openrouter:z-ai/glm-5.3",
    "compatible": "compatible:some-model",
}
WIRES = ("openai", "openai-chat", "anthropic", "google")
"""One provider for each protocol."""


@dataclass
class Notes:
    """An observer that writes down what it hears, and refuses every request with `refusal` if there is one."""

    heard: list[str] = field(default_factory=list[str])
    waits: list[float] = field(default_factory=list[float])
    refusal: Exception | None = None
    remains: list[Remains] = field(default_factory=list[Remains])
    first_tokens: list[float | None] = field(default_factory=list[float | None])

    async def sending(self, attempt: Attempt) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.heard.append(f"sending {attempt.number}")

    def queued(self, attempt: Attempt) -> None:
        self.heard.append(f"queued {attempt.number}")

    async def answered(self, attempt: Attempt, response: ModelResponse, first_token_s: float | None) -> None:
        self.first_tokens.append(first_token_s)
        self.heard.append(f"answered {attempt.number} {response.usage.total_tokens}")

    async def failed(self, attempt: Attempt, failure: ModelCallFailed, remains: Remains) -> None:
        self.heard.append(f"failed {attempt.number} {failure.category}")
        self.remains.append(remains)

    async def waiting(self, attempt: Attempt, failure: ModelCallFailed, seconds: float) -> None:
        self.heard.append(f"waiting after {attempt.number} for {failure.category}")
        self.waits.append(seconds)


@dataclass
class Bench:
    """A server with a script, and what opens models that ask it."""

    server: DevServer
    environ: dict[str, str]
    opener: ModelOpener
    notes: Notes

    def open(self, provider: str) -> ResilientModel:
        return self.opener.open(MODELS[provider])

    async def ask(self, provider: str, prompt: str = "Say hello.") -> ModelResponse:
        return await ask(self.open(provider), prompt)

    async def ask_opened(self, model: ResilientModel) -> ModelResponse:
        return await ask(model)

    @property
    def sent(self) -> int:
        """How many requests have arrived."""
        return len(self.server.requests)


async def ask(model: ResilientModel, prompt: str = "Say hello.") -> ModelResponse:
    async with model:
        return await model.request([ModelRequest.user_text_prompt(prompt)], None, ModelRequestParameters())


class SeenLimits:
    """Limits that let everything through and write down what they are asked."""

    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    @asynccontextmanager
    async def slot(self, model: str, on_wait: Callable[[], None] = lambda: None) -> AsyncGenerator[None]:
        self._heard.append(f"slot {model.partition(':')[0]}")
        on_wait()
        try:
            yield
        finally:
            self._heard.append("left")

    async def hold_back(self, model: str, seconds: float) -> None:
        self._heard.append(f"held back {model.partition(':')[0]} {seconds:g}")


async def no_sleep(_seconds: float) -> None:
    pass


def environ_for(port: int) -> dict[str, str]:
    """Return an environment in which every provider is on this machine."""
    root = f"http://127.0.0.1:{port}"
    return {
        **dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"), KEY),
        **dict.fromkeys(("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"), root),
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENROUTER_BASE_URL": f"{root}/api/v1",
    }


async def nobody(_prompt: str) -> str:
    raise AssertionError("no person is there")


def opener_for(
    environ: dict[str, str], policy: CallPolicy, notes: Notes, *, now: Callable[[], float] = lambda: 0.0, ask: Ask = nobody
) -> ModelOpener:
    circumstances = Circumstances(no_sleep, lambda: 0.5, lambda text: text.replace(KEY, "[redacted]"), notes)
    breakers = Breakers(policy.breaker_failures, policy.breaker_rest_s, now)
    return ModelOpener(CONNECTORS, environ, policy, breakers, circumstances, ask)


MakeBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def bench() -> MakeBench:
    """Serve turns to models; keyword arguments are laid over the policy."""

    @asynccontextmanager
    async def make(*turns: dict[str, Any], now: Callable[[], float] = lambda: 0.0, **limits: Any) -> AsyncGenerator[Bench]:
        notes = Notes()
        async with serve(script(turns)) as server:
            environ = environ_for(server.port)
            yield Bench(server, environ, opener_for(environ, replace(CallPolicy(), **limits), notes, now=now), notes)

    return make


def script(turns: Sequence[dict[str, Any]]) -> Script:
    return Script([Turn.model_validate(turn) for turn in turns])
