"""Let a model ask the person."""

from pydantic_ai import ModelRetry, RunContext

from codecompanion.tools.desk import Desk


async def ask_user(ctx: RunContext[Desk], question: str) -> str:
    """Ask the person one question. Only for what the files cannot tell and a wrong guess would spoil.

    Args:
        question: One short question that can be answered without seeing the code.
    """
    if not question.strip():
        raise ModelRetry("question must not be empty")
    answer = await ctx.deps.ask(question.strip())
    if answer is None:
        return "Nobody is there: decide yourself, and say in your answer which assumption you made."
    return answer or "The person gave an empty answer: decide yourself, and say which assumption you made."
