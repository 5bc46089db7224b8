"""How a turn of a chat ended, from its events."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from codecompanion.domain.artifacts import FileChange
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import AgentSaid, ChecksCompleted, Fact, ModelCallCompleted, ModelCallFailed, UserSaid, decode
from codecompanion.domain.state import Running
from codecompanion.execution.reporting import file_changes
from codecompanion.wiring import App

Status = Literal["answered", "gave_up", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Turned:
    """How a turn ended. `status` is "stopped" when the person ended it, "failed" when `error` did.

    `files` are those it changed, `checks` what the tests say of them (None: nothing changed, or it ended before), `cost_usd`
    what its answers cost as far as the prices are known.
    """

    turn: int
    status: Status
    text: str
    files: tuple[FileChange, ...]
    checks: ChecksCompleted | None
    cost_usd: Decimal
    error: CodeCompanionError | None = None


async def how_it_ended(app: App, run_id: str, state: Running, failure: CodeCompanionError | None) -> Turned:
    """Return how the last turn ended; `failure` is what ended it, None when nothing did."""
    facts = [decode(event) for event in await app.store.read(run_id)]
    begun = max(place for place, fact in enumerate(facts) if isinstance(fact, UserSaid))
    said = next((fact for fact in facts[begun:] if isinstance(fact, AgentSaid)), None)
    return Turned(
        turn=len(state.turns),
        status=_status(state, said, failure),
        text=said.text if said is not None else "",
        files=await _files(app, state),
        checks=next((fact for fact in facts[begun:] if isinstance(fact, ChecksCompleted)), None),
        cost_usd=sum((_cost(fact) for fact in facts[begun:]), Decimal(0)),
        error=failure,
    )


def _status(state: Running, said: AgentSaid | None, failure: CodeCompanionError | None) -> Status:
    if failure is not None:
        return "failed"
    if state.turns[-1].stopped:
        return "stopped"
    return "gave_up" if said is not None and said.gave_up else "answered"


def _cost(fact: Fact) -> Decimal:
    return Decimal(fact.cost_usd or 0) if isinstance(fact, ModelCallCompleted | ModelCallFailed) else Decimal(0)


async def _files(app: App, state: Running) -> tuple[FileChange, ...]:
    before = state.turns[-1].before
    if before is None or state.head is None or before.tree == state.head.tree:
        return ()
    return file_changes(await app.workspace.diff(Path(state.request.repo), before.commit, state.head.commit))
