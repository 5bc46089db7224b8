"""Shows what a run with a model would send first, and what that would cost. Nothing is sent, nothing is kept."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from codecompanion.agents.answer_room import MOST_OUTPUT_TOKENS
from codecompanion.domain.events import RunFailed
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import RepositoryState, Sandbox
from codecompanion.providers.transcript import render
from codecompanion.runs.find import view_run
from codecompanion.runs.work import Ask, start, work
from codecompanion.team_wiring import ListedPrices
from codecompanion.wiring import App, open_app

CHARACTERS_PER_TOKEN = 3.5
"""Of today's tokenizers, for code and English."""


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """What would be sent first. Money is US dollars, None for an unknown price.

    `text` is the whole request as a person would read it; `input_tokens` is estimated. `usual_usd` counts the prompt and no
    answer, `worst_usd` is what would be set aside.
    """

    model: str
    text: str
    input_tokens: int
    usual_usd: Decimal | None
    worst_usd: Decimal | None


class _Shown(Exception):
    """The request that was to be shown, and the model that it is for."""

    def __init__(self, model: str, text: str) -> None:
        super().__init__("shown")
        self.model = model
        self.text = text


class _ShowingModel(Model[Any]):
    """Raises what it is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def system(self) -> str:
        return "dry-run"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        del model_settings
        raise _Shown(self._name, render(messages, model_request_parameters))


async def first_request(
    app: App, ask: Ask, repository: RepositoryState, sandbox: Sandbox, hearing: Hearing
) -> FirstRequest | RunFailed | None:
    """Return what a run would send first; None when it has nothing to do; or why it fails before.

    The project's tests are run, in a copy and in the sandbox, because what they say is part of the request. Where a router
    chooses, the builtin mind does not search first: the request is the one that is sent if it finds nothing.
    """
    async with _elsewhere(app) as other:
        run_id = await start(other, replace(ask, builtin_first=False), repository)
        try:
            await work(other, run_id, sandbox=sandbox, hearing=hearing, on_event=lambda _event: None)
        except _Shown as shown:
            return _priced(shown.model, shown.text)
        return (await view_run(other.store, run_id)).failure


@asynccontextmanager
async def _elsewhere(app: App) -> AsyncGenerator[App]:
    with tempfile.TemporaryDirectory(prefix="codecompanion-dry-run-") as folder:
        settings = app.settings.model_copy(update={"state_dir": Path(folder), "database_url": "", "bus_url": ""})
        async with open_app(settings, app.environ) as other:
            yield replace(other, open_model=_ShowingModel, remembering=app)


def _priced(model: str, text: str) -> FirstRequest:
    prices, now = ListedPrices(), datetime.now(UTC)
    tokens = int(len(text) / CHARACTERS_PER_TOKEN)
    return FirstRequest(
        model=model,
        text=text,
        input_tokens=tokens,
        usual_usd=prices.cost(model, RequestUsage(input_tokens=tokens), now),
        worst_usd=prices.worst(model, len(text.encode()), MOST_OUTPUT_TOKENS, now),
    )
