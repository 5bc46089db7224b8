from collections import Counter
from dataclasses import replace

import pytest

from codecompanion.domain.commands import ApplyPatch, Command, Record, StartTask, UndoPatch
from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.events import PatchUndone, encode
from codecompanion.orchestrator.template_record import TemplateRecord, outcomes_of, read_record
from codecompanion.storage.memory import MemoryEventStore
from histories import APPLIED, CHECKED, PATCHED, REFUTED, SEARCHED, STRAIGHT, history

pytestmark = pytest.mark.anyio

FOUND = Record(SEARCHED.model_copy(update={"templates": ("number", "variable")}))
SEARCH, PATCH = STRAIGHT[:8], (*STRAIGHT[:8], FOUND, Record(PATCHED))
END = STRAIGHT[11:13]
SECOND = (StartTask("repair", "builtin", 2), Record(PATCHED.model_copy(update={"label": "repair:2"})))
UNDO = UndoPatch(PatchUndone(paths=("shop.py",)))
APPLY, DONE = ApplyPatch(APPLIED), STRAIGHT[-1]


def drafts(asked: tuple[Command, ...]) -> list[Draft]:
    return [
        Draft(f"e{n}", type(fact).__name__, fact.schema_version, "2026-01-01T00:00:00.000000Z", encode(fact), "test")
        for n, fact in enumerate(history(asked))
    ]


def events(asked: tuple[Command, ...]) -> list[Event]:
    return seal(drafts(asked), "run", after_version=0, prev_hash="0" * 64, after_position=0)


@pytest.mark.parametrize(
    ("asked", "outcomes"),
    [
        pytest.param(STRAIGHT[:1], [], id="a run that has not searched"),
        pytest.param(PATCH, [], id="a patch that was not put to the suite"),
        pytest.param((*PATCH, Record(CHECKED), *END, DONE), [("number", True)], id="a verified patch survives"),
        pytest.param((*PATCH, Record(REFUTED)), [("number", False)], id="a refuted patch is lost"),
        pytest.param(
            (*PATCH, Record(REFUTED), *SECOND, Record(CHECKED.model_copy(update={"attempt": 2}))),
            [("number", False), ("variable", True)],
            id="the next best survives",
        ),
        pytest.param((*PATCH, Record(CHECKED), *END, APPLY, DONE, UNDO), [("number", False)], id="one taken back is lost"),
        pytest.param(
            (*PATCH, Record(CHECKED), *END, APPLY, DONE, UNDO, APPLY), [("number", True)], id="one applied again survives"
        ),
    ],
)
def test_a_run_says_what_became_of_its_patches(asked: tuple[Command, ...], outcomes: list[tuple[str, bool]]) -> None:
    assert outcomes_of(events(asked)) == outcomes


def test_a_kind_that_survives_less_than_others_weighs_less() -> None:
    weights = TemplateRecord(Counter(number=30, variable=2), Counter(variable=8)).weights()
    assert weights["variable"] < 0.8
    assert 1 < weights["number"] < 1.3


def test_a_single_outcome_changes_little_and_none_nothing() -> None:
    assert TemplateRecord().weights() == {}
    assert TemplateRecord(Counter(), Counter(number=1)).weights()["number"] > 0.9


async def test_the_record_is_made_from_the_log_of_all_runs() -> None:
    store = MemoryEventStore()
    for run, asked in enumerate([(*PATCH, Record(CHECKED)), (*PATCH, Record(REFUTED)), STRAIGHT[:1]]):
        renamed = [replace(draft, event_id=f"{run}-{draft.event_id}") for draft in drafts(asked)]
        await store.append(f"run-{run}", renamed, expected_version=0)
    assert await read_record(store) == TemplateRecord(Counter(number=1), Counter(number=1))
