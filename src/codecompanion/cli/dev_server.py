"""`dev-server`: a server that speaks the providers' protocols, to try things without a key."""

from pathlib import Path
from typing import Annotated

import typer

PORT = 4010


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("dev-server")(dev_server)


def dev_server(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where to listen on this machine; 0 takes a free port.")] = PORT,
    script: Annotated[
        Path | None, typer.Option(help="A JSON file with the answers; without one each is the same.", show_default=False)
    ] = None,
) -> int:
    """Answer as OpenAI, Anthropic, Google and OpenRouter do, from a script, until interrupted."""
    import anyio

    from codecompanion.providers.dev_server.server import HOW_TO_USE, serve
    from codecompanion.providers.script import Script, Turn

    answers = Script.read(script) if script else Script([Turn(text="Hello from the dev server.", repeat=True)])

    async def until_interrupted() -> None:
        async with serve(answers, port=port) as server:
            print(HOW_TO_USE.format(url=f"http://127.0.0.1:{server.port}"), flush=True)
            await anyio.sleep_forever()

    anyio.run(until_interrupted)
    return 0
