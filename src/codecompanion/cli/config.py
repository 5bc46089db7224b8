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
    loaded = load_settings(cwd, {})
    values = loaded.settings.model_dump(mode="json")
    for name in ("database_url", "bus_url"):
        values[name] = loaded.settings.scrub_url(getattr(loaded.settings, name))
    origin = {name: loaded.sources.get(name, "default") for name in values}
    if as_json:
        print_json({"schema_version": 1, "type": "config", "settings": values, "sources": origin})
        return 0
    for name, value in values.items():
        print(f"{name} = {value!r}" + (f"  ({origin[name]})" if sources else ""))
    return 0
