"""Who competes for a task, and what candidates may record: nothing of theirs moves the run, but the decision does."""

from functools import reduce

import pytest

from codecompanion.domain.candidates import Rival
from codecompanion.domain.commands import Command, Finding, Record, StartTask
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    CandidateJoined,
    CandidateLost,
    CrossTested,
    HandoffMade,
    Snapshotted,
    TournamentDecided,
    TournamentStarted,
)
from codecompanion.domain.ledgers import ItemProgress, TaskStatus, WorkItem
from codecompanion.domain.state import Contest, Contestant, Running, progress_of
from codecompanion.domain.team import Role
from codecompanion.domain.tournament import entrants
from codecompanion.domain.workflow import decide, evolve
from histories import CHECKED, PATCHED, REQUEST, STRAIGHT, fold, history

WORKING = (*STRAIGHT[:7], StartTask("repair", "agent", 1))
TREE = Snapshotted(label="base", tree="a" * 40, commit="c" * 40)
RIVALS = (Rival(candidate="repair.c1", model="a"), Rival(candidate="repair.c2", model="b"))
BEGAN = TournamentStarted(task_id="repair", attempt=1, base=TREE, candidates=RIVALS)
THEIRS = PATCHED.model_copy(update={"candidate": "repair.c2"})
MADE = Snapshotted(label=THEIRS.label, tree=THEIRS.tree, commit=THEIRS.commit)
CHECKS = CHECKED.model_copy(update={"task_id": "repair.c2"})
HANDED = HandoffMade(task_id="repair.c2", attempt=1, role=Role.CODE_GENERATOR, accepted=False, reason="nothing was changed")
LOST = CandidateLost(task_id="repair", attempt=1, candidate="repair.c1", reason="the model is gone")
CROSSED = CrossTested(task_id="repair", attempt=1, candidate="repair.c1", tests_of="repair.c2", tree="b" * 40, evidence=("e1",))
THIRD = Rival(candidate="repair.c3", model="a")
JOINED = CandidateJoined(task_id="repair", attempt=1, joined=THIRD, of=("repair.c1", "repair.c2"))
DECIDED = TournamentDecided(task_id="repair", attempt=1, winner="repair.c2", by="checks", reason="it passes", standings=())
NOBODY = DECIDED.model_copy(update={"winner": "", "by": "order"})
AT_IT = (*WORKING, Record(BEGAN))


def running(*commands: Command) -> Running:
    state = fold(history(commands))
    assert isinstance(state, Running)
    return state


@pytest.mark.parametrize(
    ("role", "attempt", "models", "expected"),
    [
        (Role.CODE_GENERATOR, 1, ("a", "b"), ("a", "b")),
        (Role.DEBUGGER, 1, ("a", "a", "a"), ("a", "a", "a")),
        (Role.CODE_GENERATOR, 2, ("a", "b"), ()),
        (Role.CODE_GENERATOR, 1, ("a",), ()),
        (Role.TEST_WRITER, 1, ("a", "b"), ()),
    ],
    ids=["writers", "one model with itself", "a second attempt", "nobody to beat", "who writes no program"],
)
def test_writers_of_the_program_compete_at_the_first_attempt(
    role: Role, attempt: int, models: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    state = Running(request=REQUEST.model_copy(update={"tournament": models}))
    assert entrants(state, ItemProgress(item=WorkItem(item_id="x", title="x", role=role)), attempt) == expected


def test_a_tournament_begins_for_the_attempt_at_work() -> None:
    assert decide(running(*WORKING), Record(BEGAN)) == [BEGAN]
    candidates = (Contestant(candidate="repair.c1", model="a"), Contestant(candidate="repair.c2", model="b"))
    assert running(*AT_IT).contest == Contest(task_id="repair", attempt=1, base=TREE, candidates=candidates)


@pytest.mark.parametrize("finding", [THEIRS, LOST, CROSSED, JOINED, HANDED, NOBODY], ids=lambda one: type(one).__name__)
def test_what_a_candidate_does_is_recorded_and_does_not_move_the_run(finding: Finding) -> None:
    before, after = running(*AT_IT), running(*AT_IT, Record(finding))
    assert decide(before, Record(finding)) == [finding]
    assert after.model_copy(update={"contest": before.contest}) == before


def test_checks_of_a_candidate_are_of_its_own_tree_and_prove_nothing_of_the_run() -> None:
    state = running(*AT_IT, Record(THEIRS))
    assert state.contest is not None
    assert [one.head for one in state.contest.candidates] == [None, MADE]
    assert decide(state, Record(CHECKS)) == [CHECKS]
    checked = evolve(state, CHECKS)
    assert checked == state
    assert progress_of(state, "repair").status is TaskStatus.IN_PROGRESS


def test_a_change_put_together_from_others_joins_them() -> None:
    state = running(*AT_IT, Record(THEIRS), Record(JOINED))
    assert state.contest is not None
    assert [(one.candidate, one.model) for one in state.contest.candidates] == [
        ("repair.c1", "a"),
        ("repair.c2", "b"),
        ("repair.c3", "a"),
    ]
    assert state.contest.candidates[1].head == MADE


@pytest.mark.parametrize("decided", [DECIDED, NOBODY], ids=["a winner", "nobody"])
def test_the_decision_is_the_end_of_the_tournament(decided: TournamentDecided) -> None:
    assert decide(running(*AT_IT), Record(decided)) == [decided]
    assert running(*AT_IT, Record(decided)).contest is None


@pytest.mark.parametrize(
    ("asked", "finding", "words"),
    [
        (STRAIGHT[:7], BEGAN, "a tournament for attempt 1 of 'repair', which is not at work"),
        (
            WORKING,
            BEGAN.model_copy(update={"attempt": 2}),
            "a tournament for attempt 2 of 'repair', which is not at work",
        ),
        (AT_IT, BEGAN, "a tournament for 'repair' while one for 'repair' is under way"),
        (
            WORKING,
            BEGAN.model_copy(update={"candidates": RIVALS[::-1]}),
            "the candidates of 'repair' are not named in their order",
        ),
        (WORKING, THEIRS, "'repair.c2' is no candidate of a tournament under way"),
        (AT_IT, THEIRS.model_copy(update={"candidate": "repair.c3"}), "'repair.c3' is no candidate"),
        (WORKING, LOST, "'repair.c1' is no candidate"),
        (WORKING, CROSSED, "'repair.c1' is no candidate"),
        (WORKING, DECIDED, "'repair.c2' is no candidate"),
        (AT_IT, CHECKS, "^checks of a tree that is not the candidate's current one$"),
        (
            (*AT_IT, Record(THEIRS)),
            CHECKS.model_copy(update={"tree": "f" * 40}),
            "^checks of a tree that is not the candidate's current one$",
        ),
        (AT_IT, JOINED.model_copy(update={"of": ()}), "'repair.c3' is not the next candidate"),
        (AT_IT, JOINED.model_copy(update={"of": ("repair.c1", "repair.c4")}), "'repair.c4' is no candidate"),
        (
            AT_IT,
            JOINED.model_copy(update={"joined": Rival(candidate="repair.c4", model="a")}),
            "'repair.c4' is not the next candidate of a tournament under way",
        ),
        ((*AT_IT, Record(DECIDED)), THEIRS, "'repair.c2' is no candidate"),
        ((*AT_IT, Record(DECIDED)), CHECKS, "no task 'repair.c2'"),
    ],
)
def test_what_does_not_belong_to_a_tournament_under_way_is_refused(
    asked: tuple[Command, ...], finding: Finding, words: str
) -> None:
    with pytest.raises(CommandRefused, match=words):
        decide(running(*asked), Record(finding))


def test_facts_of_a_tournament_that_is_over_change_nothing() -> None:
    state = running(*WORKING)
    assert reduce(evolve, [JOINED, THEIRS, LOST, CROSSED], state) == state
