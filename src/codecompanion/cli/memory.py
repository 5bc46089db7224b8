"""`memory search`, `show` and `forget`: what earlier runs taught about this project."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, print_json, with_app
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.memory.memory import Found, ProjectMemory
    from codecompanion.memory.notes import Note
    from codecompanion.wiring import App

NOTHING_FOUND = 1
WITHOUT_EMBEDDER = {"embedder": ""}
"""To show and to forget nothing is searched by meaning."""

app = typer.Typer(help="Look at what earlier runs taught about this project, and forget it.")

Named = Annotated[str, typer.Argument(metavar="ID", help="A note's id, or the beginning of one.")]


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="What the notes are to have to do with.")],
    *,
    cwd: Folder = HERE,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="At most so many notes.")] = 10,
    as_json: Json = False,
) -> int:
    """Find the notes that have to do with some words, best first."""

    async def job(app: "App") -> int:
        from codecompanion.domain.input_text import validate_input
        from codecompanion.runs.remembering import open_memory

        asked = validate_input(" ".join(words), what="what is searched for")
        async with open_memory(app, cwd, os.environ) as memory:
            found = await memory.search(asked, k)
        if found.missing:
            say(f"note: searched by words only, the embedder does not answer ({found.missing})")
        if as_json:
            print_json(_found(memory, found))
        elif found.notes:
            print(harmless("\n".join(map(_line, found.notes))))
        else:
            say("nothing that is remembered has to do with these words")
        return 0 if found.notes else NOTHING_FOUND

    return with_app(cwd, {}, job)


@app.command()
def show(note_id: Named, *, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Show a note with every event that it was learned from."""

    async def job(app: "App") -> int:
        from codecompanion.runs.remembering import open_memory

        async with open_memory(app, cwd, os.environ) as memory:
            note = await memory.show(note_id)
        if as_json:
            print_json({"schema_version": 1, "type": "note", "project": memory.project, **_row(note)})
        else:
            ids = (f"  id      {note.note_id}", f"  tags    {', '.join(note.tags) or '-'}")
            print(harmless("\n".join([_line(note), *ids, *_sources(note)])))
        return 0

    return with_app(cwd, WITHOUT_EMBEDDER, job)


@app.command()
def forget(
    note_id: Annotated[str | None, typer.Argument(metavar="ID", help="The note to forget.", show_default=False)] = None,
    *,
    run: Annotated[str | None, typer.Option("--run", help="All that this run taught.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is remembered of this project.")] = False,
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Delete notes for good: they are not learned again from the log."""
    if [note_id is not None, run is not None, everything].count(True) != 1:
        raise BadInput("say what to forget: one of ID, --run RUN and --all", fix="codecompanion memory search WORDS shows ids")

    async def job(app: "App") -> int:
        from codecompanion.runs.remembering import open_memory

        async with open_memory(app, cwd, os.environ) as memory:
            gone = await _forgotten(app, memory, note_id, run)
        if as_json:
            print_json({"schema_version": 1, "type": "forgotten", "project": memory.project, "notes": gone})
        else:
            print(f"forgot {gone} {'note' if gone == 1 else 'notes'}")
        return 0

    return with_app(cwd, WITHOUT_EMBEDDER, job)


async def _forgotten(app: "App", memory: "ProjectMemory", note_id: str | None, run: str | None) -> int:
    from codecompanion.runs.find import find_run

    if note_id is not None:
        return await memory.forget(note_id)
    if run is not None:
        return await memory.forget_run(await find_run(app.store, run, inside=Path.cwd()))
    return await memory.forget_all()


def _line(note: "Note") -> str:
    detail = f" ({note.detail})" if note.detail else ""
    seen = f"{len(note.sources)} times, last " if len(note.sources) > 1 else ""
    return f"{note.handle}  {note.kind:<8}  {note.text}{detail}  [{seen}{note.last_at[:10]}]"


def _sources(note: "Note") -> list[str]:
    return [f"  source  run {s.run_id}, event {s.version} ({s.event_id}), {s.recorded_at}" for s in note.sources]


def _found(memory: "ProjectMemory", found: "Found") -> dict[str, Any]:
    rows = [_row(note) for note in found.notes]
    return {"schema_version": 1, "type": "memory", "project": memory.project, "by": found.by, "notes": rows}


def _row(note: "Note") -> dict[str, Any]:
    row = asdict(note)
    del row["project"]
    return {"id": note.handle, **row}
