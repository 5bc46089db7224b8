"""`learn`: what came of earlier tasks: look again, say what it shows, hand it on, forget it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, print_json, with_app
from codecompanion.domain.errors import BadInput, EnvironmentBroken

if TYPE_CHECKING:
    from codecompanion.wiring import App

app = typer.Typer(help="Learn what models are good at from what came of their work.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command()
def sync(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Record what is not recorded yet, and look in git what became of delivered changes: merged, reverted, replaced."""

    async def job(app: "App") -> int:
        from dataclasses import asdict

        from codecompanion.runs.learning import sync

        done = await sync(app)
        if as_json:
            print_json({"schema_version": 1, "type": "learn_sync", **asdict(done)})
        else:
            print(f"recorded {_many(done.recorded, 'outcome')}, corrected {done.corrected}")
            print(
                f"followed {_many(done.followed, 'change')}: {done.merged} merged, {done.reverted} reverted, {done.gone} gone"
            )
        return 0

    return with_app(cwd, {}, job)


@app.command()
def insights(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Say what the outcomes show, as far as it is sure."""

    async def job(app: "App") -> int:
        from codecompanion.routing.insights import insights as look
        from codecompanion.runs.learned import insights_of

        learned = await app.learning().learned()
        found = look(learned, app.clock.now().date())
        answer = insights_of(found, learned)
        if as_json:
            print_json(answer)
            return 0
        if not found:
            say(f"{_many(answer['outcomes'], 'outcome')}: nothing that is sure enough to be said")
        for one in found:
            print(harmless(f"{one.kind:<11} {one.text}"))
        return 0

    return with_app(cwd, {}, job)


@app.command()
def rebuild(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Learn all of it again from the log alone, and compare it with what is kept."""

    async def job(app: "App") -> int:
        from codecompanion.runs.learned import stats_of

        engine = app.learning()
        kept, anew = await engine.learned(), await engine.rebuilt()
        same, outcomes = kept == anew, stats_of(anew)["outcomes"]
        if as_json:
            print_json({"schema_version": 1, "type": "learn_rebuild", "outcomes": outcomes, "same": same})
        else:
            print(f"{_many(outcomes, 'outcome')}: what is kept {'is' if same else 'IS NOT'} what the log says")
        return 0 if same else 1

    return with_app(cwd, {}, job)


@app.command()
def export(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; stdout if left out.", show_default=False)
    ] = None,
    cwd: Folder = HERE,
) -> int:
    """Write every outcome that counts as a line of JSON, with the paths of its repository and the names of its models."""

    async def job(app: "App") -> int:
        from codecompanion.routing.outcome_lines import written

        past = await app.learning().history()
        text = written(past.outcomes)
        if output is None:
            sys.stdout.write(text)
        else:
            _write(output, text)
            say(f"{_many(len(past.outcomes), 'outcome')} written to {output}")
        return 0

    return with_app(cwd, {}, job)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `learn export` wrote; '-' reads stdin.")],
    *,
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Take in the outcomes of a file, each decision once: all that are new, or none when a line is bad."""
    text = _read(file)

    async def job(app: "App") -> int:
        from codecompanion.routing.outcome_lines import read

        done = await app.learning().take_in(read(text, "stdin" if file == Path("-") else str(file)))
        if as_json:
            print_json({"schema_version": 1, "type": "learn_import", "new": done.new, "known": done.known})
        else:
            print(f"took in {_many(done.new, 'outcome')}; {done.known} were known")
        return 0

    return with_app(cwd, {}, job)


@app.command()
def reset(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="As `router stats` names it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the log.")] = "the user asked for it",
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Let what was learned of a model until now no longer count; the log keeps it."""

    async def job(app: "App") -> int:
        from codecompanion.domain.learning import cell_of

        engine = app.learning()
        cells = (await engine.learned()).cells
        known = sorted({cell_of(key)[0] for key in cells})
        if model not in known:
            raise BadInput(f"nothing was learned of {model!r}", fix=f"known are: {', '.join(known)}" if known else "")
        count = sum(tally.outcomes for key, tally in cells.items() if cell_of(key)[0] == model)
        await engine.reset(model, reason)
        if as_json:
            print_json({"schema_version": 1, "type": "learn_reset", "model": model, "outcomes": count})
        else:
            print(harmless(f"{_many(count, 'outcome')} of {model} no longer count"))
        return 0

    return with_app(cwd, {}, job)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _read(file: Path) -> str:
    try:
        return sys.stdin.buffer.read().decode() if file == Path("-") else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{str(file)!r} cannot be read", cause=str(error)) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentBroken(f"{str(file)!r} cannot be written", cause=str(error)) from error
