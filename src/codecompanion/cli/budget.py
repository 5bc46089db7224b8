"""`budget`: the limits of what models may cost."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, load_settings, print_json, with_app

if TYPE_CHECKING:
    from codecompanion.wiring import App

app = typer.Typer(help="Limit what models may cost, and see how the limits stand.", no_args_is_help=True)
ADVICE = {"none": "", "prefer-cheaper": ": prefer cheaper models", "stop": ": nothing more may be spent"}


@app.callback()
def _group() -> None:
    pass


@app.command()
def show(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Show every limit, where it was set, and how much of it is used (US dollars)."""

    async def job(app: "App") -> int:
        from codecompanion.runs.budgets import budgets_of
        from codecompanion.settings import project_root

        answer = await budgets_of(app, load_settings(cwd, {}), project_root(cwd))
        if as_json:
            print_json(answer)
        else:
            print(harmless("\n".join(_line(limit) for limit in answer["limits"])))
        return 0

    return with_app(cwd, {}, job)


@app.command(name="set")
def set_(
    limit: Annotated[str, typer.Argument(metavar="LIMIT", help="run, day, week, month or project.")],
    usd: Annotated[str, typer.Argument(metavar="USD", help="US dollars, 0 for only what is free, or 'none'.")],
    *,
    for_project: Annotated[
        bool, typer.Option("--for-project", help="Write it into the project's own settings, which may only lower yours.")
    ] = False,
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Set a limit in your settings file; the rest of the file stays as it is."""
    from codecompanion.runs.budgets import set_budget
    from codecompanion.settings import project_root, shown

    path = set_budget(os.environ, limit, usd, project=project_root(cwd) if for_project else None)
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "type": "budget_set",
                "limit": limit,
                "usd": None if usd == "none" else usd,
                "file": shown(path),
            }
        )
    else:
        print(harmless(f"{limit}: {'no limit' if usd == 'none' else f'${usd}'}, in {shown(path)}"))
    return 0


def _line(limit: dict[str, Any]) -> str:
    name, source = f"{limit['limit'] + ':':<9}", "" if limit["source"] == "default" else f"  ({limit['source']})"
    amount = "no limit" if limit["limit_usd"] is None else f"${limit['limit_usd']}"
    if limit.get("used") is None:
        return f"{name}{amount}{source}"
    used = f", {limit['used']:.0%} used, ${limit['left_usd']} left{ADVICE[limit['degradation']]}"
    return f"{name}{amount}{used}{source}"
