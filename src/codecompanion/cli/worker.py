"""`worker`: work on runs that wait, beside any number of others on any machine."""

import signal
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
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
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            min=0,
            max=65535,
            help="Serve figures for Prometheus at this port of this machine; 0 takes a free one.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Work on runs that wait in the log, until told to stop; other workers go on with what is under way then."""

    async def job(app: "App") -> int:
        import anyio

        from codecompanion.runs.worker import Worker
        from codecompanion.runs.worker_home import worker_home

        if app.acknowledged is not None:
            await app.acknowledged.require()
        sandbox = await app.proven_sandbox()
        async with worker_home(app, app.clock.new_id()) as home, _figures(app, metrics_port):
            one = Worker(app, sandbox, home, concurrency, say)
            print(home.worker, flush=True)
            say(f"working, {concurrency} at once, in {sandbox.rung}; Ctrl-C or SIGTERM stops it in good order")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one.run)
                await _until_told(one)
                tasks.cancel_scope.cancel()
        return 0

    return with_app(None, {}, job)


@asynccontextmanager
async def _figures(app: "App", port: int | None) -> AsyncGenerator[None]:
    """Serve what this process counts, unless the port is None."""
    if port is None:
        yield
        return
    from prometheus_client import CollectorRegistry

    from codecompanion.domain.errors import EnvironmentBroken
    from codecompanion.observability.metrics import RunMetrics, metrics_port

    registry = CollectorRegistry()
    app.watchers.add(RunMetrics(registry))
    with ExitStack() as stack:
        try:
            taken = stack.enter_context(metrics_port(registry, port))
        except OSError as error:
            raise EnvironmentBroken(f"port {port} cannot be listened on", cause=str(error), fix="choose another") from error
        say(f"figures at http://127.0.0.1:{taken}/metrics")
        yield


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
