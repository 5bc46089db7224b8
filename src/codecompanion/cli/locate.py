"""`locate`: find the files, symbols and lines that an objective is about."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.options import HERE, Folder, Json, Quiet, load_settings, print_json
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.settings import Settings
    from codecompanion.workspace.retrieval.answer import Located
    from codecompanion.workspace.retrieval.columns import Floats
    from codecompanion.workspace.retrieval.project import Project
    from codecompanion.workspace.retrieval.rank import Ranking

SPOTS = 3
NOTHING_FOUND = 1


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(locate)


def locate(
    objective: Annotated[str, typer.Argument(help="What is to be changed or understood; '-' reads it from stdin.")],
    *,
    cwd: Folder = HERE,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="At most so many files.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each file is there.")] = False,
    draw_map: Annotated[bool, typer.Option("--map", help="Draw the signatures that matter as a tree instead.")] = False,
    budget_tokens: Annotated[int, typer.Option("--budget-tokens", min=1, help="How long the map may be.")] = 2000,
    by_meaning: Annotated[
        bool, typer.Option("--meaning", help="Ask the embedder too; it is sent the files' beginnings.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Find the files, symbols and lines that an objective is about."""
    import anyio

    text = _text_of(objective)
    settings = load_settings(cwd, {}).settings

    async def inside() -> int:
        from codecompanion.workspace.retrieval.answer import answer, located
        from codecompanion.workspace.retrieval.index import telling
        from codecompanion.workspace.retrieval.project import open_project
        from codecompanion.workspace.retrieval.repo_map import repo_map

        project = await open_project(cwd, settings.state_dir, on_progress=_nobody if quiet else telling(say), say=say)
        near = await _nearness(project, text, settings, quiet=quiet) if by_meaning else None
        ranking = answer(project, text, near)
        if draw_map:
            return _show_map(repo_map(project, ranking, budget_tokens), project, budget_tokens, as_json=as_json)
        return _show_files(located(project, ranking, k, explain=explain), project, ranking, explain=explain, as_json=as_json)

    return anyio.run(inside)


async def _nearness(project: "Project", objective: str, settings: "Settings", *, quiet: bool) -> "Floats":
    from codecompanion.observability.redaction import Redactor
    from codecompanion.wiring.providers import open_embedder_of
    from codecompanion.workspace.retrieval.meaning import Meaning, nearness, vectors_path
    from codecompanion.workspace.retrieval.vectors import VectorFile

    if not settings.embedder:
        raise BadInput("no embedder is named", fix="set `embedder` to provider:model, or leave --meaning out")
    async with open_embedder_of(settings, os.environ) as embedder:
        meaning = Meaning(embedder, VectorFile(vectors_path(settings.state_dir)), Redactor.from_environ(os.environ).text)
        return await nearness(project, objective, meaning, _nobody if quiet else _embedding)


def _embedding(done: int, of: int) -> None:
    say(f"embedding: {done} of {of} files")


def _text_of(objective: str) -> str:
    return os.fsdecode(sys.stdin.buffer.read()).replace("\0", " ") if objective == "-" else objective


def _nobody(_done: int, _of: int) -> None:
    pass


def _show_map(drawn: str, project: "Project", budget_tokens: int, *, as_json: bool) -> int:
    from codecompanion.workspace.retrieval.repo_map import tokens_of

    if as_json:
        size = {"budget_tokens": budget_tokens, "tokens": tokens_of(drawn)}
        print_json({"schema_version": 1, "type": "map", "root": str(project.root), **size, "map": drawn})
    elif drawn:
        print(drawn)
    else:
        say("nothing that answers the objective fits into the map")
    return 0 if drawn else NOTHING_FOUND


def _show_files(found: list["Located"], project: "Project", ranking: "Ranking", *, explain: bool, as_json: bool) -> int:
    if as_json:
        files = [_row(file, explain=explain) for file in found]
        print_json({"schema_version": 1, "type": "located", "root": str(project.root), "files": files})
    else:
        for file in found:
            print("\n".join(_lines(file, explain=explain)))
        if not found:
            say(
                f"none of {len(ranking.order)} files has to do with the objective: name identifiers, files or words of the code"
            )
    return 0 if found else NOTHING_FOUND


def _row(file: "Located", *, explain: bool) -> dict[str, Any]:
    symbols = [
        {
            "name": spot.symbol.name,
            "kind": spot.symbol.kind,
            "first_line": spot.symbol.first_line,
            "last_line": spot.symbol.last_line,
            "signature": spot.symbol.signature,
            "score": spot.score,
        }
        for spot in file.spots
    ]
    row: dict[str, Any] = {"path": file.path, "kind": file.kind, "score": file.score, "symbols": symbols}
    if explain:
        row["reasons"] = [{"signal": r.signal, "points": r.points, "text": r.text} for r in file.reasons]
    return row


def _lines(file: "Located", *, explain: bool) -> list[str]:
    spots = [f"  {s.symbol.first_line}-{s.symbol.last_line}: {s.symbol.signature}" for s in file.spots[:SPOTS]]
    reasons = [f"  {reason.points:+.2f} {reason.text}" for reason in file.reasons] if explain else []
    return [f"{file.path}", *spots, *reasons]
