"""A tournament: candidates do the same attempt, each in a worktree of its own; one change is taken, and the log says why."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from codecompanion.agents.artifacts import artifact_key
from codecompanion.agents.candidate import ALONE, Entry, Work, compete
from codecompanion.agents.conflict_resolver import ConflictResolver
from codecompanion.agents.cross_testing import cross_tested
from codecompanion.agents.judging import Judging
from codecompanion.agents.kit import AgentKit
from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.candidates import Rival, Standing, candidate_id, short_name
from codecompanion.domain.choosing import Choice, by_facts, by_length
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.errors import CodeCompanionError, CommandRefused, LimitReached, VersionConflict
from codecompanion.domain.events import (
    ArtifactProduced,
    CandidateLost,
    HandoffMade,
    TournamentDecided,
    TournamentStarted,
    TreeSnapshotted,
    decode,
)
from codecompanion.domain.state import Running, progress_of, tree_label
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import Role
from codecompanion.execution.replay import ReplayDiverged
from codecompanion.execution.toolbox import Toolbox

OF_THE_RUN = (ReplayDiverged, VersionConflict, CommandRefused, LimitReached)
"""Errors that are no candidate's own: they end or pause the run, as anywhere."""


async def hold_tournament(
    tools: Toolbox, kit: AgentKit, state: Running, step: AskAgent, *, models: Sequence[str], work: Work
) -> None:
    """Let candidates compete for an attempt, take one change and hand it over as if one agent had made it.

    Args:
        tools: The run's toolbox.
        kit: What the agents of the run share.
        state: The run before the attempt.
        step: The attempt.
        models: Who answers, one for each candidate.
        work: Lets an agent work.

    Raises what an attempt raises, when no candidate came to an end.
    """
    await _Tournament(tools, kit, state, step, work).hold(models)


@dataclass(frozen=True, slots=True)
class _Tournament:
    tools: Toolbox
    kit: AgentKit
    state: Running
    step: AskAgent
    work: Work

    @property
    def _attempt(self) -> str:
        return f"{self.step.task_id}:{self.step.attempt}"

    async def hold(self, models: Sequence[str]) -> None:
        started = await self._begin(models)
        ended = await self._all(started)
        entries = [one for one in ended if isinstance(one, Entry)]
        resolver = ConflictResolver(self.tools, self.state, started, self.work)
        if not any(one.checks is not None and one.checks.passed for one in entries):
            entries += await resolver.combine(entries)
            ended = [*ended, *entries[len([one for one in ended if isinstance(one, Entry)]) :]]
        failing = await cross_tested(self.tools, self.state, self.step, entries)
        standings = [one.standing(failing.get(one.rival.candidate, ())) if isinstance(one, Entry) else one for one in ended]
        chosen = await self._chosen(standings, entries, resolver)
        if chosen is None:
            return  # a person has to settle it first
        choice, scores = chosen
        standings = [one.model_copy(update={"score": scores.get(one.candidate)}) for one in standings]
        decided = TournamentDecided(
            task_id=self.step.task_id,
            attempt=self.step.attempt,
            winner=choice.left[0].candidate if choice.left else "",
            by=choice.by,
            reason=choice.reason,
            standings=tuple(standings),
        )
        await self.tools.journal.derive(f"decided:{self._attempt}", Record(decided))
        won = next((one for one in entries if one.rival.candidate == decided.winner), None)
        await (self._none(standings) if won is None else self._hand_over(won))

    async def _chosen(
        self, standings: Sequence[Standing], entries: Sequence[Entry], resolver: ConflictResolver
    ) -> tuple[Choice, dict[str, float]] | None:
        """Return who is taken, and the judges' points where they were asked; None when the run waits for a person."""
        choice = by_facts(standings)
        if resolver.is_open:
            taken = await resolver.put_to_person(self.kit, entries)
            wanted = tuple(one for one in standings if taken and one.candidate == taken.rival.candidate)
            return (Choice(wanted, "person", f"{choice.reason}; a person decided"), {}) if wanted else None
        if len(choice.left) < 2:  # noqa: PLR2004 - a choice is between two
            return choice, {}
        judged = await Judging(self.tools, self.kit, self.state, self.step, self.work).choose(choice, entries)
        return None if judged is None else (by_length(judged[0]), judged[1])

    async def _begin(self, models: Sequence[str]) -> TournamentStarted:
        assert self.state.head is not None
        task_id = self.step.task_id
        started = TournamentStarted(
            task_id=task_id,
            attempt=self.step.attempt,
            base=self.state.head,
            candidates=tuple(Rival(candidate=candidate_id(task_id, n), model=model) for n, model in enumerate(models, 1)),
        )
        await self.tools.journal.derive(f"tournament:{self._attempt}", Record(started))
        return started

    async def _all(self, started: TournamentStarted) -> list[Entry | Standing]:
        """Return what each candidate came to, in their order. One that fails loses only itself, unless all do."""
        came_to: dict[str, Entry | Exception] = {}

        async def one(rival: Rival) -> None:
            try:
                came_to[rival.candidate] = await compete(
                    self.tools, self.state, self.step, rival, base=started.base, work=self.work, told=_told(started, rival)
                )
            except Exception as error:  # noqa: BLE001 - it is recorded below, or raised again
                came_to[rival.candidate] = error

        async with anyio.create_task_group() as group:
            for rival in started.candidates:
                if not await self._is_lost(rival):
                    group.start_soon(one, rival)
        _raise_what_is_not_ones_own(came_to.values())
        ends: list[Entry | Standing] = []
        for rival in started.candidates:
            end = came_to.get(rival.candidate)
            ends.append(end if isinstance(end, Entry) else await self._lost(rival, end))
        return ends

    def _lost_key(self, rival: Rival) -> str:
        return f"lost:{rival.candidate}:{self.step.attempt}"

    async def _is_lost(self, rival: Rival) -> bool:
        try:
            await self.tools.journal.recall(self._lost_key(rival))
        except KeyError:
            return False
        return True

    async def _lost(self, rival: Rival, error: Exception | None) -> Standing:
        step = self.step

        async def effect() -> Command:
            what = error.what if isinstance(error, CodeCompanionError) else f"a fault of CodeCompanion: {error!r}"
            reason = self.tools.redact(what)
            return Record(CandidateLost(task_id=step.task_id, attempt=step.attempt, candidate=rival.candidate, reason=reason))

        (event, *_) = await self.tools.journal.once(self._lost_key(rival), effect)
        lost = decode(event)
        assert isinstance(lost, CandidateLost)
        return Standing(candidate=rival.candidate, model=rival.model, fault=lost.reason)

    async def _none(self, standings: Sequence[Standing]) -> None:
        """Send the attempt back: nobody handed anything over."""
        reason = "; ".join(f"{short_name(one.candidate)} ({one.model}): {one.fault}" for one in standings)
        role = Role(progress_of(self.state, self.step.task_id).item.role)
        handoff = HandoffMade(task_id=self.step.task_id, attempt=self.step.attempt, role=role, accepted=False, reason=reason)
        await self.tools.journal.derive(f"handoff:{self._attempt}", Record(handoff), actor=role.value)

    async def _hand_over(self, won: Entry) -> None:
        """Make the winner's change the run's own, as the handoff of the task."""
        kind, journal = ArtifactType.CODE_PATCH, self.tools.journal
        with suppress(KeyError):  # who says that nothing is to be done has none
            events = await journal.recall(artifact_key(won.rival.candidate, self.step.attempt, kind))
            made = next(fact for fact in map(decode, events) if isinstance(fact, ArtifactProduced))
            taken = made.model_copy(update={"task_id": self.step.task_id})
            await journal.derive(artifact_key(self.step.task_id, self.step.attempt, kind), Record(taken))
        handoff = won.handoff.model_copy(update={"task_id": self.step.task_id})
        await journal.derive(f"handoff:{self._attempt}", Record(handoff), actor=handoff.role.value)
        await journal.once(f"tree:{self._attempt}", lambda: self._tree(won))

    async def _tree(self, won: Entry) -> Command:
        """Bring the winner's files into the run's worktree."""
        assert self.state.head is not None
        repo, label, workspace = (
            Path(self.state.request.repo),
            tree_label(self.step.task_id, self.step.attempt),
            self.tools.workspace,
        )
        (event, *_) = await self.tools.journal.recall(f"tree:{won.rival.candidate}:{self.step.attempt}")
        theirs = decode(event)
        assert isinstance(theirs, TreeSnapshotted)
        await workspace.restore(self.tools.run_id, repo, theirs.commit)
        version = int(theirs.ref.rpartition("/")[2])
        tree = await workspace.snapshot(self.tools.run_id, repo, version=version, parent=self.state.head.commit, message=label)
        return Record(TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref))


def _told(started: TournamentStarted, rival: Rival) -> str:
    same = [other for other in started.candidates if other.model == rival.model]
    return ALONE.format(number=same.index(rival) + 1, count=len(same)) if len(same) > 1 else ""


def _raise_what_is_not_ones_own(ends: Iterable[Entry | Exception]) -> None:
    """Raise an error that concerns the whole run, or the first of all when no candidate came to an end."""
    known = list(ends)
    errors = [one for one in known if isinstance(one, Exception)]
    shared = next((one for one in errors if isinstance(one, OF_THE_RUN)), None)
    if shared is not None:
        raise shared
    if errors and len(errors) == len(known):
        raise errors[0]
