"""Outcomes as lines of JSON, to be handed from one log to another: one outcome a line."""

import json
from collections.abc import Iterable
from typing import Any, cast

from pydantic import ValidationError

from codecompanion.domain.errors import BadInput
from codecompanion.domain.outcomes import TaskOutcome

SCHEMA_VERSION = 1
LONGEST_LINE = 1_000_000
MOST_LINES = 200_000
"""All outcomes of a file are kept at once or none, so that a file has an end."""


def written(outcomes: Iterable[TaskOutcome]) -> str:
    """Return outcomes as lines, in their order."""
    return "".join(json.dumps(_row(outcome), ensure_ascii=False, sort_keys=True) + "\n" for outcome in outcomes)


def read(text: str, source: str) -> list[TaskOutcome]:
    """Return the outcomes of lines; empty lines are left out.

    Args:
        text: The lines.
        source: What they are from, for errors.

    Raises:
        BadInput: A line holds no outcome, two of one decision say different things (the first such line is named), or there
            are too many.
    """
    found: dict[str, TaskOutcome] = {}
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise BadInput(f"{source} has {len(lines):,} outcomes, more than {MOST_LINES:,}", fix="split it into several files")
    for number, line in lines:
        outcome = _outcome(line, number, source)
        if found.setdefault(outcome.decision_id, outcome) != outcome:
            raise _bad(number, source, f"the decision {outcome.decision_id!r} has another outcome further up")
    return list(found.values())


def _row(outcome: TaskOutcome) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "type": "outcome", **outcome.model_dump(mode="json", exclude_defaults=True)}


def _outcome(line: str, number: int, source: str) -> TaskOutcome:
    if len(line) > LONGEST_LINE:
        raise _bad(number, source, "it is too long to be an outcome")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(number, source, f"it is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise _bad(number, source, "it is no object")
    fields = cast("dict[str, Any]", row)
    kind, version = fields.pop("type", None), fields.pop("schema_version", None)
    if kind != "outcome" or version != SCHEMA_VERSION:
        raise _bad(number, source, f"it is {kind!r} of version {version!r}, not 'outcome' of version {SCHEMA_VERSION}")
    if unknown := fields.keys() - TaskOutcome.model_fields.keys():
        raise _bad(number, source, f"there is no field {min(unknown)!r}")
    try:
        return TaskOutcome.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise _bad(number, source, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error


def _bad(number: int, source: str, cause: str) -> BadInput:
    return BadInput(
        f"line {number} of {source} is no outcome; nothing was taken in",
        cause=cause,
        fix="codecompanion learn export writes the form",
    )
