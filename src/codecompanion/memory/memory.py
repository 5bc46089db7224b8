"""ProjectMemory: what past runs learned about one project, searched, shown, forgotten, and offered to agents."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.domain.terms import terms_in
from codecompanion.memory import reading
from codecompanion.memory.file import Job, MemoryDamaged
from codecompanion.memory.forgotten import forgotten_run
from codecompanion.memory.handles import drawn
from codecompanion.memory.keeping import remove_notes, remove_run
from codecompanion.memory.learning import Learner
from codecompanion.memory.nearness import Nearness
from codecompanion.memory.notes import Note
from codecompanion.memory.ranking import fused
from codecompanion.ports import VectorIndex

MOST_CANDIDATES = 100
"""So many notes of each order are fused, or `k` if that is more."""
COMMANDS_OFFERED = 2
NOTES_OFFERED = 30
_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """The notes that answer a search, the best first.

    `by` says what was compared: "words", and "meaning" where there is an embedder. `missing` says why there was none
    although one is configured, "" otherwise.
    """

    notes: tuple[Note, ...]
    by: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ProjectMemory:
    """The memory of one project.

    `learns` is whether it is brought up to date with the log before it is asked; `meaning` is None without an embedder.
    `shared` is where the vectors of a team may lie, whether they are searched now or not; None where there is no such place.
    All methods raise EnvironmentBroken when the memory cannot be read or written.
    """

    project: str
    learner: Learner
    learns: bool = True
    meaning: Nearness | None = None
    shared: VectorIndex | None = None

    async def learn(self) -> int:
        """Take in what the log has that is not known yet, and return how many items are new."""
        return await self.learner.catch_up() if self.learns else 0

    async def search(self, words: str, k: int = 10) -> Found:
        """Return at most `k` notes that have to do with some words, the best first.

        Raises:
            BadInput: There are no words.
        """
        if not words.strip():
            raise BadInput("no words to search for were given", fix='codecompanion memory search "flaky tests"')
        return await self._up_to_date(lambda: self._search(words, k))

    async def show(self, named: str) -> Note:
        """Return the note that a handle, an id or the beginning of one means.

        Raises:
            BadInput: None, or more than one, fits.
        """

        def job(connection: sqlite3.Connection) -> Note:
            key, _ = reading.key_of(connection, self.project, named)
            return reading.notes(connection, [key])[0]

        return await self._up_to_date(lambda: self.learner.file.run(job))

    async def forget(self, named: str) -> int:
        """Delete a note, so that no run, earlier or later, brings the same text back; return 1.

        Raises:
            BadInput: None, or more than one, fits.
        """

        def which(connection: sqlite3.Connection) -> list[str]:
            return [reading.key_of(connection, self.project, named)[1]]

        def job(connection: sqlite3.Connection) -> int:
            key, note_id = reading.key_of(connection, self.project, named)
            self.learner.forgotten.add([note_id])
            return remove_notes(connection, [key])

        return await self._forget(which, job)

    async def forget_run(self, run_id: str) -> int:
        """Delete what a run taught, for good, and return how many notes are gone; those that other runs taught too stay."""

        def which(connection: sqlite3.Connection) -> list[str]:
            return reading.ids_of_run(connection, run_id)

        def job(connection: sqlite3.Connection) -> int:
            self.learner.forgotten.add([forgotten_run(run_id)])
            return remove_run(connection, run_id)

        return await self._forget(which, job)

    async def forget_all(self) -> int:
        """Delete what all runs so far taught about this project, for good, and return how many notes are gone."""

        def which(connection: sqlite3.Connection) -> list[str]:
            return list(reading.ids_of_project(connection, self.project))

        def job(connection: sqlite3.Connection) -> int:
            runs = reading.runs_of_project(connection, self.project)
            self.learner.forgotten.add(list(map(forgotten_run, runs)))
            return remove_notes(connection, reading.ids_of_project(connection, self.project).values())

        return await self._forget(which, job)

    async def handles(self, objective: str, budget_tokens: int, *, without_run: str = "") -> str:
        """Return the notes that an agent should know for an objective, one line each, "" when there are none.

        The last commands that worked come first, since every task needs them, then what answers the objective.
        `budget_tokens` bounds the whole text, its heading included. What `without_run` taught, the run that asks, it knows.
        """
        if not objective.strip():
            return ""
        found = await self.search(objective, 2 * NOTES_OFFERED)

        def job(connection: sqlite3.Connection) -> list[Note]:
            return reading.notes(connection, reading.newest(connection, self.project, "command", 2 * COMMANDS_OFFERED))

        commands = earlier(await self.learner.file.run(job), without_run)[:COMMANDS_OFFERED]
        known = {note.note_id for note in commands}
        others = [note for note in earlier(found.notes, without_run) if note.note_id not in known]
        return drawn([*commands, *others[:NOTES_OFFERED]], budget_tokens)

    async def _search(self, words: str, k: int) -> Found:
        most = max(k, MOST_CANDIDATES)
        by_meaning, missing = await self._by_meaning(words, most)
        terms = terms_in(words)

        def job(connection: sqlite3.Connection) -> list[Note]:
            rankings = [reading.by_words(connection, self.project, terms, most), by_meaning or []]
            candidates = dict.fromkeys(key for ranking in rankings for key, _ in ranking)
            return _best(connection, rankings, candidates, k)

        notes = await self.learner.file.run(job)
        return Found(tuple(notes), ("words",) if by_meaning is None else ("words", "meaning"), missing)

    async def _by_meaning(self, words: str, most: int) -> tuple[list[tuple[int, float]] | None, str]:
        if self.meaning is None:
            return None, ""
        try:
            await self.meaning.take_in(self.learner.file, self.project)
            return await self.meaning.nearest(self.learner.file, self.project, words, most), ""
        except ModelUnavailable as error:
            return None, f"{error.what}: {error.cause}" if error.cause else error.what

    async def _up_to_date(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Learn, ask, and do both again when the file turns out to be damaged: it can be made again from the log."""
        try:
            await self.learn()
            return await ask()
        except MemoryDamaged as damaged:
            _log.warning("%s (%s): it is learned again from the log", damaged.what, damaged.cause)
            await self.learn()
            return await ask()

    async def _forget(self, which: Job[list[str]], job: Job[int]) -> int:
        """Do a job that removes the notes with the ids that `which` returns, and remove their shared vectors."""

        async def forget() -> int:
            note_ids = await self.learner.file.run(which)
            # First, so that nothing is forgotten by half when it fails; and afterwards what a search has put there in between.
            await self._forget_shared(note_ids)
            gone = await self.learner.file.run(job, writes=True)
            await self._forget_shared(note_ids)
            return gone

        gone = await self._up_to_date(forget)
        await self.learner.file.discard_damaged()
        return gone

    async def _forget_shared(self, note_ids: Sequence[str]) -> None:
        if self.shared is not None:
            await self.shared.forget(note_ids)


def earlier(notes: Iterable[Note], run_id: str) -> list[Note]:
    """Return notes without what a run taught itself; those that others taught too keep the others as their sources."""
    found = ((note, tuple(source for source in note.sources if source.run_id != run_id)) for note in notes)
    return [replace(note, sources=sources) for note, sources in found if sources]


def _best(
    connection: sqlite3.Connection, rankings: Sequence[Sequence[tuple[int, float]]], candidates: Collection[int], k: int
) -> list[Note]:
    last_at = reading.last_at(connection, candidates)
    known = [[(key, value) for key, value in ranking if key in last_at] for ranking in rankings]
    scores = dict(fused(known, last_at)[:k])
    ranked = reading.notes(connection, scores)
    return [replace(note, score=round(score, 6)) for note, score in zip(ranked, scores.values(), strict=True)]
