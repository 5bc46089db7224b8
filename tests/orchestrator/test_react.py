import pytest

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.checks import Counts
from codecompanion.domain.commands import Command, PauseRun, Record, ResumeRun, StartRun, StartTask
from codecompanion.domain.events import ArtifactProduced, BaseMeasured, UsersFilesSeen
from codecompanion.domain.steps import (
    ApplyChange,
    DeliverChange,
    Finish,
    InspectBase,
    MakePlan,
    MeasureBase,
    PatchTree,
    PrepareTree,
    ProfileProject,
    RevalidateChange,
    SearchRepair,
    Step,
    VerifyTree,
    WriteReport,
)
from codecompanion.domain.tidying import WorkKind
from codecompanion.orchestrator.react import react
from histories import INSPECTED, MEASURED, REFUTED, REQUEST, REVALIDATED, SEARCHED, STRAIGHT, USERS_FILES, fold, history

REPORT = Record(ArtifactProduced(artifact_type=ArtifactType.EVAL_REPORT, sha256="6" * 64, title="r"))
NOTHING_FAILS = Record(BaseMeasured(counts=Counts(passed=3), failing=(), evidence=("e",)))
NOTHING_FOUND = Record(SEARCHED.model_copy(update={"plausible": 0}))
ALL_FLAKY = Record(SEARCHED.model_copy(update={"plausible": 0, "flaky": MEASURED.failing}))


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        pytest.param((), None, id="before the start"),
        pytest.param(STRAIGHT[:1], PrepareTree(), id="first the worktree"),
        pytest.param(STRAIGHT[:3], ProfileProject(), id="then the project"),
        pytest.param(STRAIGHT[:4], MeasureBase(), id="then its tests"),
        pytest.param((*STRAIGHT[:5], NOTHING_FAILS), Finish("nothing_to_do"), id="all pass already"),
        pytest.param(STRAIGHT[:6], MakePlan(), id="then the plan"),
        pytest.param(STRAIGHT[:7], SearchRepair("repair", 1), id="then the search"),
        pytest.param(STRAIGHT[:8], SearchRepair("repair", 1), id="a search that was begun goes on"),
        pytest.param(STRAIGHT[:9], PatchTree("repair", 1), id="then the patch"),
        pytest.param(STRAIGHT[:10], VerifyTree("repair", 1), id="then its proof"),
        pytest.param((*STRAIGHT[:10], Record(REFUTED)), PatchTree("repair", 2), id="a refuted patch makes way"),
        pytest.param(
            (*STRAIGHT[:10], Record(REFUTED), StartTask("repair", "builtin", 2)),
            PatchTree("repair", 2),
            id="the next attempt has its own patch",
        ),
        pytest.param(STRAIGHT[:11], WriteReport(), id="then the report"),
        pytest.param((*STRAIGHT[:11], REPORT), DeliverChange(), id="then the branch"),
        pytest.param((*STRAIGHT[:11], REPORT, STRAIGHT[12]), Finish("verified"), id="then the end"),
        pytest.param((*STRAIGHT[:8], NOTHING_FOUND), WriteReport(), id="a report also when nothing was found"),
        pytest.param((*STRAIGHT[:8], ALL_FLAKY), WriteReport(), id="and when all that failed was flaky"),
        pytest.param((*STRAIGHT[:8], NOTHING_FOUND, REPORT), Finish("failed"), id="and an honest end"),
        pytest.param((*STRAIGHT[:4], PauseRun("x")), None, id="a paused run waits"),
        pytest.param((*STRAIGHT[:4], PauseRun("x"), ResumeRun()), MeasureBase(), id="a resumed one goes on"),
        pytest.param(STRAIGHT, None, id="nothing follows the end"),
    ],
)
def test_a_history_says_what_comes_next(asked: tuple[Command, ...], step: Step | None) -> None:
    assert react(fold(history(asked))) == step


def test_the_change_is_tried_on_the_users_files_before_it_is_delivered() -> None:
    asked = (StartRun(REQUEST.model_copy(update={"revalidate": True})), *STRAIGHT[1:11])
    same = Record(UsersFilesSeen())
    assert react(fold(history(asked))) == RevalidateChange()
    assert react(fold(history((*asked, same)))) == WriteReport()
    assert react(fold(history((*asked, Record(USERS_FILES))))) == RevalidateChange()
    assert react(fold(history((*asked, Record(USERS_FILES), Record(REVALIDATED))))) == WriteReport()


LINT = StartRun(REQUEST.model_copy(update={"kind": WorkKind.LINT}))
CLEAN = Record(INSPECTED.model_copy(update={"findings": {}}))
DELIVERED_LINT = (LINT, *STRAIGHT[1:6], Record(INSPECTED), *STRAIGHT[6:11], REPORT, STRAIGHT[12])


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        pytest.param((LINT, *STRAIGHT[1:5]), MeasureBase(), id="its tests are measured too"),
        pytest.param((LINT, *STRAIGHT[1:6]), InspectBase(), id="then the base is inspected"),
        pytest.param((LINT, *STRAIGHT[1:5], NOTHING_FAILS, Record(INSPECTED)), MakePlan(), id="whether tests fail or not"),
        pytest.param((LINT, *STRAIGHT[1:6], CLEAN), Finish("nothing_to_do"), id="nothing is found"),
        pytest.param(DELIVERED_LINT, Finish("partial"), id="findings remain"),
        pytest.param((*DELIVERED_LINT, CLEAN), Finish("verified"), id="none remain"),
    ],
)
def test_a_tidying_inspects_the_base_and_ends_by_what_remains(asked: tuple[Command, ...], step: Step) -> None:
    assert react(fold(history(asked))) == step


def test_the_change_is_applied_when_that_was_asked_for() -> None:
    asked = (StartRun(REQUEST.model_copy(update={"apply": True})), *STRAIGHT[1:11], REPORT, STRAIGHT[12])
    assert react(fold(history(asked))) == ApplyChange()
