"""What needs a person's word: it is asked, and the question and the answer are recorded with the tool that asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from codecompanion.agents.kit import AskPerson
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import ApprovalGiven, ApprovalRequested, decode

YES = frozenset({"y", "yes", "ok", "allow", "allowed"})


@dataclass(slots=True)
class Approvals:
    """Asks the person of one agent. `paths` are those outside of the agreed scope that may be changed after all."""

    ask: AskPerson
    paths: set[str] = field(default_factory=set[str])
    _waiting: list[ApprovalRequested | ApprovalGiven] = field(
        default_factory=list[ApprovalRequested | ApprovalGiven], init=False
    )

    async def approve(self, subject: str, reason: str) -> tuple[bool, str | None]:
        """Return whether the person allows something, and what was said; None when nobody is there."""
        return await self._asked(subject, reason, ())

    async def let_change(self, paths: Sequence[str], reason: str) -> bool:
        """Return whether the person lets files be changed that the agreed scope does not hold."""
        allowed, _ = await self._asked(f"change {', '.join(paths)}", reason, tuple(paths))
        if allowed:
            self.paths.update(paths)
        return allowed

    async def _asked(self, subject: str, reason: str, paths: tuple[str, ...]) -> tuple[bool, str | None]:
        said = await self.ask(f"May this be done?\n  {subject}\nIt is asked because {reason}. (yes/no)")
        allowed = said is not None and said.strip().casefold() in YES
        by = "nobody" if said is None else "user"
        self._waiting += [
            ApprovalRequested(subject=subject, reason=reason),
            ApprovalGiven(subject=subject, approved=allowed, by=by, paths=paths if allowed else ()),
        ]
        return allowed, said

    def take(self) -> tuple[ApprovalRequested | ApprovalGiven, ...]:
        """Return the questions and answers that are not recorded yet, and forget them."""
        waiting, self._waiting = tuple(self._waiting), []
        return waiting

    def learn(self, events: list[Event]) -> None:
        """Take over recorded answers."""
        for fact in map(decode, events):
            if isinstance(fact, ApprovalGiven) and fact.approved:
                self.paths.update(fact.paths)
