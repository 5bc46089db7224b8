"""The rules of tournaments: who competes for an item, and what candidates may record.

A candidate's facts are those of any attempt, under its own id; they do not move the run. Only the decision does, and after it
whatever a candidate still says is refused.
"""

from collections.abc import Iterable

from codecompanion.domain.candidates import Rival, candidate_id
from codecompanion.domain.commands import Finding
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    CandidateJoined,
    CandidateLost,
    ChecksCompleted,
    CrossTested,
    Fact,
    HandoffMade,
    Snapshotted,
    TournamentDecided,
    TournamentStarted,
    TreeSnapshotted,
)
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.state import Contest, Contestant, Running, progress_of
from codecompanion.domain.team import Role

COMPETING = frozenset({Role.CODE_GENERATOR, Role.DEBUGGER, Role.SOLO})
"""Roles whose items several candidates may compete for: those that write the program."""


def entrants(state: Running, entry: ItemProgress, attempt: int) -> tuple[str, ...]:
    """Return the models that compete for an attempt of an item, one for each candidate; () for an ordinary attempt.

    Only the first attempt is a tournament: what checks or a review hold against its winner, one agent mends.
    """
    competes = entry.item.role in COMPETING and attempt == 1
    return state.request.tournament if competes and len(state.request.tournament) > 1 else ()


def contestant(state: Running, candidate: str) -> Contestant | None:
    """Return a candidate of the tournament under way, None when it is none."""
    found = state.contest.candidates if state.contest else ()
    return next((one for one in found if one.candidate == candidate), None)


def is_of_candidate(state: Running, finding: Finding) -> bool:
    """Whether a finding is a candidate's, or about a tournament."""
    match finding:
        case TournamentStarted() | CandidateJoined() | CandidateLost() | CrossTested() | TournamentDecided():
            return True
        case TreeSnapshotted(candidate=candidate):
            return bool(candidate)
        case HandoffMade(task_id=task_id) | ChecksCompleted(task_id=task_id):
            return contestant(state, task_id) is not None
        case _:
            return False


def decide_candidate(state: Running, finding: Finding) -> list[Fact]:
    """Return the facts that follow from a finding of `is_of_candidate`.

    Raises:
        CommandRefused: It comes from no candidate of the tournament under way, or is not about the attempt at work.
    """
    match finding:
        case TournamentStarted():
            return [_begun(state, finding)]
        case CandidateJoined(joined=joined, of=of):
            _joins(state, joined, of)
        case CandidateLost(candidate=candidate) | CrossTested(candidate=candidate) | TreeSnapshotted(candidate=candidate):
            _known(state, candidate)
        case ChecksCompleted(task_id=candidate, tree=tree):
            head = _known(state, candidate).head
            if head is None or head.tree != tree:
                raise CommandRefused("checks of a tree that is not the candidate's current one")
        case TournamentDecided(winner=winner) if winner:
            _known(state, winner)
        case _:
            pass
    return [finding]


def _begun(state: Running, started: TournamentStarted) -> TournamentStarted:
    entry = progress_of(state, started.task_id)
    if entry.status is not TaskStatus.IN_PROGRESS or entry.attempt != started.attempt:
        raise CommandRefused(f"a tournament for attempt {started.attempt} of {started.task_id!r}, which is not at work")
    if state.contest is not None:
        raise CommandRefused(f"a tournament for {started.task_id!r} while one for {state.contest.task_id!r} is under way")
    expected = tuple(candidate_id(started.task_id, number) for number in range(1, len(started.candidates) + 1))
    if tuple(one.candidate for one in started.candidates) != expected:
        raise CommandRefused(f"the candidates of {started.task_id!r} are not named in their order")
    return started


def _joins(state: Running, joined: Rival, of: Iterable[str]) -> None:
    known = [_known(state, candidate) for candidate in of]
    if (
        not known
        or state.contest is None
        or joined.candidate != candidate_id(state.contest.task_id, len(state.contest.candidates) + 1)
    ):
        raise CommandRefused(f"{joined.candidate!r} is not the next candidate of a tournament under way")


def _known(state: Running, candidate: str) -> Contestant:
    found = contestant(state, candidate)
    if found is None:
        raise CommandRefused(f"{candidate!r} is no candidate of a tournament under way")
    return found


def evolve_contest(state: Running, fact: Fact) -> Running:
    """Return the state after a fact of a tournament or of a candidate."""
    match fact:
        case TournamentStarted(task_id=task_id, attempt=attempt, base=base, candidates=rivals):
            candidates = tuple(Contestant(candidate=one.candidate, model=one.model) for one in rivals)
            contest = Contest(task_id=task_id, attempt=attempt, base=base, candidates=candidates)
            return state.model_copy(update={"contest": contest})
        case CandidateJoined(joined=joined) if state.contest is not None:
            one = Contestant(candidate=joined.candidate, model=joined.model)
            contest = state.contest.model_copy(update={"candidates": (*state.contest.candidates, one)})
            return state.model_copy(update={"contest": contest})
        case TreeSnapshotted(candidate=candidate, label=label, tree=tree, commit=commit) if state.contest is not None:
            head = Snapshotted(label=label, tree=tree, commit=commit)
            candidates = tuple(
                one.model_copy(update={"head": head}) if one.candidate == candidate else one for one in state.contest.candidates
            )
            return state.model_copy(update={"contest": state.contest.model_copy(update={"candidates": candidates})})
        case TournamentDecided():
            return state.model_copy(update={"contest": None})
        case _:
            return state
