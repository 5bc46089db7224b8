"""The commands that an agent ran, under short ids that its claims can cite."""

from dataclasses import dataclass, field

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import CommandExecuted, decode


@dataclass(slots=True)
class Evidence:
    """Counts the commands of an agent's work: the n-th is "En". `event_ids` are those of the recorded ones."""

    event_ids: dict[str, str] = field(default_factory=dict[str, str])
    _waiting: list[CommandExecuted] = field(default_factory=list[CommandExecuted], init=False)

    def add(self, executed: CommandExecuted) -> str:
        """Take a command that has just ended and return its id; `take` then hands it to the log."""
        self._waiting.append(executed)
        return f"E{len(self.event_ids) + len(self._waiting)}"

    def take(self) -> tuple[CommandExecuted, ...]:
        """Return the commands that are not recorded yet, and forget them."""
        waiting, self._waiting = tuple(self._waiting), []
        return waiting

    def learn(self, events: list[Event]) -> None:
        """Take over the ids of recorded commands."""
        for event in events:
            if isinstance(decode(event), CommandExecuted):
                self.event_ids[f"E{len(self.event_ids) + 1}"] = event.event_id
