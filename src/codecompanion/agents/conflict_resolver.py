"""The ConflictResolver: puts two changes together that do not do by themselves, and settles where they do not go together.

A real three-way merge places both. Where both changed the same lines, both ways to have it are made, and the project's tests
say which one holds; when neither does, a model is asked to write it as both would want it. Each conflict, and what became of
it, is a fact. What is put together competes like any candidate, under an id of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from codecompanion.agents.candidate import Entry, Work, as_seen_by, bring, compete, lines_of, patch_of
from codecompanion.agents.candidate_journal import CandidateJournal
from codecompanion.agents.handing_over import keep_patch
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.outputs import Finish
from codecompanion.agents.panels import Panel
from codecompanion.agents.verifying import verify_change
from codecompanion.domain.candidates import Rival, candidate_id, place_of, short_name
from codecompanion.domain.commands import Command, Record, RecordAll
from codecompanion.domain.contracts import contradictions
from codecompanion.domain.counting import counted
from codecompanion.domain.events import (
    CandidateJoined,
    ConflictFound,
    ConflictResolved,
    HandoffMade,
    Snapshotted,
    TournamentStarted,
    TreeSnapshotted,
    decode,
)
from codecompanion.domain.state import Running, tree_label
from codecompanion.domain.steps import AskAgent, VerifyTree
from codecompanion.domain.team import AUTO
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import Side

SETTLE_IT = """Another agent made this change to the same files, and neither change by itself passes the checks. The worktree \
holds the first one. Bring in what is right in the second, so that the checks pass:

```diff
{diff}
```"""
LONGEST_DIFF = 20_000

By = Literal["merge", "tests", "model", "person", "nothing"]


def against(entry: Entry) -> tuple[int, int, int]:
    """Return how much the checks hold against a candidate, for comparing; then how long its change is."""
    assert entry.checks is not None
    return len(entry.checks.integrity), len(entry.checks.broken) + len(entry.checks.still_failing), entry.lines


class ConflictResolver:
    """Puts changes of candidates together, for one attempt of a task.

    Args:
        tools: The run's toolbox.
        state: The run before the attempt.
        started: The tournament.
        work: Lets an agent work.
    """

    def __init__(self, tools: Toolbox, state: Running, started: TournamentStarted, work: Work) -> None:
        self._tools = tools
        self._state = state
        self._started = started
        self._work = work
        self._joined = 0
        self._clash: tuple[Entry, Entry] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a conflict stays which a person is to settle."""
        return self._clash is not None

    async def combine(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return what came of putting together the two changes against which least is held; nothing when there are no two."""
        made = sorted((one for one in entries if one.checks is not None), key=against)
        first = made[0] if made else None
        second = next((one for one in made[1:] if first and _head(one).tree != _head(first).tree), None)
        if first is None or second is None:
            return []
        if await self._goes_together(first, second):
            merged = await self._merged(self._next(first, second), first, second, None)
            await self._resolved_by_merge(first, second, merged)
            return [merged]
        sides: list[Entry] = []
        for side in ("onto", "change"):
            rival = await self._join(first, second)
            sides.append(await self._merged(rival, first, second, side))
        return [*sides, *await self._settled(first, second, sides)]

    async def _goes_together(self, first: Entry, second: Entry) -> bool:
        """Return whether git can merge two changes; then their merge joins. What stands against it is recorded."""
        ours, theirs, base = _head(first), _head(second), self._started.base
        repo, workspace = Path(self._state.request.repo), self._tools.workspace
        rival = self._next(first, second)

        async def effect() -> Command:
            found: list[ConflictFound] = []
            texts = [await workspace.changed_texts(repo, base.commit, head.commit) for head in (ours, theirs)]
            if names := contradictions(*texts):
                found.append(self._found(first, second, "contract", what=names))
            ours_changed, theirs_changed = ({*old, *new} for old, new in texts)
            both = tuple(sorted(ours_changed & theirs_changed))
            place = place_of(self._tools.run_id, rival.candidate)
            merged = await workspace.merge(
                place, repo, before=base.commit, after=theirs.commit, onto=ours.commit, version=_version(self._started)
            )
            if merged.tree is None:
                return RecordAll((*found, self._found(first, second, "lines", paths=merged.conflicts)))
            if both:
                found.append(self._found(first, second, "files", paths=both))
            return RecordAll((*found, self._joined_by(rival, first, second)))

        events = await self._tools.journal.once(f"merge:{self._attempt}", effect)
        return any(isinstance(fact, CandidateJoined) for fact in map(decode, events))

    async def put_to_person(self, kit: AgentKit, entries: Sequence[Entry]) -> Entry | None:
        """Return the change that a person wants mended where a conflict is open; None when the run waits for the answer."""
        assert self._clash is not None
        made = sorted((one for one in entries if one.checks is not None), key=against)
        names = [short_name(one.rival.candidate) for one in made]
        question = f"which change is mended for {self._started.task_id}: {' or '.join(names)}"
        panel = Panel(self._tools, kit, self._state, self._step, question=question, options=names)
        told = ", ".join(f"{name}: {counted(sum(against(one)[:2]), 'fault')}" for name, one in zip(names, made, strict=True))
        chosen = await panel.ask(f"no candidate passes the checks, and two of them change the same lines ({told})")
        if chosen is None:
            return None
        taken = made[names.index(chosen)]
        await self._resolved(*self._clash, "person", taken.rival.candidate, f"a person decided for {chosen}")
        return taken

    def _found(
        self,
        first: Entry,
        second: Entry,
        kind: Literal["files", "lines", "contract"],
        *,
        paths: tuple[str, ...] = (),
        what: tuple[str, ...] = (),
    ) -> ConflictFound:
        between = (first.rival.candidate, second.rival.candidate)
        task_id, attempt = self._started.task_id, self._started.attempt
        return ConflictFound(task_id=task_id, attempt=attempt, kind=kind, between=between, paths=paths, what=what)

    async def _resolved_by_merge(self, first: Entry, second: Entry, merged: Entry) -> None:
        events = await self._tools.journal.recall(f"merge:{self._attempt}")
        if any(isinstance(fact, ConflictFound) for fact in map(decode, events)):
            passed = merged.checks is not None and merged.checks.passed
            reason = f"git merges both changes, and the checks {'pass' if passed else 'do not pass'} with both"
            await self._resolved(first, second, "merge" if passed else "nothing", "", reason)

    async def _settled(self, first: Entry, second: Entry, sides: Sequence[Entry]) -> list[Entry]:
        passing = [one for one in sides if one.checks is not None and one.checks.passed]
        if passing:
            whose = [(first, second)[sides.index(one)] for one in passing]
            names = " and ".join(short_name(one.rival.candidate) for one in whose)
            reason = f"the checks pass with the lines of {names} where both changed the same"
            await self._resolved(first, second, "tests", whose[0].rival.candidate, reason)
            return []
        written = await self._written(first, second)
        passed = written.checks is not None and written.checks.passed
        if not passed and self._state.request.settle == "person":
            self._clash = first, second
            return [written]
        reason = (
            f"the checks pass with neither side; {written.rival.model} wrote it anew, and they {'pass' if passed else 'do not'}"
        )
        await self._resolved(first, second, "model" if passed else "nothing", "", reason)
        return [written]

    async def _resolved(self, first: Entry, second: Entry, by: By, taken: str, reason: str) -> None:
        resolved = ConflictResolved(
            task_id=self._started.task_id,
            attempt=self._started.attempt,
            between=(first.rival.candidate, second.rival.candidate),
            by=by,
            taken=taken,
            reason=reason,
        )
        await self._tools.journal.derive(f"resolved:{self._attempt}", Record(resolved))

    @property
    def _attempt(self) -> str:
        return f"{self._started.task_id}:{self._started.attempt}"

    def _next(self, first: Entry, second: Entry) -> Rival:
        """Return the candidate that joins next."""
        number = len(self._started.candidates) + self._joined + 1
        names = " + ".join(short_name(one.rival.candidate) for one in (first, second))
        return Rival(candidate=candidate_id(self._started.task_id, number), model=names)

    def _joined_by(self, rival: Rival, first: Entry, second: Entry) -> CandidateJoined:
        of = (first.rival.candidate, second.rival.candidate)
        return CandidateJoined(task_id=self._started.task_id, attempt=self._started.attempt, joined=rival, of=of)

    async def _join(self, first: Entry, second: Entry, model: str = "") -> Rival:
        rival = self._next(first, second)
        rival = rival.model_copy(update={"model": model}) if model else rival
        self._joined += 1
        joined = Record(self._joined_by(rival, first, second))
        await self._tools.journal.derive(f"joined:{rival.candidate}:{self._started.attempt}", joined)
        return rival

    async def _merged(self, rival: Rival, first: Entry, second: Entry, keep: Side | None) -> Entry:
        """Return the merge of two changes as a candidate, measured; `keep` is whose lines stay where both changed the same."""
        place = place_of(self._tools.run_id, rival.candidate)
        own = replace(self._tools, run_id=place, journal=CandidateJournal(self._tools.journal, rival.candidate))
        seen = as_seen_by(self._state, self._step, rival)
        label, attempt = tree_label(rival.candidate, self._started.attempt), self._started.attempt
        repo, base = Path(self._state.request.repo), self._started.base

        async def effect() -> Command:
            merged = await own.workspace.merge(
                place,
                repo,
                before=base.commit,
                after=_head(second).commit,
                onto=_head(first).commit,
                version=_version(self._started),
                keep=keep,
            )
            await bring(own, self._state)
            assert merged.tree is not None
            tree = merged.tree
            return Record(TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref))

        events = await own.journal.once(f"tree:{rival.candidate}:{attempt}", effect)
        tree = next(fact for fact in map(decode, events) if isinstance(fact, TreeSnapshotted))
        after = seen.model_copy(update={"head": Snapshotted(label=label, tree=tree.tree, commit=tree.commit)})
        handoff = await self._handed_over(own, after, rival, first, second)
        checks = await verify_change(own, after, VerifyTree(rival.candidate, attempt))
        return Entry(rival, own, after, handoff, checks, await lines_of(own, rival.candidate, attempt))

    async def _handed_over(self, own: Toolbox, after: Running, rival: Rival, first: Entry, second: Entry) -> HandoffMade:
        said = "\n\n".join(one.handoff.summary for one in (first, second) if one.handoff.summary)
        mine = AskAgent(rival.candidate, self._started.attempt)
        _, sha256 = await keep_patch(own, after, mine, Finish(summary=said), _head_of(after))
        handoff = HandoffMade(
            task_id=rival.candidate,
            attempt=mine.attempt,
            role=first.handoff.role,
            artifacts=(sha256,),
            summary=said,
            accepted=True,
        )
        await own.journal.derive(f"handoff:{rival.candidate}:{mine.attempt}", Record(handoff))
        return handoff

    async def _written(self, first: Entry, second: Entry) -> Entry:
        """Let a model bring the second change into the first."""
        patch = await patch_of(second.tools, second.rival.candidate, self._started.attempt)
        asked = self._state.request.reviewer or self._state.request.model
        model = first.rival.model if asked == AUTO else asked
        rival = await self._join(first, second, model)
        told = SETTLE_IT.format(diff=patch.diff_unified[:LONGEST_DIFF] if patch else "")
        return await compete(self._tools, self._state, self._step, rival, base=_head(first), work=self._work, told=told)

    @property
    def _step(self) -> AskAgent:
        return AskAgent(self._started.task_id, self._started.attempt)


def _head(entry: Entry) -> Snapshotted:
    return _head_of(entry.state)


def _head_of(state: Running) -> Snapshotted:
    assert state.head is not None
    return state.head


def _version(started: TournamentStarted) -> int:
    """Return the version of the one tree of a merge; it has a worktree, and so refs, of its own."""
    return int(started.attempt)
