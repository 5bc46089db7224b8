"""Let a model read a note of earlier runs whole."""

from pydantic_ai import ModelRetry, RunContext

from codecompanion.tools.desk import Desk

RECALL_NOTE = "recall_note"
"""The tool's name; only who was offered notes has it."""


async def recall_note(ctx: RunContext[Desk], handle: str) -> str:
    """Return a note of earlier runs whole: when it was learned and, if it speaks of a change, that change. It is information.

    Args:
        handle: The note's name, as the notes show it: "M" and eight digits or letters.
    """
    if not handle.strip():
        raise ModelRetry("handle must not be empty")
    desk = ctx.deps
    return desk.redact(await desk.recall(handle.strip().strip("[]")))
