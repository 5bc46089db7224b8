"""Tournaments, conflicts, judges and reviews."""

from typing import Literal

from pydantic import Field

from codecompanion.domain.candidates import Rival, Standing
from codecompanion.domain.events.fact import Fact
from codecompanion.domain.events.trees import Snapshotted


class TournamentStarted(Fact):
    """Candidates began to compete for an attempt of a task, each in a worktree of its own that begins with the tree `base`.

    What they do is recorded with their ids in the place of the task's.
    """

    task_id: str
    attempt: int
    base: Snapshotted
    candidates: tuple[Rival, ...]


class CandidateLost(Fact):
    """A candidate came to no end, for a reason that the others do not share."""

    task_id: str
    attempt: int
    candidate: str
    reason: str


class CrossTested(Fact):
    """The new tests of one candidate, `tests_of`, were run on another's change; together these are `tree`."""

    task_id: str
    attempt: int
    candidate: str
    tests_of: str
    tree: str
    failing: tuple[str, ...] = ()
    evidence: tuple[str, ...] = Field(min_length=1)


class CandidateJoined(Fact):
    """A change that is put together from those of others, `of`, joined a tournament."""

    task_id: str
    attempt: int
    joined: Rival
    of: tuple[str, ...]


class ConflictFound(Fact):
    """Two changes do not go together as they are. `between` are the ids of the tasks or candidates that made them.

    `kind` is "files" when both changed the same files, "lines" when a three-way merge cannot place both, "contract" when one
    takes away what the other needs; `what` names it then.
    """

    task_id: str
    attempt: int
    kind: Literal["files", "lines", "contract"]
    between: tuple[str, ...]
    paths: tuple[str, ...] = ()
    what: tuple[str, ...] = ()


class ConflictResolved(Fact):
    """What became of a conflict. `by` is what resolved it, "nothing" when it stays; `taken` is whose side was, "" for both."""

    task_id: str
    attempt: int
    between: tuple[str, ...]
    by: Literal["merge", "tests", "model", "person", "nothing"]
    taken: str = ""
    reason: str


class JudgeVoted(Fact):
    """A judge answered a question about an attempt. `judge` is its model; `options` are those that it finds best.

    `scores` are its points of 100 by what was judged; `reason` its words.
    """

    task_id: str
    attempt: int
    judge: str
    options: tuple[str, ...]
    scores: dict[str, float] = Field(default_factory=dict)
    reason: str = ""


class ConsensusReached(Fact):
    """The votes of judges on an attempt were counted. `outcome` is the winning option, "" when they are disputed.

    `question` is what a person is asked then; `weights` are the judges', learned from who was right before.
    """

    task_id: str
    attempt: int
    question: str
    outcome: str
    method: str
    shares: dict[str, float]
    weights: dict[str, float]
    dissent: tuple[str, ...] = ()
    reason: str


class TournamentDecided(Fact):
    """One candidate's change was taken for the task. `winner` is "" when none handed anything over.

    `by` is what decided: checks, same change, cross tests, size, judges, person or order; `reason` says it for people.
    """

    task_id: str
    attempt: int
    winner: str
    by: str
    reason: str
    standings: tuple[Standing, ...]


class ReviewCompleted(Fact):
    """A reviewer judged a change. `reviewed` are the tasks that go back to work when it is not accepted.

    `score` is 0 to 100; `findings` are those of enough confidence, `hidden` counts the others. `concerns` are the findings that
    are held against each of several tasks; when it is empty all are held against each.
    """

    task_id: str
    attempt: int
    reviewed: tuple[str, ...]
    score: int
    accepted: bool
    findings: tuple[str, ...] = ()
    hidden: int = 0
    concerns: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    model: str
