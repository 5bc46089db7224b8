"""Judge the log of a run by what is promised of every log, whoever wrote it and whatever befell them.

- Versions are contiguous, and no event is stored twice.
- Nothing follows the end, but that the change was brought into the user's files or out of them.
- No effect is recorded twice: a tool's intent, a call of a model, its answer, the delivered branch.
- What a superseded attempt of a task came to is not there, nor what a worker wrote after its claim was lost.
- The budget is exceeded by one call at most: whenever a call is set aside, what was spent before is within the limit.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from codecompanion.domain.candidates import is_candidate
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    BranchDelivered,
    ChecksCompleted,
    Fact,
    HandoffMade,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    RunCancelled,
    RunClaimed,
    RunCompleted,
    RunFailed,
    RunForked,
    RunPaused,
    RunQueued,
    RunReleased,
    RunResumed,
    RunStarted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TeamCalled,
    ToolCompleted,
    ToolIntended,
    decode,
)
from codecompanion.domain.tidying import WorkKind

CLAIM_MARK = "#"
"""Stands before the number of a claim behind the actor of every fact that was recorded under it."""
AFTER_THE_END = frozenset({"PatchApplied", "PatchUndone"})
BY_OTHERS = frozenset(
    {
        *("RunStarted", "RunQueued", "RunClaimed", "RunPaused", "RunResumed", "RunCancelled", "RunForked"),
        *("ApprovalGiven", "PatchApplied", "PatchUndone", "QuoteGiven"),
    }
)
"""What may be recorded of a run of the workers by somebody who has no claim: people, and who takes it."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that a log breaks, and the version of the event that does."""

    version: int
    what: str


def broken_promises(events: Iterable[Event]) -> list[Broken]:
    """Return each promise that the events of a run break; none is broken in a sound log."""
    judge = _Judge()
    for event in events:
        judge.see(event)
    return judge.found


class _Judge:
    """Sees the events of one run in their order."""

    def __init__(self) -> None:
        self.found: list[Broken] = []
        self._version = 0
        self._ids: set[str] = set()
        self._done: Counter[tuple[str, ...]] = Counter()
        self._has_ended = False
        self._is_chat = False
        self._claim = 0
        self._is_held = False
        self._is_queued = False
        self._attempts: dict[str, int] = {}
        self._limit: Decimal | None = None
        self._spent = Decimal(0)
        self._open: dict[tuple[str, int], Decimal] = {}

    def see(self, event: Event) -> None:
        """Judge the next event."""
        fact = decode(event)
        self._see_place(event)
        self._see_claim(event, fact)
        self._see_deed(event, fact)
        self._see_attempt(event, fact)
        self._see_money(event, fact)
        match fact:
            case RunStarted(kind=kind):
                self._is_chat = kind is WorkKind.CHAT
            case RunCompleted() | RunFailed() | RunCancelled():
                self._has_ended = True
            case _:
                pass

    def _hold(self, event: Event, *, holds: bool, promise: str) -> None:
        if not holds:
            self.found.append(Broken(event.version, f"{event.type}: {promise}"))

    def _see_place(self, event: Event) -> None:
        self._version += 1
        self._hold(event, holds=event.version == self._version, promise=f"it stands where {self._version} should")
        self._hold(event, holds=event.event_id not in self._ids, promise="it is stored twice")
        self._ids.add(event.event_id)
        allowed = not self._has_ended or event.type in AFTER_THE_END
        self._hold(event, holds=allowed, promise="it follows the end of the run")

    def _see_claim(self, event: Event, fact: Fact) -> None:
        match fact:
            case RunQueued():
                self._is_queued = True
            case RunClaimed(number=number):
                self._hold(event, holds=number == self._claim + 1, promise=f"claim {number} follows claim {self._claim}")
                self._claim, self._is_held = number, True
            case RunForked():
                self._claim, self._is_held, self._is_queued = 0, False, False
            case _:
                self._see_mark(event)
        if isinstance(fact, RunPaused | RunReleased | RunCompleted | RunFailed | RunCancelled):
            self._is_held = False

    def _see_mark(self, event: Event) -> None:
        _, mark, number = event.actor.rpartition(CLAIM_MARK)
        if mark and number.isdecimal():
            is_current = self._is_held and int(number) == self._claim
            self._hold(event, holds=is_current, promise=f"it was recorded under claim {number}, which was lost")
        elif self._is_queued:
            self._hold(event, holds=event.type in BY_OTHERS, promise="it was recorded without a claim")

    def _see_deed(self, event: Event, fact: Fact) -> None:
        match fact:
            case ToolIntended(key=key):
                self._once(event, "intent", key)
            case ModelCallReserved(call=call, send=send):
                self._once(event, "request", call, str(send))
            case ModelCallCompleted(call=call):
                self._once(event, "answer", call)
            case ToolCompleted(call=call):
                self._once(event, "tool", call)
            case BranchDelivered() if not self._is_chat:
                self._once(event, "branch")
            case RunStarted():
                self._once(event, "start")
            case _:
                pass

    def _once(self, event: Event, *deed: str) -> None:
        self._done[deed] += 1
        self._hold(event, holds=self._done[deed] == 1, promise=f"the {' '.join(deed)} is recorded twice")

    def _see_attempt(self, event: Event, fact: Fact) -> None:
        match fact:
            case TaskStarted(task_id=task_id, attempt=attempt):
                before = self._attempts.get(task_id, 0)
                self._hold(event, holds=attempt == before + 1, promise=f"attempt {attempt} of {task_id} follows {before}")
                self._attempts[task_id] = attempt
            case TeamCalled():
                self._attempts.clear()
            case TaskCompleted() | TaskFailed() | ChecksCompleted() | HandoffMade() if not is_candidate(fact.task_id):
                current = self._attempts.get(fact.task_id, 0)
                late = f"it is of attempt {fact.attempt} of {fact.task_id}, which is at {current}"
                self._hold(event, holds=fact.attempt == current, promise=late)
            case _:
                pass

    def _see_money(self, event: Event, fact: Fact) -> None:
        match fact:
            case RunStarted(max_budget_usd=limit):
                self._limit = limit
            case RunResumed(max_budget_usd=limit) if limit is not None:
                self._limit = limit
            case RunForked():
                self._spent, self._open = Decimal(0), {}  # what was under way is the parent's, and was paid there
            case ModelCallReserved(call=call, send=send, worst_usd=worst):
                taken = self._spent + sum(self._open.values())
                within = self._limit is None or taken <= self._limit
                self._hold(event, holds=within, promise=f"${taken} were spent or set aside of ${self._limit}")
                self._open[call, send] = Decimal(worst or 0)
            case (
                ModelCallFailed(call=call, send=send, cost_usd=cost) | ModelCallCompleted(call=call, sends=send, cost_usd=cost)
            ):
                self._open.pop((call, send), None)
                self._spent += Decimal(cost or 0)
            case _:
                pass
