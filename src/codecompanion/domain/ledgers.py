"""Who does what, and how far it is."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from codecompanion.domain.project import Value


class TaskStatus(StrEnum):
    """Where a work item stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WorkItem(Value):
    """One piece of work for one role, after the items it depends on.

    `instructions` are what its agent is told to do; `changes_tests` are the files of existing tests whose expectations it
    changes, because that was asked for.
    """

    item_id: str
    title: str
    role: str
    depends_on: tuple[str, ...] = ()
    instructions: str = ""
    changes_tests: tuple[str, ...] = ()


class TaskLedger(Value):
    """The plan of a run: its work items and what counts as done. It has no items when nothing is to be done.

    Raises:
        ValidationError: An id is used twice, a dependency is unknown, or the items wait for each other in a circle.
    """

    goal: str
    success_criteria: tuple[str, ...] = Field(min_length=1)
    items: tuple[WorkItem, ...]

    @model_validator(mode="after")
    def _items_can_be_ordered(self) -> Self:
        ids = [item.item_id for item in self.items]
        if len(ids) != len(set(ids)):
            raise ValueError("two work items have the same id")
        done: set[str] = set()
        waiting = list(self.items)
        while waiting:
            ready = [item for item in waiting if done.issuperset(item.depends_on)]
            if not ready:
                raise ValueError(f"work items wait for each other or for unknown ones: {[i.item_id for i in waiting]}")
            done.update(item.item_id for item in ready)
            waiting = [item for item in waiting if item.item_id not in done]
        return self


class ItemProgress(Value):
    """One work item's state. `attempt` counts from 1 and is 0 before the first."""

    item: WorkItem
    status: TaskStatus = TaskStatus.PENDING
    attempt: int = 0
    reason: str = ""


class ProgressLedger(Value):
    """How far a plan is, item by item in the plan's order."""

    items: tuple[ItemProgress, ...] = ()
