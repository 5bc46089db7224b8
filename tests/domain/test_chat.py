"""The rules of a chat."""

import pytest

from codecompanion.domain.chat import act_key, is_proven, open_turn, undoable, why_unproven
from codecompanion.domain.checks import Counts
from codecompanion.domain.commands import (
    AcceptPlan,
    ApplyPatch,
    ChooseModel,
    Command,
    DeliverBranch,
    Record,
    Say,
    StartRun,
    StartTask,
    StopTurn,
    UndoTurn,
)
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    ApprovalGiven,
    BranchDelivered,
    ChecksCompleted,
    Fact,
    PatchApplied,
    Snapshotted,
    TaskFailed,
    TreeSnapshotted,
    TurnStopped,
    TurnUndone,
)
from codecompanion.domain.ledgers import TaskStatus
from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent, PrepareTree, VerifyTree
from codecompanion.domain.workflow import decide, evolve
from codecompanion.orchestrator.react import react
from histories import ANSWER, BASE, CHAT, MEASURED, PATCH, PATCHED, PLAN, PROFILE, REQUEST, fold, history

KNOWN: tuple[Command, ...] = (StartRun(CHAT), Say("What is this?"), Record(BASE), Record(PROFILE), Record(MEASURED))
ASKED: tuple[Command, ...] = (*KNOWN, StartTask("turn-1", "openai:a", 1), Record(ANSWER))
CHECKS = ChecksCompleted(task_id="turn-2", attempt=1, tree=PATCHED.tree, counts=Counts(passed=4), passed=True, evidence=("e2",))
CHANGED: tuple[Command, ...] = (
    *ASKED,
    Say("Mend it."),
    StartTask("turn-2", "openai:a", 1),
    Record(PATCHED),
    Record(ANSWER.model_copy(update={"turn": 2})),
)
PROVEN: tuple[Command, ...] = (*CHANGED, Record(CHECKS))
BRANCH = BranchDelivered(branch="codecompanion/r", commit="e" * 40, tree=PATCHED.tree)
APPLIED = PatchApplied(paths=("shop.py",))


def after(*commands: Command) -> Running:
    state = fold(history(commands))
    assert isinstance(state, Running)
    return state


def kinds(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


def test_a_chat_waits_for_the_person_before_the_first_word_and_after_each_answer() -> None:
    assert react(after(StartRun(CHAT))) is None
    assert react(after(*KNOWN[:2])) == PrepareTree()
    assert react(after(*KNOWN)) == AskAgent("turn-1", 1)
    assert react(after(*ASKED)) is None


def test_an_answer_without_a_change_ends_the_turn_and_one_with_a_change_is_checked_first() -> None:
    assert kinds(decide(after(*ASKED[:-1]), Record(ANSWER))) == ["AgentSaid", "TaskCompleted"]
    assert react(after(*CHANGED)) == VerifyTree("turn-2", 1)
    assert react(after(*PROVEN)) is None


def test_what_a_turn_broke_is_the_end_of_the_turn_and_the_person_says_what_comes_next() -> None:
    broken = CHECKS.model_copy(update={"passed": False, "broken": ("tests/test_shop.py::test_sale",)})
    failed = TaskFailed(task_id="turn-2", attempt=1, reason="1 test broken, 0 still failing", final=True)
    assert decide(after(*CHANGED), Record(broken)) == [broken, failed]
    assert react(after(*CHANGED, Record(broken))) is None


def test_a_turn_that_began_before_there_were_files_begins_with_the_first() -> None:
    first = Snapshotted(label=BASE.label, tree=BASE.tree, commit=BASE.commit)
    assert [turn.before for turn in after(*KNOWN[:2]).turns] == [None]
    assert [turn.before for turn in after(*CHANGED).turns] == [first, first]


def test_nothing_else_is_said_while_a_turn_is_under_way() -> None:
    with pytest.raises(CommandRefused, match="not come to its end"):
        decide(after(*KNOWN), Say("And this?"))
    with pytest.raises(CommandRefused, match="no chat"):
        decide(after(StartRun(REQUEST)), Say("Hello"))
    with pytest.raises(CommandRefused, match=r"^a plan for a chat: its tasks are what the person says$"):
        decide(after(*ASKED), AcceptPlan(PLAN))
    with pytest.raises(CommandRefused, match="not under way"):
        decide(after(*KNOWN), Record(ANSWER.model_copy(update={"turn": 2})))


def test_a_stopped_turn_keeps_its_changes_and_lets_the_person_go_on() -> None:
    stopped = after(*CHANGED[:-1], StopTurn("enough"))
    assert open_turn(stopped) is None
    assert stopped.head is not None
    assert stopped.head.tree == PATCHED.tree
    assert "not been run" in why_unproven(stopped)
    assert decide(stopped, StopTurn("again")) == []
    assert kinds(decide(stopped, Say("Go on"))) == ["UserSaid"]


def test_undo_goes_back_to_before_the_last_turn_that_changed_files() -> None:
    changed = after(*PROVEN, Say("Thanks"), Record(ANSWER.model_copy(update={"turn": 3})))
    found = undoable(changed)
    assert found is not None
    assert (found[0], found[1].tree) == (2, BASE.tree)
    undone = after(*PROVEN, UndoTurn(None))
    assert undone.head is not None
    assert undone.head.tree == BASE.tree
    assert undoable(undone) is None
    with pytest.raises(CommandRefused, match="nothing to undo"):
        decide(undone, UndoTurn(PATCH))


def test_a_tree_that_was_proven_stays_proven_when_an_undo_comes_back_to_it() -> None:
    other = TreeSnapshotted(label="x", tree="7" * 40, commit="8" * 40, ref="refs/codecompanion/r/2")
    again = after(*PROVEN, Say("More"), Record(other), StopTurn("enough"))
    assert not is_proven(again)
    assert is_proven(after(*PROVEN, Say("More"), Record(other), StopTurn("enough"), UndoTurn(None)))


def test_only_a_proven_change_is_delivered() -> None:
    refuted = CHECKS.model_copy(update={"passed": False, "broken": ("tests/test_shop.py::test_other",)})
    with pytest.raises(CommandRefused, match="1 test broken"):
        decide(after(*CHANGED, Record(refuted)), DeliverBranch(BRANCH))
    with pytest.raises(CommandRefused, match=r"^the delivered tree is not the one that passed its checks$"):
        decide(after(*PROVEN), DeliverBranch(BRANCH.model_copy(update={"tree": BASE.tree})))
    assert kinds(decide(after(*PROVEN), DeliverBranch(BRANCH))) == ["BranchDelivered"]
    assert decide(after(*PROVEN, DeliverBranch(BRANCH)), DeliverBranch(BRANCH)) == []


def test_an_unproven_change_is_applied_only_by_the_persons_word_which_is_recorded() -> None:
    stopped = after(*CHANGED[:-1], StopTurn("enough"))
    with pytest.raises(CommandRefused, match="not been run"):
        decide(stopped, ApplyPatch(APPLIED))
    word = ApprovalGiven(subject="bring a change into the files that no passing check proves", approved=True, by="user")
    assert decide(stopped, ApplyPatch(APPLIED, anyway=True)) == [word, APPLIED]
    assert kinds(decide(after(*PROVEN), ApplyPatch(APPLIED))) == ["PatchApplied"]
    taken = after(*PROVEN, ApplyPatch(APPLIED)).taken
    assert taken is not None
    assert taken.tree == PATCHED.tree


def test_another_model_answers_from_the_next_turn_on() -> None:
    assert after(*ASKED, ChooseModel("openai:b")).request.model == "openai:b"
    assert decide(after(*ASKED), ChooseModel("openai:a")) == []


def test_each_thing_that_the_person_does_has_a_key_of_its_own() -> None:
    deeds: tuple[Command, ...] = (ApplyPatch(APPLIED), DeliverBranch(BRANCH), ChooseModel("openai:b"), UndoTurn(None))
    keys = [act_key(after(*PROVEN, *deeds[:count])) for count in range(len(deeds) + 1)]
    assert len(set(keys)) == len(keys)
    assert (act_key(after(StartRun(CHAT))), act_key(after(StartRun(CHAT), Say("x")))) == ("chat:1", "chat:2")


BROKEN = CHECKS.model_copy(update={"passed": False, "broken": ("tests/test_shop.py::test_sale",)})


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((StartRun(CHAT),), "the tests have not been run on these files to their end"),
        (ASKED, ""),
        (CHANGED, "the tests have not been run on these files to their end"),
        (PROVEN, ""),
        ((*CHANGED, Record(BROKEN)), "the tests do not pass on these files: 1 test broken, 0 still failing"),
        ((*CHANGED, Record(BROKEN), Say("Why?")), "the tests do not pass on these files: see the last turn"),
        ((*CHANGED, Record(BROKEN), UndoTurn(None)), ""),
    ],
    ids=["no files yet", "the base", "not checked", "proven", "broken", "another turn since", "taken back"],
)
def test_what_proves_the_files_or_why_nothing_does(asked: tuple[Command, ...], why: str) -> None:
    assert why_unproven(after(*asked)) == why
    assert is_proven(after(*asked)) is not bool(why)


def test_the_first_turn_can_be_undone_too() -> None:
    changed = after(*KNOWN, StartTask("turn-1", "openai:a", 1), Record(PATCHED), StopTurn("enough"))
    first = Snapshotted(label=BASE.label, tree=BASE.tree, commit=BASE.commit)
    assert undoable(changed) == (1, first)


def test_an_answer_before_there_are_files_or_on_files_that_were_checked_ends_its_turn() -> None:
    assert kinds(decide(after(*KNOWN[:2]), Record(ANSWER))) == ["AgentSaid", "TaskCompleted"]
    again = (UndoTurn(None), Say("As before, please."), StartTask("turn-3", "openai:a", 1), Record(PATCHED))
    answer = Record(ANSWER.model_copy(update={"turn": 3}))
    assert kinds(decide(after(*CHANGED, Record(BROKEN), *again), answer)) == ["AgentSaid", "TaskCompleted"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("  Mend it.\nThen tell me. ", "Mend it."),
        ("x" * 72, "x" * 72),
        ("x" * 73, "x" * 69 + "..."),
    ],
    ids=["nothing", "lines", "72 characters", "73 characters"],
)
def test_a_turn_is_called_by_its_first_line(text: str, title: str) -> None:
    under_way = open_turn(after(StartRun(CHAT), Say(text)))
    assert under_way is not None
    assert under_way.item.title == title


FIRST_TREE = Snapshotted(label=BASE.label, tree=BASE.tree, commit=BASE.commit)


def test_a_stopped_turn_says_why_and_leaves_those_before_it() -> None:
    before, stopped = after(*CHANGED[:-1]), after(*CHANGED[:-1], StopTurn("enough"))
    assert stopped.progress.items[:-1] == before.progress.items[:-1]
    last = stopped.progress.items[-1]
    assert (last.item.item_id, last.status, last.reason) == ("turn-2", TaskStatus.CANCELLED, "enough")
    assert [turn.stopped for turn in stopped.turns] == ["", "enough"]
    third = after(*PROVEN, Say("And?"), StopTurn("never mind"))
    assert [entry.status for entry in third.progress.items] == [*[TaskStatus.COMPLETED] * 2, TaskStatus.CANCELLED]


def test_an_undone_turn_is_marked_and_what_was_said_since_begins_with_the_files_before_it() -> None:
    thanked = (*PROVEN, Say("Thanks"), Record(ANSWER.model_copy(update={"turn": 3})))
    undone = after(*thanked, UndoTurn(None))
    assert [(turn.before, turn.undone) for turn in undone.turns] == [
        (FIRST_TREE, False),
        (FIRST_TREE, False),
        (FIRST_TREE, True),
    ]
    took_back = TurnUndone(turn=2, tree=FIRST_TREE)
    assert decide(after(*thanked), UndoTurn(None)) == [took_back]
    assert decide(after(*thanked), UndoTurn(PATCH)) == [took_back, PATCH]


def test_what_a_chat_applied_is_remembered() -> None:
    assert after(*PROVEN, ApplyPatch(APPLIED)).applied == ("shop.py",)


def test_who_speaks_too_early_is_told_to_wait_and_an_ordinary_run_has_no_chat() -> None:
    with pytest.raises(CommandRefused, match=r"^the last turn has not come to its end$") as refused:
        decide(after(*KNOWN), Say("And this?"))
    assert refused.value.fix == "wait for it, or stop it"
    with pytest.raises(CommandRefused, match=r"^Say in a run that is no chat$"):
        decide(after(StartRun(REQUEST)), Say("Hello"))
    with pytest.raises(CommandRefused, match=r"^no turn changed a file: there is nothing to undo$"):
        decide(after(*ASKED), UndoTurn(None))
    with pytest.raises(CommandRefused, match="an answer to turn 1, which is not under way"):
        decide(after(*ASKED), Record(ANSWER))
    with pytest.raises(CommandRefused, match="an answer to turn 0, which is not under way"):
        decide(after(StartRun(REQUEST)), Record(ANSWER.model_copy(update={"turn": 0})))


def test_facts_of_a_turn_that_was_never_begun_change_nothing() -> None:
    state = after(StartRun(CHAT))
    for fact in (ANSWER, TurnStopped(turn=1, reason="x"), TurnUndone(turn=1, tree=FIRST_TREE)):
        assert evolve(state, fact) == state
