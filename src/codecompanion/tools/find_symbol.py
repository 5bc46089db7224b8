"""Let a model find where a name is defined and used."""

from pydantic_ai import ModelRetry, RunContext

from codecompanion.tools.desk import Desk


async def find_symbol(ctx: RunContext[Desk], name: str) -> str:
    """Find the definitions of a function, class or variable, and the places that refer to it.

    Args:
        name: Its bare name, such as "total", or with its class, such as "Cart.total".
    """
    if not name.strip():
        raise ModelRetry("name must not be empty")
    desk = ctx.deps
    return desk.redact(await desk.symbols(name.strip())) or f"Nothing is called {name!r}."
