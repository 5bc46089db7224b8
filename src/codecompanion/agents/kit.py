"""What the agents of a run work with beside the run's own toolbox."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_ai.models import Model

from codecompanion.agents.mcp_tools import OpenServers
from codecompanion.agents.model_calls import ModelCalls
from codecompanion.agents.pool import Pool
from codecompanion.ports import Sandbox
from codecompanion.routing.run_router import RunRouter

AskPerson = Callable[[str], Awaitable[str | None]]
"""Asks the person a question and returns the answer; None when nobody is there."""


@dataclass(frozen=True, slots=True)
class AgentKit:
    """Everything that is the same for all agents of a run.

    Attributes:
        calls: Sends and prices the calls of models; the models that `open_model` opens report to it.
        open_model: Opens a model by its name, provider:model.
        edit_form: Returns the form in which a model writes edits best.
        sandbox: Where commands run.
        state_dir: Where indexes are kept.
        ask: Asks the person.
        say: Tells the user something on the side.
        family: Returns the family of a model, "unknown" for a strange one.
        router: Decides who is asked, in runs whose model is "auto".
        pool: Whom it may choose from.
        judge_weights: Returns how much the word of judges weighs, by their model, as the log says now.
        memories: Returns what earlier runs learned that may help with an objective, within so many tokens; "" for nothing.
        recall: Returns a note of earlier runs whole, by its handle; words for the model also when there is none.
        mcp: Opens the project's MCP servers; None when it names none.
    """

    calls: ModelCalls
    open_model: Callable[[str], Model[Any]]
    edit_form: Callable[[str], str]
    sandbox: Sandbox
    state_dir: Path
    ask: AskPerson
    say: Callable[[str], None]
    family: Callable[[str], str]
    router: RunRouter
    pool: Pool
    memories: Callable[[str, int], Awaitable[str]]
    recall: Callable[[str], Awaitable[str]]
    judge_weights: Callable[[], Awaitable[Mapping[str, float]]]
    mcp: OpenServers | None = None
