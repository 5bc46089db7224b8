"""`auth token`: hand out, list and revoke the tokens of the API."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import Json, print_json, with_app
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.domain.access import Scope, Token
    from codecompanion.wiring import App

SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
READ_ONLY = ("runs:read", "artifacts:read")

app = typer.Typer(help="Who may use the API.", no_args_is_help=True)
token_app = typer.Typer(help="Bearer tokens of the API.", no_args_is_help=True)
app.add_typer(token_app, name="token")


@token_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it, for people.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="What it allows; may be repeated. By default runs:read and artifacts:read.", show_default=False
        ),
    ] = None,
    expires: Annotated[str, typer.Option(help="How long it holds: 30d, 12h, 90m, 4w, or never.")] = "90d",
    as_json: Json = False,
) -> int:
    """Make a token and print it, this one time."""

    async def job(app: "App") -> int:
        from codecompanion.runs.tokens import Tokens

        until = _until(expires, app.clock.now())
        token, text = await Tokens(app.store, app.clock).create(name, _scopes(scope or READ_ONLY), until)
        if as_json:
            print_json({"schema_version": 1, "type": "token", "token": text, **_row(token)})
        else:
            print(text)
            say(f"token {token.token_id} allows {', '.join(token.scopes)}; it is kept nowhere, so keep it now")
        return 0

    return with_app(None, {}, job)


@token_app.command("ls")
def list_tokens(*, as_json: Json = False) -> int:
    """List the tokens; their texts are not known any more."""

    async def job(app: "App") -> int:
        from codecompanion.runs.tokens import Tokens

        tokens = [*(await Tokens(app.store, app.clock).known()).values()]
        if as_json:
            print_json({"schema_version": 1, "type": "tokens", "tokens": [_row(token) for token in tokens]})
        elif tokens:
            print(harmless("\n".join(map(_line, tokens))))
        else:
            say("no tokens: codecompanion auth token create NAME makes one")
        return 0

    return with_app(None, {}, job)


@token_app.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `auth token ls` shows.")]) -> int:
    """Take a token back, from now on."""

    async def job(app: "App") -> int:
        from codecompanion.runs.tokens import Tokens

        await Tokens(app.store, app.clock).revoke(token_id)
        say(f"token {token_id} is revoked")
        return 0

    return with_app(None, {}, job)


def _scopes(names: list[str] | tuple[str, ...]) -> list["Scope"]:
    from codecompanion.domain.access import Scope

    known = [scope.value for scope in Scope]
    for name in names:
        if name not in known:
            raise BadInput(f"there is no scope {name!r}", fix=f"choose from {', '.join(known)}")
    return [Scope(name) for name in names]


def _until(expires: str, now: datetime) -> datetime | None:
    if expires == "never":
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", expires, re.ASCII)
    if found is None:
        raise BadInput(f"{expires!r} is no time", fix="write it like 30d, 12h, 90m, 4w, or never")
    return now + timedelta(seconds=int(found[1]) * SECONDS[found[2]])


def _row(token: "Token") -> dict[str, object]:
    return {
        "token_id": token.token_id,
        "name": token.name,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at or None,
        "revoked": token.revoked,
        "last_used_at": token.last_used_at or None,
    }


def _line(token: "Token") -> str:
    end = "revoked" if token.revoked else f"until {_minute(token.expires_at)}" if token.expires_at else "for ever"
    used = f"used {_minute(token.last_used_at)}" if token.last_used_at else "never used"
    return f"{token.token_id}  {end:<26}  {used:<25}  {','.join(token.scopes):<30}  {token.name}"


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
