"""`up` and `ui`: the web UI, with the API or beside one that is served already."""

import os
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.options import HERE, Folder, with_app
from codecompanion.cli.serve import PORT

if TYPE_CHECKING:
    from codecompanion.wiring import App

UI_PORT = 4030
TOKEN_LASTS = timedelta(days=1)

UiPort = Annotated[int, typer.Option("--ui-port", min=0, max=65_535, help="The port of the pages; 0 takes a free one.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the link in a browser.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(up)
    app.command()(ui)


def up(
    *,
    cwd: Folder = HERE,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port of the API; 0 takes a free one.")] = PORT,
    ui_port: UiPort = UI_PORT,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many runs are worked on at once.")] = 2,
    browser: Browser = True,
) -> int:
    """Serve the API and the web UI on this machine and open it in a browser, until interrupted."""
    from codecompanion.cli.pages import Place, require_pages, serving_pages

    require_pages()

    async def job(app: "App") -> int:
        from codecompanion.api.serving import Listening, serve
        from codecompanion.domain.access import Scope
        from codecompanion.runs.tokens import Tokens

        root = (await app.workspace.inspect(cwd)).root
        tokens = Tokens(app.store, app.clock)
        scopes = [scope for scope in Scope if scope is not Scope.ADMIN]
        sandbox = await app.sandbox()
        token, text = await tokens.create("web UI", scopes, app.clock.now() + TOKEN_LASTS)
        with ExitStack() as stack:

            def ready(address: str) -> None:
                say(f"API at {address}; Ctrl-C stops both, and runs that are under way go on with the next server")
                log = app.settings.state_dir / "web.log"
                stack.enter_context(serving_pages(address, text, Place(ui_port), browser=browser, log=log))

            try:
                await serve(app, Listening("127.0.0.1", port, (root,), workers), sandbox, ready, say)
            finally:
                await tokens.revoke(token.token_id)
        return 0

    return with_app(cwd, {}, job, log_level="warning")


def ui(
    *,
    api: Annotated[str, typer.Option("--api", metavar="URL", help="Where the API is.")] = f"http://127.0.0.1:{PORT}",
    host: Annotated[str, typer.Option(help="Where to listen; beyond this machine behind TLS only.")] = "127.0.0.1",
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", help="A name that browsers may call it by; may be repeated.", show_default=False),
    ] = None,
    ui_port: UiPort = UI_PORT,
    browser: Browser = True,
) -> int:
    """Serve the web UI for an API that is served already; its token is read from CODECOMPANION_API_TOKEN."""
    from signal import SIGINT, SIGTERM, signal
    from threading import Event

    from codecompanion.cli.pages import Place, require_pages, serving_pages
    from codecompanion.settings import Sourced

    require_pages()
    state = Sourced.load(os.environ).settings.state_dir
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = os.environ.get("CODECOMPANION_API_TOKEN", "")
    told = Event()
    for number in (SIGINT, SIGTERM):
        signal(number, lambda _number, _frame: told.set())
    place = Place(ui_port, host, tuple(host_name or ()))
    with serving_pages(api, token, place, browser=browser, log=state / "web.log"):
        told.wait()
    return 0
