"""From a fact to the data of an event, and back, whatever version wrote it."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events import (
    access,
    archive,
    budgets,
    conversation,
    delivery,
    judging,
    learning,
    losses,
    model_calls,
    runs,
    tasks,
    tools,
    trees,
)
from codecompanion.domain.events.fact import Fact, UnknownFact
from codecompanion.domain.tidying import WorkKind

_MODULES = (runs, trees, tasks, tools, model_calls, conversation, judging, delivery, budgets, learning, access, archive, losses)

FACTS: dict[str, type[Fact]] = {
    kind.__name__: kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Fact) and kind.__module__ == module.__name__
}
"""All types of events by their names: what these modules define, in the order in which they do."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters = dict[tuple[str, int], Upcaster]

UPCASTERS: Upcasters = {
    ("RunStarted", 1): lambda data: {"kind": WorkKind.REPAIR, **data},
    ("RunStarted", 2): lambda data: {"team": None, **data},
    ("ChecksCompleted", 1): lambda data: {"new_findings": (), **data},
    ("ChecksCompleted", 2): lambda data: {"integrity": (), **data},
}
"""(type, schema version) -> the function that makes the data of the next version."""


def upcast(type_name: str, version: int, data: dict[str, Any], upcasters: Upcasters = UPCASTERS) -> dict[str, Any]:
    """Return data as the newest known version of its type has it."""
    while (step := upcasters.get((type_name, version))) is not None:
        data, version = step(data), version + 1
    return data


def decode(event: Event) -> Fact:
    """Return the fact an event holds; a type or version newer than this code is an UnknownFact.

    Raises:
        LogCorrupt: The data does not fit its type.
    """
    known = FACTS.get(event.type)
    if known is None or event.schema_version > known.schema_version:
        return UnknownFact(type=event.type)
    data = event.data
    if event.schema_version < known.schema_version:
        data = upcast(event.type, event.schema_version, data)
    try:
        return known.model_validate(data)
    except ValidationError as error:
        raise LogCorrupt(event.stream_id, event.version, f"{event.type} has an unreadable shape") from error


def encode(fact: Fact) -> dict[str, Any]:
    """Return the plain JSON data of a fact."""
    return fact.model_dump(mode="json")
