"""A conversation about a repository: a run that a person leads from turn to turn."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import anyio

from codecompanion.domain.chat import act_key, is_chat, open_turn
from codecompanion.domain.commands import Command, PauseRun, ResumeRun, Say, StartRun, StopTurn
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput, CodeCompanionError, CommandRefused, ModelUnavailable
from codecompanion.domain.events import RunStarted
from codecompanion.domain.state import Running
from codecompanion.domain.team import TeamName, is_teams
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.toolbox import Hearing
from codecompanion.mcp_servers.configuration import has_configuration
from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.seen_engine import SeenEngine
from codecompanion.orchestrator.react import react
from codecompanion.ports import Person, RepositoryState, Sandbox
from codecompanion.runs.chat_turns import Turned, how_it_ended
from codecompanion.runs.from_settings import from_settings
from codecompanion.runs.role_prompts import keep_role_prompts
from codecompanion.runs.starting import checked_objective, new_run_id
from codecompanion.runs.tracing import send_sitting
from codecompanion.runs.work import OnEvent, follow
from codecompanion.wiring import App
from codecompanion.wiring.engines import engine_for

if TYPE_CHECKING:
    from codecompanion.execution.engine import RealExecutionEngine


@dataclass(frozen=True, slots=True)
class Company:
    """Who is with the agent of a chat: what runs commands, who hears how far it is, and the person."""

    sandbox: Sandbox
    hearing: Hearing
    person: Person
    on_event: OnEvent


def chat_model(app: App, named: str) -> str:
    """Return the whole name of a model that can answer in a chat.

    Raises:
        BadInput: It is no model.
        ModelUnavailable: It has no key or address, or is the builtin mind.
    """
    if not is_teams(named):
        raise ModelUnavailable(
            "a chat needs a language model, and none is configured",
            cause="the builtin mind repairs, it does not talk",
            fix="name one with --model, for example --model sonnet; `codecompanion models list` shows them",
        )
    return app.models.name_of(named)


class Chat:
    """A chat in this process. The run begins with the first words; it is paused when the chat is left.

    Args:
        app: The app.
        company: Who is with the agent.
        model: Who answers, as provider:model.
        repository: The user's repository.
        include_uncommitted: Whether the user's uncommitted changes are part of the base.
    """

    def __init__(
        self, app: App, company: Company, model: str, repository: RepositoryState, *, include_uncommitted: bool = False
    ) -> None:
        self.app = app
        self.model = model
        self.repo = repository.root
        self.run_id: str | None = None
        self._company = company
        self._base = repository.head
        self._include_uncommitted = include_uncommitted
        self._engine: RealExecutionEngine | None = None
        self._turn = anyio.CancelScope()
        self._held = AsyncExitStack()

    async def state(self) -> Running:
        """Return the state of the run.

        Raises:
            CommandRefused: Nothing was said yet, or the run has ended.
        """
        if self.run_id is None:
            raise CommandRefused("nothing was said yet")
        state = (await self.app.orchestrator.load(self.run_id)).state
        if not isinstance(state, Running):
            raise CommandRefused(f"run {self.run_id} has ended")
        return state

    async def say(self, text: str) -> Turned:
        """Say something and return how the turn ended.

        Raises:
            BadInput: There are no words in it.
        """
        said = checked_objective(text)
        if self.run_id is None:
            await self._begin(said)
        await self.act(Say(said))
        return await self.go_on()

    async def act(self, command: Command) -> list[Event]:
        """Record what the person does, under its number."""
        assert self.run_id is not None
        return await self.app.orchestrator.handle(self.run_id, command, actor="user", key=act_key(await self.state()))

    async def resume(self, run_id: str, max_budget_usd: Decimal | None) -> bool:
        """Go on with a chat; return whether a turn is open, which `go_on` carries to its end.

        Raises:
            BadInput: The run is no chat.
            CommandRefused: It has ended, or another process is working on it.
        """
        await self._held.enter_async_context(self.app.locks.hold(run_id))
        state = (await self.app.orchestrator.load(run_id)).state
        if isinstance(state, Running) and not is_chat(state):
            raise BadInput(f"run {run_id} is no chat", fix=f"codecompanion resume {run_id}")
        await self.app.orchestrator.handle(run_id, ResumeRun(max_budget_usd), actor="user")
        self.run_id = run_id
        await self._open()
        return open_turn(await self.state()) is not None

    async def _begin(self, objective: str) -> None:
        request = RunStarted(
            objective=objective,
            repo=str(self.repo),
            base_commit=self._base,
            model=self.model,
            include_uncommitted=self._include_uncommitted,
            kind=WorkKind.CHAT,
            team=TeamName.SOLO,
            mcp=has_configuration(self.repo),
            allow_no_tests=True,  # a question needs none
            role_prompts=await keep_role_prompts(self.app, self.repo),
            **from_settings(self.app, self.model),
        )
        run_id = new_run_id(self.app)
        await self._held.enter_async_context(self.app.locks.hold(run_id))
        await self.app.orchestrator.handle(run_id, StartRun(request), actor="user", key="start")
        self.run_id = run_id
        await self._open()

    async def _open(self) -> None:
        assert self.run_id is not None
        state, company = await self.state(), self._company
        self.model = state.request.model
        self._engine = await engine_for(
            self.app, self.run_id, state.request, sandbox=company.sandbox, hearing=company.hearing, person=company.person
        )

    async def go_on(self) -> Turned:
        """Carry the open turn to its end and return how it ended. An error of the turn is part of that, not raised."""
        assert self.run_id is not None
        loaded, failure = await self.app.orchestrator.load(self.run_id), None
        with anyio.CancelScope() as self._turn:
            try:
                with log_fields(run_id=self.run_id, trace_id=loaded.trace_id):
                    await follow(self.app, self.run_id, self._company.on_event, self._steps, after_version=loaded.version)
            except CodeCompanionError as error:
                failure = error
        if failure is not None or self._turn.cancelled_caught:
            await self.act(StopTurn(failure.what if failure is not None else "the person stopped it"))
        return await how_it_ended(self.app, self.run_id, await self.state(), failure)

    def stop(self) -> None:
        """End the turn that is under way, for the person has seen enough."""
        self._turn.cancel()

    async def _steps(self) -> None:
        assert self.run_id is not None
        assert self._engine is not None
        await self._engine.recover(await self.state())
        while (step := react(state := await self.state())) is not None:
            await SeenEngine(self._engine, self.app.watchers).perform(self.run_id, state, step)

    async def leave(self) -> None:
        """Pause the run, so that it can be resumed, and remove its worktree: every tree it had is kept by a ref."""
        async with self._held:
            if self.run_id is not None:
                await self.app.orchestrator.handle(self.run_id, PauseRun("the chat was left"), actor="user")
                await self.app.workspace.remove(self.run_id, self.repo)
                await send_sitting(self.app, self.run_id)
