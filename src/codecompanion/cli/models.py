"""`models list` and `models check`: who can answer, at what price, and whether it does."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.options import HERE, Folder, Json, load_settings, print_json
from codecompanion.domain.errors import BadInput, ModelCallFailed, ModelUnavailable

if TYPE_CHECKING:
    from codecompanion.runs.models import ListedModel, ModelCheck

app = typer.Typer(help="Look at the models that can answer.")

Named = Annotated[
    str | None, typer.Option("--model", "-m", help="provider:model, or an alias; the setting by default.", show_default=False)
]


@app.command("list")
def list_(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those whose key is missing.")] = False,
    as_json: Json = False,
) -> int:
    """Show the models that can be named, with context, price (US dollars per million tokens) and key."""
    import anyio

    from codecompanion.clock import SystemClock
    from codecompanion.providers.endpoints import find_local_servers
    from codecompanion.providers.prices import PRICE_VERSION
    from codecompanion.runs.models import list_models

    servers = anyio.run(find_local_servers, os.environ)
    models = list_models(os.environ, servers, SystemClock().now())
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "type": "models",
                "price_version": PRICE_VERSION,
                "models": [asdict(model) for model in models],
                "local_servers": [asdict(server) for server in servers],
            }
        )
        return 0
    shown = [model for model in models if everything or model.key is not None]
    print("\n".join([*(_line(model) for model in shown), *_notes(len(models) - len(shown), PRICE_VERSION)]))
    return 0


@app.command()
def check(*, model: Named = None, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Send one short prompt to a model; exit 5 and say what to do when it does not answer."""
    import anyio

    from codecompanion.cli.countdown import Countdown
    from codecompanion.cli.failure import say, text_of
    from codecompanion.cli.person import ask
    from codecompanion.clock import SystemClock
    from codecompanion.runs.models import check_model
    from codecompanion.wiring.providers import model_opener

    settings = load_settings(cwd, {"model": model}).settings
    if settings.model == "builtin":
        raise BadInput("the builtin mind needs no check", fix="name a model: codecompanion models check -m PROVIDER:MODEL")
    opener = model_opener(settings, os.environ, ask=ask, observer=Countdown())
    try:
        done = anyio.run(check_model, opener, settings.model, SystemClock().now())
    except ModelUnavailable as error:
        if not as_json:
            raise
        say(text_of(error.code, error.what, error.cause, error.fix))
        print_json({"schema_version": 1, "type": "model_check", "ok": False, "model": settings.model, "error": _error(error)})
        return error.exit_code
    if as_json:
        print_json({"schema_version": 1, "type": "model_check", "ok": True, **asdict(done), "error": None})
    else:
        print(_said(done))
    return 0


def _line(model: "ListedModel") -> str:
    context = f"{model.context_tokens // 1000}k" if model.context_tokens else "?"
    key = {None: "no key", "": "-"}.get(model.key, model.key)
    return f"{model.name:<44} {model.alias:<11} {context:>6} {_price(model):>16}  {key}"


def _price(model: "ListedModel") -> str:
    if model.input_usd_per_mtok is None:
        return "price unknown"
    more = "+" if model.tiered else ""
    return f"{model.input_usd_per_mtok:g} / {model.output_usd_per_mtok:g}{more}"


def _notes(hidden: int, price_version: str) -> list[str]:
    missing = [f"{hidden} more have no key: --all shows them, docs/PROVIDERS.md says how to set one."] if hidden else []
    return [*missing, f"US dollars per million tokens, in / out (+: more for long prompts), from {price_version}."]


def _said(done: "ModelCheck") -> str:
    cost = "price unknown" if done.cost_usd is None else f"${done.cost_usd:.6f}"
    tokens = f"{done.input_tokens} + {done.output_tokens} tokens{' (estimated)' if done.estimated else ''}"
    other = f", answered by {done.answered_by}" if done.answered_by != done.model else ""
    return f"ok  {done.model}: {done.latency_s:.2f} s, {tokens}, {cost}{other}"


def _error(error: ModelUnavailable) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": error.code, "what": error.what, "cause": error.cause, "fix": error.fix, "category": None}
    if isinstance(error, ModelCallFailed):
        shown |= {"category": error.category, "attempts": error.attempts, "retry_after_s": error.retry_after_s}
    return shown
