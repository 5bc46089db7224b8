"""`serve`: the REST API, with workers of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.options import HERE, Folder, with_app

if TYPE_CHECKING:
    from codecompanion.wiring import App

PORT = 4020


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(serve)


def serve(
    *,
    cwd: Folder = HERE,
    repo: Annotated[
        list[Path] | None,
        typer.Option("--repo", help="Serve this repository too; may be repeated.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen; beyond this machine only with tokens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")] = PORT,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", help="A name that requests may call the server by; may be repeated.", show_default=False),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="How many runs are worked on at once here; 0 leaves them to other workers.")
    ] = 2,
    rate: Annotated[float, typer.Option(min=0, help="Requests a second for each client; 0 for no limit.")] = 50.0,
) -> int:
    """Serve the REST API and work on the runs that it is given, until interrupted."""

    async def job(app: "App") -> int:
        from codecompanion.api.serving import Listening
        from codecompanion.api.serving import serve as listen

        roots = [(await app.workspace.inspect(folder)).root for folder in (cwd, *(repo or []))]
        where = Listening(host, port, tuple(dict.fromkeys(roots)), workers, tuple(host_name or ()), rate)
        await listen(app, where, await app.proven_sandbox(), _say_ready, say)
        return 0

    return with_app(cwd, {}, job, log_level="info")


def _say_ready(address: str) -> None:
    print(address, flush=True)
    say("serving; Ctrl-C stops it, and runs that are under way go on with the next server")
