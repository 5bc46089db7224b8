"""The journal of an agent's work: each model call and each tool call is a unit that happens once.

A unit's key is its place in the order of the agent's units; what it was asked (the hash of the request, the tool's arguments)
is recorded with the answer, so that a log that no longer fits the code is found out and not silently believed.
"""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from codecompanion.agents.canary import without_mark
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.labels import labels_of
from codecompanion.agents.model_calls import ModelCalls, OneCall
from codecompanion.agents.request_text import request_json, sha256_of
from codecompanion.agents.succession import Succession
from codecompanion.domain.commands import Command, Finding, RecordAll
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import ModelCallCompleted, ModelSwitched, ToolCompleted, decode
from codecompanion.domain.labels import Label
from codecompanion.domain.team import Role
from codecompanion.execution.replay import ReplayDiverged
from codecompanion.execution.toolbox import Toolbox

Body = Callable[[], Awaitable[object]]
_Fact = TypeVar("_Fact")

LABELS = ("path", "command", "pattern", "name", "folder", "which", "question", "focus", "handle")
"""Arguments that say best what a call is about."""


@dataclass(slots=True)
class UnitJournal:
    """Carries out the units of one agent on one attempt of a task, or returns what came of them before.

    `after_tool` returns what else is to be recorded with a tool's answer: the commands it ran and the tree it left; `learn`
    hears of all that was recorded, now or before. `mark` is told to the model and to nobody else: it is no part of what is
    recorded and hashed, so that requests are the same from run to run. `labels` collects whose words the model was shown.
    """

    tools: Toolbox
    calls: ModelCalls
    evidence: Evidence
    after_tool: Callable[[str], Awaitable[tuple[Finding, ...]]]
    learn: Callable[[list[Event]], None]
    task_id: str
    attempt: int
    role: Role
    succession: Succession
    mark: str = ""
    labels: set[Label] = field(default_factory=set[Label])
    _units: int = field(default=0, init=False)

    @property
    def prefix(self) -> str:
        """How the keys of this work begin."""
        return f"agent:{self.task_id}:{self.attempt}:{self.role.value}"

    def _next_key(self) -> str:
        self._units += 1
        return f"{self.prefix}:{self._units}"

    async def model_call(self, messages: Any, settings: Any, parameters: Any, body: Body) -> object:
        """Ask the model, or return what it answered before.

        Raises:
            ReplayDiverged: The log holds the answer to another request.
        """
        key = self._next_key()
        shown = labels_of(messages, parameters)
        self.labels.update(shown)
        request = without_mark(self.tools.redact(request_json(messages, settings, parameters)), self.mark)
        model = self.succession.names[0]  # whoever answers: the request is the same
        asked = sha256_of(f"{model}\n{request}")
        call = OneCall(key, self.task_id, self.attempt, self.role, model, asked, request, tuple(sorted(shown)), self.mark)
        events = await self.tools.journal.once(key, lambda: self.calls.carry_out(call, body), actor=self.role.value)
        completed = _the(events, ModelCallCompleted)
        if completed.request_hash != asked:
            raise _diverged(key, f"the request to {model} is not the recorded one")
        for fact in map(decode, events):
            if isinstance(fact, ModelSwitched):
                self.succession.recall(fact.to_model)
        return json.loads(await self.tools.blobs.get(completed.response_sha256))

    async def tool_call(self, name: str, args: dict[str, Any], body: Body) -> object:
        """Use a tool, or return what it answered before.

        Raises:
            ReplayDiverged: The log holds the answer to another call.
        """
        key = self._next_key()
        said = self.tools.redact(json.dumps(args, sort_keys=True, ensure_ascii=False, default=str))
        events = await self.tools.journal.once(key, lambda: self._use(key, name, args, said, body), actor=self.role.value)
        self.evidence.learn(events)
        self.learn(events)
        completed = _the(events, ToolCompleted)
        if (completed.tool, completed.args_sha256) != (name, sha256_of(said)):
            raise _diverged(key, f"the call of {name} is not the recorded one")
        return json.loads(await self.tools.blobs.get(completed.result_sha256))

    async def once(self, name: str, make: Callable[[], Awaitable[str]]) -> str:
        """Return a text that depends on the world, such as a context, made once and then read from the log."""
        return str(await self.tool_call(name, {}, make))

    async def _use(self, key: str, name: str, args: dict[str, Any], said: str, body: Body) -> Command:
        started = time.monotonic()
        answer = self.tools.redact(json.dumps(await body(), ensure_ascii=False))
        completed = ToolCompleted(
            call=key,
            task_id=self.task_id,
            role=self.role,
            tool=name,
            label=_label(args),
            args_sha256=await self.tools.blobs.put(said.encode()),
            result_sha256=await self.tools.blobs.put(answer.encode()),
            duration_s=round(time.monotonic() - started, 3),
        )
        return RecordAll((*await self.after_tool(key), completed))


def _label(args: dict[str, Any]) -> str:
    text = next((str(args[name]) for name in LABELS if args.get(name)), "")
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line on the screen


def _the(events: list[Event], kind: type[_Fact]) -> _Fact:
    return next(fact for fact in map(decode, events) if isinstance(fact, kind))


def _diverged(key: str, what: str) -> ReplayDiverged:
    return ReplayDiverged(
        f"the record of {key!r} does not fit: {what}",
        cause="the prompts, the tools or the project's own agents are not those that the run was recorded with",
        fix="go on with the version of CodeCompanion that recorded it, or start the run anew",
    )
