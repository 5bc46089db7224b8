"""Binds an agent's model calls and tool calls to the run's log, through pydantic-ai's surface for durable execution."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from pydantic_ai.durable_exec import (
    JSON_CODEC,
    BaseDurabilityCapability,
    DurabilityEngineSpec,
    DurableOperationId,
    JournalCallableOperationBackend,
    ModelRequestId,
    RoleBasedOperationConfig,
    ToolsetCallToolId,
    conversation_id_from_run_id,
)

from codecompanion.agents.unit_journal import UnitJournal
from codecompanion.tools.desk import Desk


class RunLogBackend(JournalCallableOperationBackend[None]):
    """Carries out each unit through the unit journal."""

    def __init__(self, journal: UnitJournal, name: str) -> None:
        super().__init__(agent_name=name, config=RoleBasedOperationConfig(model=None, event=None, capability=None, tool=None))
        self._journal = journal

    async def execute(
        self,
        *,
        operation_id: DurableOperationId,
        name: str,  # noqa: ARG002 - units are known by their place
        body: Callable[[], Awaitable[object]],
        cache_key: tuple[object, ...],
        config: None,  # noqa: ARG002 - there is none
    ) -> object:
        """Do it once."""
        match operation_id:
            case ModelRequestId():
                _model_id, messages, settings, parameters, _context = cache_key
                return await self._journal.model_call(messages, settings, parameters, body)
            case ToolsetCallToolId():
                tool, args, _context, _tool = cache_key
                return await self._journal.tool_call(str(tool), cast("dict[str, Any]", args), body)
            case _:
                return await body()  # it follows from what is recorded


class RunLogDurability(BaseDurabilityCapability[Desk]):
    """Makes an agent's work part of its run's log. Tools are used one after another, so that their order is the log's."""

    engine_spec = DurabilityEngineSpec(
        engine_name="CodeCompanion",
        durable_unit_noun="unit",
        durable_container_noun="run",
        codec=JSON_CODEC,
        journal_discovery=False,
        sequential_tools_in_durable_context=True,
    )

    def __init__(self, journal: UnitJournal, name: str) -> None:
        super().__init__(name=name)
        self._journal = journal

    @property
    def in_durable_context(self) -> bool:
        """Always: an agent works for a run only."""
        return True

    def get_default_run_id(self) -> str:
        """Return the same id when the work is replayed."""
        return self._journal.prefix

    def get_default_conversation_id(self, run_id: str) -> str:
        """Return the same id when the work is replayed."""
        return conversation_id_from_run_id(run_id)

    def get_durable_operation_backend(self) -> RunLogBackend:
        """Return what carries out the units."""
        return RunLogBackend(self._journal, str(self.name))
