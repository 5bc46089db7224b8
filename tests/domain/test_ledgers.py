import pytest
from pydantic import ValidationError

from codecompanion.domain.ledgers import TaskLedger, WorkItem


def item(name: str, *after: str) -> WorkItem:
    return WorkItem(item_id=name, title=name, role="coder", depends_on=after)


def ledger(*items: WorkItem) -> TaskLedger:
    return TaskLedger(goal="g", success_criteria=("c",), items=items)


def test_items_may_depend_on_each_other_in_any_order() -> None:
    assert len(ledger(item("c", "b"), item("a"), item("b", "a")).items) == 3


@pytest.mark.parametrize(
    ("items", "words"),
    [
        pytest.param((item("a"), item("a")), "same id", id="an id twice"),
        pytest.param((item("a", "b"), item("b", "a")), "wait for each other", id="a circle"),
        pytest.param((item("a", "z"),), "unknown", id="an unknown dependency"),
    ],
)
def test_a_plan_that_cannot_be_worked_off_is_refused(items: tuple[WorkItem, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ledger(*items)
