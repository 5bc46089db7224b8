"""`cache stats` and `cache clear`: the answers of models that are kept."""

from typing import TYPE_CHECKING, TypeVar

import typer

from codecompanion.cli.options import Json, load_settings, print_json
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codecompanion.ports import ResponseCache

T = TypeVar("T")

app = typer.Typer(help="Look at the kept answers of models, or forget them.")


@app.command()
def stats(*, as_json: Json = False) -> int:
    """Show how many answers are kept, and how much room they take."""
    from dataclasses import asdict

    found = _with_cache(lambda cache: cache.stats())
    if as_json:
        print_json({"schema_version": 1, "type": "cache", **asdict(found)})
    else:
        mib = 1024**2
        since = f", the oldest of {found.oldest_at[:10]}" if found.oldest_at else ""
        print(f"{counted(found.entries, 'answer')}{since}; {found.stored_bytes / mib:.1f} of {found.limit_bytes / mib:.0f} MiB")
    return 0


@app.command()
def clear(*, as_json: Json = False) -> int:
    """Forget every kept answer; the next calls are sent and paid again."""
    count = _with_cache(lambda cache: cache.clear())
    if as_json:
        print_json({"schema_version": 1, "type": "cache_cleared", "entries": count})
    else:
        print(f"{counted(count, 'answer is', 'answers are')} forgotten")
    return 0


def _with_cache(job: "Callable[[ResponseCache], Awaitable[T]]") -> T:
    import anyio

    from codecompanion.cli.failure import say
    from codecompanion.wiring.stores import response_cache

    settings = load_settings(None, {}).settings

    async def inside() -> T:
        async with response_cache(settings, lambda text: say(f"note: {text}")) as cache:
            return await job(cache)

    return anyio.run(inside)
