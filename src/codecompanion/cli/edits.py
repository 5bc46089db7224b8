"""`patch apply`: bring what a model wrote into the files of a folder."""

import sys
from typing import Annotated

import typer

from codecompanion.cli.options import HERE, Folder, Json, print_json

app = typer.Typer(help="Work with changes that a model wrote.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def apply(
    *,
    cwd: Folder = HERE,
    fmt: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="search_replace, udiff, git_patch, apply_patch, str_replace or whole; detected if left out.",
            show_default=False,
        ),
    ] = None,
    shown: Annotated[
        list[str] | None, typer.Option("--file", help="A file that the model was shown; repeatable.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change and write nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Apply the edits of a response on stdin: all of them, or none."""
    from codecompanion.workspace.edits import change_of, write

    change = change_of(cwd, _response(), fmt, shown or ())
    if not dry_run:
        write(cwd, change)
    files = [one.model_dump() for one in change.files_changed]
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "type": "patch",
                "applied": bool(files) and not dry_run,
                "files_changed": files,
                "diff_unified": change.diff_unified,
            }
        )
        return 0
    sys.stdout.write(change.diff_unified)
    counted = f"{len(files)} {'file' if len(files) == 1 else 'files'}"
    what = "nothing to do" if not files else "would change" if dry_run else "applied"
    print(f"{what}: {counted}" if files else f"{what}: the files already are as the response wants them", file=sys.stderr)
    return 0


def _response() -> str:
    from codecompanion.domain.errors import BadInput

    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise BadInput("the response on stdin is no UTF-8 text", cause=str(error), fix="send it as UTF-8") from error
