"""Who did what and when in a run: a lane for each agent, one for the project's commands, one for the person."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    CommandExecuted,
    Fact,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    SearchCompleted,
    ToolCompleted,
    decode,
)
from codecompanion.domain.team import BUILTIN

COMMANDS = "commands"
PERSON = "you"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that took time: `kind` is "model", "tool", "search", "command" or "answer", `what` tells it to people.

    Times are seconds from the run's first event; `ended_s` is None for what is not over. `event` is the version of the event
    that told of it last.
    """

    lane: str
    kind: str
    what: str
    began_s: float
    ended_s: float | None
    event: int


def lanes_of(events: Iterable[Event]) -> list[Stretch]:
    """Return what took time in a run, in the order of its beginnings.

    What a crash cut off ended when it was begun again, or with the run's end.

    Raises:
        LogCorrupt: An event cannot be read.
    """
    reading = _Reading()
    for event in events:
        reading.hear(decode(event), _seconds(event), event.version)
    return sorted([*reading.done, *reading.under_way.values()], key=lambda one: (one.began_s, one.event))


class _Reading:
    def __init__(self) -> None:
        self.done: list[Stretch] = []
        self.under_way: dict[str, Stretch] = {}
        self._origin: float | None = None

    def hear(self, fact: Fact, clock_s: float, version: int) -> None:
        self._origin = clock_s if self._origin is None else self._origin
        at = round(clock_s - self._origin, 3)
        match fact:
            case ModelCallReserved():
                self._end(_sent(fact.call), at, version)  # a process was killed before it could tell how it ended
                self.under_way[_sent(fact.call)] = Stretch(fact.role.value, "model", fact.model, at, None, version)
            case ModelCallCompleted() | ModelCallFailed():
                self._end(_sent(fact.call), at, version)
            case ToolCompleted():
                self._took(Stretch(fact.role.value, "tool", fact.label or fact.tool, at - fact.duration_s, at, version))
            case SearchCompleted():
                what = f"{fact.candidates_tried} patches tried"
                self._took(Stretch(BUILTIN, "search", what, at - fact.duration_s, at, version))
            case CommandExecuted():
                self._took(Stretch(COMMANDS, "command", fact.purpose, at - fact.duration_s, at, version))
            case ApprovalRequested(waits=True):
                self.under_way[PERSON] = Stretch(PERSON, "answer", fact.subject, at, None, version)
            case ApprovalGiven():
                self._end(PERSON, at, version)
            case RunPaused() | RunCompleted() | RunFailed() | RunCancelled():
                for key in [*self.under_way]:
                    self._end(key, at, version)
            case _:
                pass

    def _took(self, stretch: Stretch) -> None:
        self.done.append(replace(stretch, began_s=max(0.0, round(stretch.began_s, 3))))

    def _end(self, key: str, at: float, version: int) -> None:
        if key in self.under_way:
            self.done.append(replace(self.under_way.pop(key), ended_s=at, event=version))


def _sent(call: str) -> str:
    return f"call:{call}"


def _seconds(event: Event) -> float:
    return datetime.fromisoformat(event.recorded_at).timestamp()
