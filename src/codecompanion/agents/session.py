"""Lets one agent work on one attempt of a task, and returns what it hands over."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_ai import Agent, ModelRetry, RunContext, Tool, ToolOutput, UsageLimits
from pydantic_ai.capabilities import Caching
from pydantic_ai.exceptions import UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import ModelMessage
from pydantic_ai.settings import ModelSettings

from codecompanion.agents.answer_room import MOST_OUTPUT_TOKENS
from codecompanion.agents.briefing import NOTES
from codecompanion.agents.call_rules import CallRules
from codecompanion.agents.canary import Canary, GaveItselfAway, mark_of, with_mark
from codecompanion.agents.durability import RunLogDurability
from codecompanion.agents.edits_in_text import EditsInText
from codecompanion.agents.history import ShortHistory
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.lazy_model import LazyModel
from codecompanion.agents.loop_guard import GoesInCircles, LoopGuard
from codecompanion.agents.mcp_tools import McpTools
from codecompanion.agents.outputs import Finish, Output
from codecompanion.agents.prompting import prompt_of
from codecompanion.agents.role_specs import RoleSpec
from codecompanion.agents.succession import Succession
from codecompanion.agents.unit_journal import UnitJournal
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.commands import Finding, Record
from codecompanion.domain.events import CanaryTripped
from codecompanion.execution.toolbox import Toolbox
from codecompanion.tools.catalogue import TOOLS
from codecompanion.tools.desk import Desk
from codecompanion.tools.recall_note import RECALL_NOTE
from codecompanion.workspace.project_files import stands_in

NOTHING_CHANGED = (
    "You changed nothing yet. If the objective was met before you began, call TOOL with `nothing_to_do` saying what shows it; "
    'if not, make the edits. Without tools begin your answer with "Nothing to do:". If you cannot do it, end again and say why.'
)

NOT_HANDED_OVER = (
    "Your answer has neither edits nor a call, so nothing came of it. When your work is done, call TOOL; if not, go on."
)

REPAIRS = 2
"""How often a model may mend a call or an answer that cannot be read before its attempt ends."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of an agent's attempt: what it hands over, or why it hands over nothing, and what was said on the way."""

    output: Output | None
    failure: str
    evidence: Mapping[str, str]
    """The ids of the events of the commands that it ran, by the short ids that its claims cite."""
    messages: Sequence[ModelMessage] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One agent at work.

    Attributes:
        tools: The run's toolbox.
        kit: What the agents of a run share.
        spec: The agent's role.
        models: Who answers, as provider:model: the first, and those after it when it does not.
        task_id: What it works on.
        attempt: Counted from 1.
        copy: Its worktree.
        desk: What its tools work with.
        mcp: What it has of the project's MCP servers.
        own_words: The project's own prompt of its role, None for ours.
    """

    tools: Toolbox
    kit: AgentKit
    spec: RoleSpec
    models: tuple[str, ...]
    task_id: str
    attempt: int
    copy: WorkCopy
    desk: Desk
    mcp: McpTools
    own_words: str | None

    async def work(self, first_words: Callable[[], Awaitable[str]], earlier: Sequence[ModelMessage] = ()) -> Worked:
        """Let the agent work to its end. `first_words` makes what it is told; it is made once and kept in the log.

        `earlier` is a conversation that goes on.

        Raises:
            ModelCallFailed: A model did not answer.
            OverBudget: A limit does not leave enough for the next call.
            ReplayDiverged: The log holds the work of another agent.
        """
        succession = Succession(self.models)
        (begun, *_) = await self.tools.journal.recall("start")
        journal = self._journal(succession, mark_of(begun.event_id))
        task = await journal.once("context", first_words)
        agent = self._agent(journal, succession, has_notes=NOTES in task or any(NOTES in str(one) for one in earlier[:1]))
        if self.spec.output is Finish:
            agent.output_validator(self._did_something)
        elif self._may_only_write:
            agent.output_validator(self._handed_over)
        try:
            limits = UsageLimits(request_limit=self.spec.turns)
            result = await agent.run(task, deps=self.desk, usage_limits=limits, message_history=earlier or None)
        except UsageLimitExceeded:
            return self._gave_up(f"it did not end within {self.spec.turns} turns")
        except GoesInCircles as circles:
            return self._gave_up(f"it went in circles: {circles}")
        except GaveItselfAway as taken_over:
            await self._record(journal, taken_over)
            return self._gave_up(f"it was stopped: {taken_over}")
        except UnexpectedModelBehavior as broken:
            return self._gave_up(f"its answers could not be used: {broken.message}")
        output = result.output if isinstance(result.output, Output) else _finish(result.output)
        return Worked(output, "", dict(self.copy.evidence.event_ids), result.new_messages())

    async def _did_something(self, ctx: RunContext[Desk], output: Any) -> Any:
        """Ask once, of an agent that ends without a change, whether that is what it means.

        Raises:
            ModelRetry: It is asked.
        """
        unchanged = not self.copy.changed and (self.attempt == 1 or self.copy.head.tree == self.copy.base.tree)
        if ctx.retry or not unchanged or _finish(output).nothing_to_do:
            return output
        raise ModelRetry(NOTHING_CHANGED.replace("TOOL", self.spec.hands_back))

    async def _handed_over(self, output: Any) -> Any:
        """Return what is handed over.

        Raises:
            ModelRetry: It is plain text, which ends nothing here.
        """
        if isinstance(output, str):
            raise ModelRetry(NOT_HANDED_OVER.replace("TOOL", self.spec.hands_back))
        return output

    @property
    def _may_only_write(self) -> bool:
        """Whether it may answer with edits as plain text, and yet must end with a call.

        An API that forces a call in every answer would keep it from writing edits.
        """
        return "edit" in self.spec.tools and not self.spec.text_ends

    def _gave_up(self, failure: str) -> Worked:
        return Worked(None, failure, dict(self.copy.evidence.event_ids))

    async def _record(self, journal: UnitJournal, tripped: GaveItselfAway) -> None:
        fact = CanaryTripped(
            task_id=self.task_id, attempt=self.attempt, role=self.spec.role, channel=tripped.channel, told=tripped.told
        )
        await self.tools.journal.derive(f"canary:{journal.prefix}", Record(fact), actor=self.spec.role.value)

    def _journal(self, succession: Succession, mark: str) -> UnitJournal:
        return UnitJournal(
            tools=self.tools,
            calls=self.kit.calls,
            evidence=self.copy.evidence,
            after_tool=self._after_tool,
            learn=self.copy.learn,
            task_id=self.task_id,
            attempt=self.attempt,
            role=self.spec.role,
            succession=succession,
            mark=mark,
            labels=self.desk.labels,
        )

    async def _after_tool(self, key: str) -> tuple[Finding, ...]:
        return (*await self.copy.after_tool(key), *self.mcp.take_failures())

    def _ends(self) -> Any:
        if self.spec.output is None:
            return str
        ends = ToolOutput(self.spec.output, name=self.spec.hands_back)
        return [ends, str] if self.spec.text_ends or self._may_only_write else ends

    def _agent(self, journal: UnitJournal, succession: Succession, *, has_notes: bool) -> Agent[Desk, Any]:
        form = self.kit.edit_form(self.models[0])
        names = (*self.spec.tools, RECALL_NOTE) if has_notes else self.spec.tools
        own = [Tool(TOOLS[name].function, takes_ctx=True, max_retries=REPAIRS) for name in names]
        return Agent(
            LazyModel(succession, self.kit.open_model, self.kit.calls.switched),
            name=self.spec.role.value,
            deps_type=Desk,
            output_type=self._ends(),
            instructions=with_mark(prompt_of(self.spec, form, self.own_words), journal.mark),
            tools=[*own, *self.mcp.tools],
            retries=REPAIRS,
            model_settings=ModelSettings(max_tokens=MOST_OUTPUT_TOKENS),
            capabilities=[
                RunLogDurability(journal, self.spec.role.value),
                CallRules(),
                self._canary(form, journal.mark),
                EditsInText(self.copy.count_trees, f"{self.task_id}_" if self.spec.output is None else ""),
                LoopGuard(),
                ShortHistory(),
                Caching(),
            ],
        )

    def _canary(self, form: str, mark: str) -> Canary:
        words, for_person = prompt_of(self.spec, form, self.own_words and ""), self.spec.output is None
        return Canary(words, partial(stands_in, self.copy.root), mark, for_person)


def _finish(output: Any) -> Finish:
    """Return how a writer ended, also when it ended in plain text."""
    if isinstance(output, Finish):
        return output
    text = str(output).strip()
    return Finish(summary=text, nothing_to_do=text if text.lower().startswith("nothing to do") else "")
