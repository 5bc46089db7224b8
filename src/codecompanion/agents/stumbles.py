"""What was wrong with an agent's answers and was survived, read from the log of its work.

Requests that failed are not among them: they are facts of their own (`ModelCallFailed`).
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from codecompanion.agents.call_rules import MOST_CALLS
from codecompanion.agents.edits_in_text import EDIT, MARKS
from codecompanion.agents.mcp_report import McpTrouble, about_a_failure
from codecompanion.agents.role_specs import ROLE_SPECS, RoleSpec
from codecompanion.agents.work_copy import NOT_ALLOWED
from codecompanion.domain.artifacts import Claim
from codecompanion.domain.events import Fact, ModelCallCompleted, ToolCompleted, decode
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import BlobStore
from codecompanion.tools.recall_note import RECALL_NOTE
from codecompanion.workspace.edits.refusal import NOT_APPLIED

LONGEST = 160
"""Characters of a refusal that are told."""

_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)


@dataclass(slots=True)
class _Turn:
    """An answer of the model, and the tools that were used because of it."""

    event_id: str
    answered: ModelCallCompleted
    used: list[tuple[str, ToolCompleted]] = field(default_factory=list[tuple[str, ToolCompleted]])
    failed: list[tuple[str, McpTrouble]] = field(default_factory=list[tuple[str, McpTrouble]])


async def stumbles_of(tools: Toolbox, task_id: str, attempt: int, role: Role) -> list[Claim]:
    """Return a claim for each answer of an attempt that could not be used as it was, in their order."""
    turns = await _turns(tools, f"agent:{task_id}:{attempt}:{role.value}")
    found: list[tuple[str, str]] = []
    for place, turn in enumerate(turns):
        found += await _of_a_turn(tools.blobs, turn, ROLE_SPECS[role], is_last=place == len(turns) - 1)
    who = f"{role.value.replace('_', ' ')} ({task_id}), attempt {attempt}"
    return [Claim(text=f"{who}, survived: {what}", evidence=(event_id,)) for event_id, what in found]


async def notes_read(tools: Toolbox, task_id: str, attempt: int, role: Role) -> list[Claim]:
    """Return a claim for each note of earlier runs that an attempt read whole, in their order."""
    who = f"{role.value.replace('_', ' ')} ({task_id})"
    read = {
        fact.result_sha256: event_id
        for event_id, fact in await _units(tools, f"agent:{task_id}:{attempt}:{role.value}")
        if isinstance(fact, ToolCompleted) and fact.tool == RECALL_NOTE
    }
    found = [
        (str(cast("dict[str, Any]", json.loads(await tools.blobs.get(sha256))).get("result")), event_id)
        for sha256, event_id in read.items()
    ]
    return [
        Claim(text=f"{who} read the note {first}", evidence=(event_id,))
        for text, event_id in found
        if (first := text.partition("\n")[0]).startswith("[")
    ]


async def _turns(tools: Toolbox, prefix: str) -> list[_Turn]:
    turns: list[_Turn] = []
    for event_id, fact in await _units(tools, prefix):
        if isinstance(fact, ModelCallCompleted):
            turns.append(_Turn(event_id, fact))
        elif isinstance(fact, ToolCompleted) and turns:  # before the first answer stands the context
            turns[-1].used.append((event_id, fact))
        elif isinstance(fact, McpTrouble) and turns:
            turns[-1].failed.append((event_id, fact))
    return turns


async def _units(tools: Toolbox, prefix: str) -> list[tuple[str, Fact]]:
    found: list[tuple[str, Fact]] = []
    number = 0
    while True:
        number += 1
        try:
            events = await tools.journal.recall(f"{prefix}:{number}")
        except KeyError:
            return found
        found += [(event.event_id, decode(event)) for event in events]


async def _of_a_turn(blobs: BlobStore, turn: _Turn, spec: RoleSpec, *, is_last: bool) -> list[tuple[str, str]]:
    response = _RESPONSE.validate_json(await blobs.get(turn.answered.response_sha256))
    if response.finish_reason == "length":
        return [(turn.event_id, "an answer was cut off at its length limit, nothing of it was carried out")]
    refused = [(event_id, why) for event_id, fact in turn.used if (why := await _refusal(blobs, fact))]
    refused += [(event_id, about_a_failure(fact)) for event_id, fact in turn.failed]
    return [*([] if is_last else _not_carried_out(turn, response, spec)), *refused]


def _not_carried_out(turn: _Turn, response: ModelResponse, spec: RoleSpec) -> list[tuple[str, str]]:
    calls = [part.tool_name for part in response.parts if isinstance(part, ToolCallPart)]
    has_edits = any(isinstance(part, TextPart) and MARKS.search(part.content) for part in response.parts)
    if not calls and not has_edits:
        return [(turn.event_id, "an answer neither used a tool nor handed anything over")]
    used = Counter(fact.tool for _, fact in turn.used)
    used[EDIT] -= has_edits
    found: list[tuple[str, str]] = []
    if len(calls) > MOST_CALLS:
        found.append((turn.event_id, f"it made {len(calls)} calls at once, of which {MOST_CALLS} at most were carried out"))
    for name in calls[:MOST_CALLS]:
        used[name] -= 1
        if name == spec.hands_back:
            found.append((turn.event_id, "what it handed over could not be read"))
        elif used[name] < 0 and name not in (*spec.tools, RECALL_NOTE):
            found.append((turn.event_id, f"it called {name[:40]!r}, a tool that it does not have"))
        elif used[name] < 0:
            found.append((turn.event_id, f"the arguments of a call of {name} did not fit"))
    return found


async def _refusal(blobs: BlobStore, fact: ToolCompleted) -> str:
    said = cast("dict[str, Any]", json.loads(await blobs.get(fact.result_sha256)))
    if said.get("kind") == "model_retry":
        return f"a call of {fact.tool} was refused: {str(said.get('message'))[:LONGEST]}"
    text = str(said.get("result"))
    if fact.tool != EDIT or not text.startswith((NOT_APPLIED, NOT_ALLOWED)):
        return ""
    first = text.removeprefix(NOT_APPLIED).removeprefix(NOT_ALLOWED).strip(" :\n-").partition("\n")[0]
    return f"edits were refused: {first[:LONGEST]}"
