"""Let a model see the outline of the repository."""

from pydantic_ai import RunContext

from codecompanion.tools.desk import Desk

BUDGET_TOKENS = 2000


async def repo_map(ctx: RunContext[Desk], focus: str = "") -> str:
    """Show the outline of the files that matter most: their classes and functions, without their bodies.

    Args:
        focus: Words, names or paths that say what you are looking for; "" for the whole repository.
    """
    desk = ctx.deps
    return desk.redact(await desk.repo_map(focus.strip(), BUDGET_TOKENS)) or "There is nothing to outline."
