"""Prompts of runs that a person carries to a web chat: a server shows them, and takes the answers.

Nothing of this is kept: a run that goes on later, or at another server, asks for its answer again.
"""

from dataclasses import dataclass, field

import anyio

from codecompanion.domain.errors import CommandRefused
from codecompanion.execution.nobody import Nobody
from codecompanion.ports import Clock, Person

COPY_PASTE = "copy-paste"


@dataclass(frozen=True, slots=True)
class Errand:
    """A prompt that waits for its answer. `since` is when it was shown first (UTC, RFC 3339)."""

    errand_id: str
    run_id: str
    prompt: str
    since: str


@dataclass(slots=True)
class _Open:
    errand: Errand
    answered: anyio.Event = field(default_factory=anyio.Event)
    text: str = ""


class Errands:
    """The errands of all runs that a server works on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Open] = {}

    def all(self) -> list[Errand]:
        """Return what waits for an answer, the oldest first."""
        return [one.errand for one in self._open.values() if not one.answered.is_set()]

    def person(self, run_id: str) -> Person:
        """Return the person who carries the prompts of a run; questions nobody answers."""
        return _Carrier(self, run_id)

    def find(self, errand_id: str) -> Errand:
        """Return what waits for an answer.

        Raises:
            CommandRefused: It was answered already, or its run asks for something else by now.
        """
        found = self._open.get(errand_id)
        if found is None or found.answered.is_set():
            raise CommandRefused("nothing waits for this answer any more", fix="look again at what the run asks for now")
        return found.errand

    def answer(self, errand_id: str, text: str) -> None:
        """Give a run the answer that it waits for. Raises as `find`."""
        self.find(errand_id)
        found = self._open[errand_id]
        found.text = text
        found.answered.set()

    async def carry(self, run_id: str, prompt: str) -> str:
        """Show a prompt and return its answer when it comes."""
        since = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        waiting = _Open(Errand(self._clock.new_id(), run_id, prompt, since))
        self._open[waiting.errand.errand_id] = waiting
        try:
            await waiting.answered.wait()
            return waiting.text
        finally:
            del self._open[waiting.errand.errand_id]


class _Carrier(Nobody):
    """Whoever looks at the pages. See `ports.Person`."""

    def __init__(self, errands: Errands, run_id: str) -> None:
        self._errands = errands
        self._run_id = run_id

    async def carry(self, prompt: str) -> str:
        """Show a prompt where people look, and return the answer that is pasted back."""
        return await self._errands.carry(self._run_id, prompt)
