"""`config show`: which values are in force and where they came from."""

from typing import Annotated

import typer

from codecompanion.cli.options import HERE, Folder, Json, load_settings, print_json

app = typer.Typer(help="Look at the settings.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def show(
    *,
    cwd: Folder = HERE,
    sources: Annotated[bool, typer.Option("--sources", help="Also show the sources.")] = False,
    as_json: Json = False,
) -> int:
    """Show every setting."""
    rows = load_settings(cwd, {}).rows()
    if as_json:
        values = {name: value for name, value, _ in rows}
        origin = {name: source for name, _, source in rows}
        print_json({"schema_version": 1, "type": "config", "settings": values, "sources": origin})
        return 0
    for name, value, source in rows:
        print(f"{name} = {value!r}" + (f"  ({source})" if sources else ""))
    return 0
