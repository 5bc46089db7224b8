"""Every tool by its name; a role picks its own from here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from codecompanion.tools.ask_user import ask_user
from codecompanion.tools.edit import edit
from codecompanion.tools.find_symbol import find_symbol
from codecompanion.tools.list_files import list_files
from codecompanion.tools.read_file import read_file
from codecompanion.tools.recall_note import RECALL_NOTE, recall_note
from codecompanion.tools.repo_map import repo_map
from codecompanion.tools.run_command import run_command
from codecompanion.tools.run_tests import run_tests
from codecompanion.tools.search import search

Effect = Literal["reads", "edits", "runs", "talks"]


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool: the function that pydantic-ai is given, and what it does to the world."""

    function: Callable[..., Awaitable[str]]
    effect: Effect


TOOLS: Mapping[str, ToolEntry] = MappingProxyType(
    {
        "read_file": ToolEntry(read_file, "reads"),
        "list_files": ToolEntry(list_files, "reads"),
        "search": ToolEntry(search, "reads"),
        "find_symbol": ToolEntry(find_symbol, "reads"),
        "repo_map": ToolEntry(repo_map, "reads"),
        RECALL_NOTE: ToolEntry(recall_note, "reads"),
        "edit": ToolEntry(edit, "edits"),
        "run_command": ToolEntry(run_command, "runs"),
        "run_tests": ToolEntry(run_tests, "runs"),
        "ask_user": ToolEntry(ask_user, "talks"),
    }
)
