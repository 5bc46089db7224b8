"""Shows what a run with a model would send first, and what that would cost. Nothing is sent, nothing is kept."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Never

import anyio
import anyio.lowlevel
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from codecompanion.agents.answer_room import room_of
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import RunFailed
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import RepositoryState, Sandbox
from codecompanion.providers.token_bounds import input_tokens_at_most
from codecompanion.providers.transcript import render
from codecompanion.runs.advice import Question, begin_advice
from codecompanion.runs.chat import Company
from codecompanion.runs.find import view_run
from codecompanion.runs.starting import Ask, start
from codecompanion.runs.work import work
from codecompanion.wiring import App, open_app
from codecompanion.wiring.team import ListedPrices

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


class _Showing:
    """Takes the first request, and ends the work there as Ctrl-C would."""

    def __init__(self) -> None:
        self.until = anyio.CancelScope()
        self.request: FirstRequest | None = None

    async def take(self, request: FirstRequest) -> Never:
        """Keep a request; nobody goes on from here."""
        self.request = self.request or request
        self.until.cancel()
        await anyio.lowlevel.checkpoint()
        raise AssertionError("what is cancelled does not go on")


class _ShowingModel(Model[Any]):
    """Shows what it is asked."""

    def __init__(self, showing: _Showing, name: str) -> None:
        super().__init__()
        self._showing = showing
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
        prices, now = ListedPrices(), datetime.now(UTC)
        text = render(messages, model_request_parameters)
        tokens = int(len(text) / CHARACTERS_PER_TOKEN)
        most = input_tokens_at_most(messages, model_request_parameters)
        await self._showing.take(
            FirstRequest(
                model=self._name,
                text=text,
                input_tokens=tokens,
                usual_usd=prices.cost(self._name, RequestUsage(input_tokens=tokens), now),
                worst_usd=prices.worst(self._name, most, room_of(model_settings), now),
            )
        )


async def first_request(
    app: App, ask: Ask, repository: RepositoryState, sandbox: Sandbox, hearing: Hearing
) -> FirstRequest | RunFailed | None:
    """Return what a run would send first; None when it has nothing to do; or why it fails before.

    The project's tests are run, in a copy and in the sandbox, because what they say is part of the request. Where a router
    chooses, the builtin mind does not search first: the request is the one that is sent if it finds nothing.
    """

    async def begin(other: App) -> str:
        return await start(other, replace(ask, builtin_first=False), repository)

    return await _first(app, begin, repository, Company(sandbox, hearing, NOBODY, _unheard))


async def first_request_for_advice(
    app: App, model: str, question: Question, repository: RepositoryState, company: Company
) -> FirstRequest | RunFailed | None:
    """Return what a model would be sent first that is asked for advice, or why it would not be asked."""
    begin = partial(begin_advice, model=model, question=question, repository=repository)
    return await _first(app, begin, repository, company)


async def _first(
    app: App, begin: Callable[[App], Awaitable[str]], repository: RepositoryState, company: Company
) -> FirstRequest | RunFailed | None:
    showing = _Showing()
    async with _elsewhere(app, partial(_ShowingModel, showing)) as other:
        run_id = await begin(other)
        with showing.until:
            try:
                await work(other, run_id, sandbox=company.sandbox, hearing=company.hearing, on_event=company.on_event)
            finally:
                with anyio.CancelScope(shield=True):
                    await other.workspace.forget(run_id, repository.root)
        return showing.request or (await view_run(other.store, run_id)).failure


def _unheard(_event: Event) -> None:
    pass


@asynccontextmanager
async def _elsewhere(app: App, open_model: Callable[[str], object]) -> AsyncGenerator[App]:
    with tempfile.TemporaryDirectory(prefix="codecompanion-dry-run-") as folder:
        settings = app.settings.model_copy(update={"state_dir": Path(folder), "database_url": "", "bus_url": ""})
        async with open_app(settings, app.environ) as other:
            yield replace(other, open_model=open_model, remembering=app)
