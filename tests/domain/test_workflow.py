from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.commands import (
    AcceptPlan,
    ApplyPatch,
    CancelRun,
    Command,
    CompleteRun,
    DeliverBranch,
    FailRun,
    Finding,
    ForkRun,
    PauseRun,
    Record,
    RecordAll,
    ResumeRun,
    StartRun,
    StartTask,
    UndoPatch,
)
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    BaseMeasured,
    BranchDelivered,
    ChecksCompleted,
    Fact,
    PatchUndone,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunResumed,
    Snapshotted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TeamCalled,
    UnknownFact,
)
from codecompanion.domain.state import STATE, Ended, Running
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.workflow import INITIAL, decide, evolve
from histories import (
    APPLIED,
    BASE,
    CHECKED,
    COMMANDS,
    DELIVERED,
    EXECUTED,
    FAILURE,
    INSPECTED,
    MEASURED,
    PATCHED,
    PLAN,
    REFUTED,
    REQUEST,
    REVALIDATED,
    SEARCHED,
    STRAIGHT,
    USERS_FILES,
    commands,
    fold,
    history,
)

STARTED, READY, WORKING, PATCHED_TREE, PROVEN = STRAIGHT[:1], STRAIGHT[:7], STRAIGHT[:9], STRAIGHT[:10], STRAIGHT[:12]
CALLED = TeamCalled(reason="it found nothing", tree=Snapshotted(label="base", tree="a" * 40, commit="c" * 40))
UNDO = UndoPatch(PatchUndone(paths=("shop.py",)))


@pytest.mark.parametrize(
    ("given_commands", "command", "expected"),
    [
        pytest.param((), StartRun(REQUEST), [REQUEST], id="a run starts"),
        pytest.param(STARTED, StartRun(REQUEST), [], id="starting twice is starting once"),
        pytest.param(STARTED, PauseRun("x"), [RunPaused(reason="x")], id="a run pauses"),
        pytest.param((*STARTED, PauseRun("x")), PauseRun("x"), [], id="pausing twice is pausing once"),
        pytest.param((*STARTED, PauseRun("x")), ResumeRun(), [RunResumed()], id="a paused run resumes"),
        pytest.param(STARTED, ResumeRun(), [RunResumed()], id="a run that crashed resumes"),
        pytest.param(STARTED, ResumeRun(timeout_s=9), [RunResumed(timeout_s=9)], id="with a new limit of time"),
        pytest.param(STARTED, CancelRun("x"), [RunCancelled(reason="x")], id="a run is cancelled"),
        pytest.param(STARTED, FailRun(FAILURE), [FAILURE], id="a run fails"),
        pytest.param(READY, AcceptPlan(PLAN), [], id="the same plan twice is one plan"),
        pytest.param(
            READY,
            StartTask("repair", "builtin", 1),
            [TaskStarted(task_id="repair", worker="builtin", attempt=1)],
            id="a task starts",
        ),
        pytest.param(WORKING, StartTask("repair", "builtin", 1), [], id="starting a task twice is starting it once"),
        pytest.param(
            READY,
            Record(SEARCHED.model_copy(update={"plausible": 0, "exhausted": True})),
            [
                SEARCHED.model_copy(update={"plausible": 0, "exhausted": True}),
                TaskFailed(task_id="repair", attempt=0, reason="every candidate was tried", final=True),
            ],
            id="a search that finds nothing fails the task",
        ),
        pytest.param(
            PATCHED_TREE,
            Record(CHECKED),
            [CHECKED, TaskCompleted(task_id="repair", attempt=1)],
            id="passing checks complete the task",
        ),
        pytest.param(
            PATCHED_TREE,
            Record(REFUTED),
            [
                REFUTED,
                TaskFailed(task_id="repair", attempt=1, reason="1 test broken, 0 still failing", final=False),
            ],
            id="a refuted patch leaves the next one to try",
        ),
        pytest.param(PROVEN, DeliverBranch(DELIVERED), [DELIVERED], id="a proven tree is delivered"),
        pytest.param(STRAIGHT[:13], DeliverBranch(DELIVERED), [], id="the same branch twice is one branch"),
        pytest.param(STRAIGHT[:14], ApplyPatch(APPLIED), [], id="the same change is applied once"),
        pytest.param(
            STRAIGHT[:14],
            CompleteRun("verified", 0, "x"),
            [RunCompleted(status="verified", exit_code=0, summary="x")],
            id="done",
        ),
        pytest.param(STRAIGHT, UNDO, [PatchUndone(paths=("shop.py",))], id="an applied patch can be undone after the end"),
        pytest.param((*STRAIGHT, UNDO), ApplyPatch(APPLIED), [APPLIED], id="and applied again"),
    ],
)
def test_given_a_history_a_command_leads_to_facts(
    given_commands: tuple[Command, ...], command: Command, expected: list[Fact]
) -> None:
    assert decide(fold(history(given_commands)), command) == expected


@pytest.mark.parametrize(
    ("given_commands", "command", "words"),
    [
        pytest.param((), ResumeRun(), "^ResumeRun before the run has started$", id="nothing before the start"),
        pytest.param(
            STARTED,
            StartRun(REQUEST.model_copy(update={"objective": "other"})),
            "^the run has started with another request$",
            id="a run has one request",
        ),
        pytest.param(STARTED, Record(MEASURED), "^a measurement without a base tree$", id="no measurement without a tree"),
        pytest.param(
            PATCHED_TREE,
            Record(USERS_FILES),
            "^a change without passing checks is not put on the user's files$",
            id="no files before the proof",
        ),
        pytest.param(
            PROVEN,
            Record(REVALIDATED),
            "^there are no files of the user with the change in them$",
            id="no second proof without their files",
        ),
        pytest.param(
            READY,
            Record(CALLED),
            "^there is no team behind the builtin mind$",
            id="nobody calls a team that was not asked for",
        ),
        pytest.param(STRAIGHT[:6], Record(MEASURED), "^the base has been measured$", id="the base is measured once"),
        pytest.param(STARTED, AcceptPlan(PLAN), "^a plan before the base was measured$", id="no plan before the measurement"),
        pytest.param(READY, StartTask("other", "builtin", 1), "no task 'other'", id="only planned tasks start"),
        pytest.param(READY, StartTask("repair", "builtin", 2), "attempt 2", id="attempts are not skipped"),
        pytest.param(
            WORKING,
            Record(CHECKED),
            "^checks of a tree that is not the run's current one$",
            id="checks are of the current tree",
        ),
        pytest.param(
            PATCHED_TREE,
            Record(CHECKED.model_copy(update={"attempt": 2})),
            "a result of attempt 2",
            id="checks of another attempt are refused",
        ),
        pytest.param(
            PATCHED_TREE, DeliverBranch(DELIVERED), "^a delivery without passing checks$", id="no delivery without proof"
        ),
        pytest.param(
            PROVEN,
            DeliverBranch(DELIVERED.model_copy(update={"tree": "f" * 40})),
            "^the delivered tree is not the one that passed its checks$",
            id="only the proven tree is delivered",
        ),
        pytest.param(
            STARTED,
            CompleteRun("answered", 0, ""),
            "^a run that was to change something does not end with an answer$",
            id="no answer to what is no question",
        ),
        pytest.param(
            PROVEN,
            CompleteRun("verified", 0, ""),
            "^a run is not verified without a delivered branch$",
            id="no verified without a branch",
        ),
        pytest.param(
            PROVEN, ApplyPatch(APPLIED), "^there is no verified change to apply$", id="no application without delivery"
        ),
        pytest.param(
            STRAIGHT[:14], UNDO, "^the run has not ended: there is nothing to undo$", id="no undo while the run works"
        ),
        pytest.param(
            STRAIGHT[:13],
            DeliverBranch(DELIVERED.model_copy(update={"branch": "another"})),
            "^another branch has been delivered$",
            id="a run has one branch",
        ),
        pytest.param(
            STRAIGHT[:14],
            ApplyPatch(APPLIED.model_copy(update={"paths": ("other.py",)})),
            "^the change has been applied$",
            id="a run has one change",
        ),
        pytest.param(
            (*STRAIGHT, UNDO), UNDO, "^the patch is not in the working tree: there is nothing to undo$", id="no second undo"
        ),
        pytest.param(
            (*STARTED, PauseRun("x")), Record(BASE), "^Record while the run is paused$", id="a paused run records nothing"
        ),
        pytest.param(
            (*STARTED, CancelRun("x")),
            ResumeRun(),
            r"^ResumeRun after the run has ended \(cancelled\)$",
            id="nothing follows the end",
        ),
        pytest.param(
            STRAIGHT, Record(PATCHED), r"^Record after the run has ended \(verified\)$", id="nothing is recorded after the end"
        ),
    ],
)
def test_given_a_history_a_command_is_refused(given_commands: tuple[Command, ...], command: Command, words: str) -> None:
    with pytest.raises(CommandRefused, match=words):
        decide(fold(history(given_commands)), command)


def test_who_would_apply_what_is_not_proven_is_told_what_has_a_change() -> None:
    with pytest.raises(CommandRefused) as refused:
        decide(fold(history(PROVEN)), ApplyPatch(APPLIED))
    assert refused.value.fix == "only a run with the status verified has one"


LINT = StartRun(REQUEST.model_copy(update={"kind": WorkKind.LINT}))
INSPECTED_BASE = (LINT, *STRAIGHT[1:6], Record(INSPECTED), *STRAIGHT[6:8])


@pytest.mark.parametrize(
    ("asked", "finding", "reason"),
    [
        (INSPECTED_BASE, SEARCHED.model_copy(update={"plausible": 0}), "2 findings remain, none has a safe fix"),
        (
            (*INSPECTED_BASE, *STRAIGHT[8:10]),
            CHECKED.model_copy(update={"passed": False, "new_findings": ("shop.py: F821",)}),
            "its fixes break 0 tests and bring 1 new finding",
        ),
    ],
)
def test_a_tidying_that_fails_says_what_its_own_tools_say(asked: tuple[Command, ...], finding: Finding, reason: str) -> None:
    failed = decide(fold(history(asked)), Record(finding))[-1]
    assert isinstance(failed, TaskFailed)
    assert failed.reason == reason


def test_of_a_tidying_whose_tools_found_nothing_nothing_is_left() -> None:
    failed = decide(fold(history((LINT, *STRAIGHT[1:8]))), Record(SEARCHED.model_copy(update={"plausible": 0})))[-1]
    assert isinstance(failed, TaskFailed)
    assert failed.reason == "0 findings remain, none has a safe fix"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"exhausted": True}, "every candidate was tried"),
        ({"exhausted": False}, "the time was used up"),
        (
            {"candidates_tried": 0},
            "no edit could be tried: the failing tests do not fail, or do not load, in the search's own process",
        ),
        ({"candidates_tried": 0, "flaky": ("t",)}, "the failing tests are flaky: they passed when they were run again"),
        ({"candidates_tried": 1, "exhausted": True, "flaky": ("t",)}, "every candidate was tried"),
    ],
)
def test_a_search_in_vain_says_why(found: dict[str, object], reason: str) -> None:
    search = SEARCHED.model_copy(update={"plausible": 0, **found})
    failed = TaskFailed(task_id="repair", attempt=0, reason=reason, final=True)
    assert decide(fold(history(READY)), Record(search)) == [search, failed]


def test_the_users_files_are_seen_after_the_proof_and_proven_with_the_change_in_them() -> None:
    seen = [*PROVEN, Record(USERS_FILES)]
    assert decide(fold(history(PROVEN)), Record(USERS_FILES)) == [USERS_FILES]
    assert decide(fold(history(seen)), Record(REVALIDATED)) == [REVALIDATED]


def test_a_team_that_stands_behind_the_builtin_mind_is_called_once() -> None:
    start = StartRun(REQUEST.model_copy(update={"model": "openai:a", "builtin_first": True}))
    before = (start, *READY[1:])
    assert decide(fold(history(before)), Record(CALLED)) == [CALLED]
    with pytest.raises(CommandRefused, match="no team behind"):
        decide(fold(history([*before, Record(CALLED)])), Record(CALLED))


def test_things_seen_together_are_recorded_in_their_order() -> None:
    assert decide(fold(history(READY)), RecordAll((EXECUTED, INSPECTED))) == [EXECUTED, INSPECTED]


def test_each_of_them_has_the_consequences_that_it_has_alone_and_one_that_is_refused_refuses_all() -> None:
    completed = TaskCompleted(task_id="repair", attempt=1)
    assert decide(fold(history(PATCHED_TREE)), RecordAll((EXECUTED, CHECKED))) == [EXECUTED, CHECKED, completed]
    with pytest.raises(CommandRefused, match="not the run's current one"):
        decide(fold(history(WORKING)), RecordAll((EXECUTED, CHECKED)))


def test_who_works_on_a_paused_run_is_told_to_resume_it() -> None:
    with pytest.raises(CommandRefused) as refused:
        decide(fold(history((*STARTED, PauseRun("x")))), Record(BASE))
    assert refused.value.fix == "resume it first"


@pytest.mark.parametrize(
    ("asked", "attempt", "words"),
    [
        ((*PATCHED_TREE, Record(REFUTED)), 1, "attempt 1 of task 'repair', which is pending at attempt 1"),
        (WORKING, 2, "attempt 2 of task 'repair', which is in_progress at attempt 1"),
        (PROVEN, 1, "attempt 1 of task 'repair', which is completed at attempt 1"),
    ],
)
def test_an_attempt_is_begun_once_and_in_its_turn(asked: tuple[Command, ...], attempt: int, words: str) -> None:
    with pytest.raises(CommandRefused, match=f"^{words}$"):
        decide(fold(history(asked)), StartTask("repair", "builtin", attempt))


def test_less_than_was_asked_for_needs_a_delivered_branch_too() -> None:
    with pytest.raises(CommandRefused, match="without a delivered branch"):
        decide(fold(history(PROVEN)), CompleteRun("partial", 1, ""))


def test_the_table_of_commands_has_every_kind() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))


def test_a_task_is_given_up_after_the_last_plausible_patch() -> None:
    again = (Record(REFUTED), StartTask("repair", "builtin", 2), Record(PATCHED.model_copy(update={"label": "repair:2"})))
    last = REFUTED.model_copy(update={"attempt": 2})
    facts = decide(fold(history((*PATCHED_TREE, *again))), Record(last))
    assert facts[-1] == TaskFailed(task_id="repair", attempt=2, reason="1 test broken, 0 still failing", final=True)


def test_what_the_search_saw_pass_is_flaky_and_need_not_be_repaired() -> None:
    flaky = SEARCHED.model_copy(update={"flaky": MEASURED.failing, "plausible": 0, "candidates_tried": 0})
    facts = history((*WORKING[:-1], Record(flaky)))
    assert isinstance(facts[-1], TaskFailed)
    assert "flaky" in facts[-1].reason
    state = fold(facts)
    assert isinstance(state, Running)
    assert state.measured is not None
    assert (state.measured.failing, state.measured.flaky) == ((), MEASURED.failing)
    assert evolve(state, flaky) == state
    assert isinstance(evolve(fold([REQUEST]), flaky), Running), "a search before the measurement has nothing to take from it"


def test_an_unknown_fact_changes_nothing() -> None:
    state = fold(history(READY))
    assert evolve(state, UnknownFact(type="FromTheFuture")) == state


@given(commands, st.integers(0, 60))
def test_a_snapshot_anywhere_changes_nothing(asked: list[Command], cut: int) -> None:
    facts = history(asked)
    snapshot = STATE.validate_json(STATE.dump_json(fold(facts[:cut])))
    assert fold(facts[cut:], snapshot) == fold(facts)


@given(commands)
def test_each_command_sent_twice_in_a_row_equals_once(asked: list[Command]) -> None:
    # Resuming and forking are deeds: a second one is a second deed. What is recorded is kept from doubling by its key.
    once = [command for command in asked if not isinstance(command, ResumeRun | ForkRun | Record | RecordAll)]
    twice = [command for command in once for _ in range(2)]
    assert history(twice) == history(once)


@given(commands)
def test_nothing_but_applying_and_undoing_follows_the_end(asked: list[Command]) -> None:
    facts = history(asked)
    ends = [i for i, fact in enumerate(facts) if isinstance(fact, RunCompleted | RunFailed | RunCancelled)]
    assert len(ends) <= 1
    if ends:
        assert {type(fact).__name__ for fact in facts[ends[0] + 1 :]} <= {"PatchApplied", "PatchUndone"}


@given(commands)
def test_a_verified_run_has_passing_checks_on_the_delivered_tree(asked: list[Command]) -> None:
    facts = history(asked)
    if any(isinstance(fact, RunCompleted) and fact.status == "verified" for fact in facts):
        delivered = next(fact for fact in facts if isinstance(fact, BranchDelivered))
        assert any(isinstance(fact, ChecksCompleted) and fact.passed and fact.tree == delivered.tree for fact in facts)


@given(commands)
def test_the_base_is_measured_and_delivered_at_most_once(asked: list[Command]) -> None:
    facts = history(asked)
    assert sum(isinstance(fact, BaseMeasured) for fact in facts) <= 1
    assert sum(isinstance(fact, BranchDelivered) for fact in facts) <= 1


@given(commands)
def test_evolve_takes_every_fact_in_every_state(asked: list[Command]) -> None:
    for state in (INITIAL, fold(history(asked))):
        for fact in history(STRAIGHT):
            assert isinstance(evolve(state, fact), type(INITIAL) | Running | Ended)
