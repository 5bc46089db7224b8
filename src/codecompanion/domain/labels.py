"""Whose words a text is: what an agent was shown is labelled, and what it may do outward depends on it."""

from collections.abc import Collection
from enum import StrEnum


class Label(StrEnum):
    """Where a part of what an agent was shown comes from."""

    USER = "user"
    PROJECT = "project"
    MEMORY = "memory"
    TOOL = "tool"
    MCP = "mcp"


UNTRUSTED = frozenset(Label) - {Label.USER}
"""What may hold the words of a stranger: files of the repository, notes of earlier runs, output of commands, servers."""
PRIVATE = frozenset({Label.PROJECT, Label.MEMORY, Label.TOOL})
"""What the user has not shown to everybody."""


def may_carry_out(labels: Collection[Label]) -> bool:
    """Whether an agent that was shown this could be talked into sending private things away, if it had a way out."""
    return bool(UNTRUSTED & set(labels)) and bool(PRIVATE & set(labels))
