"""`worker`: work on runs that wait, beside any number of others on any machine."""

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.options import with_app

if TYPE_CHECKING:
    from codecompanion.runs.worker import Worker
    from codecompanion.wiring import App


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(worker)


def worker(
    *,
    concurrency: Annotated[int, typer.Option("--concurrency", "-n", min=1, max=64, help="How many runs at once.")] = 1,
) -> int:
    """Work on runs that wait in the log, until told to stop; other workers go on with what is under way then."""

    async def job(app: "App") -> int:
        import anyio

        from codecompanion.runs.worker import Worker
        from codecompanion.runs.worker_home import worker_home

        sandbox = await app.proven_sandbox()
        async with worker_home(app, app.clock.new_id()) as home:
            one = Worker(app, sandbox, home, concurrency, say)
            print(home.worker, flush=True)
            say(f"working, {concurrency} at once, in {sandbox.rung}; Ctrl-C or SIGTERM stops it in good order")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one.run)
                await _until_told(one)
                tasks.cancel_scope.cancel()
        return 0

    return with_app(None, {}, job)


async def _until_told(one: "Worker") -> None:
    """Return when a signal came and all runs were let go of; a second signal waits for nothing."""
    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            async with anyio.create_task_group() as leaving:

                async def drain() -> None:
                    await one.drain()
                    leaving.cancel_scope.cancel()

                leaving.start_soon(drain)
                async for _again in signals:
                    leaving.cancel_scope.cancel()
            return
