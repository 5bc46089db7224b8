"""`cost`: what models cost, by whom, and what is left to spend."""

import os
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, load_settings, print_json, with_app
from codecompanion.cli.quote import outcome_line
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from codecompanion.wiring import App


class By(StrEnum):
    """What costs are grouped by."""

    RUN = "run"
    ROLE = "role"
    MODEL = "model"
    DAY = "day"
    PROJECT = "project"


LEAST_SHOWN = 0.0001
UNSETTLED_SHOWN = 10
HEAD = ("calls", "spent", "unsettled", "wasted", "retried", "saved")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(cost)


def cost(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run; all of them if left out.")] = None,
    *,
    by: Annotated[
        By | None, typer.Option("--by", help="What to group by: runs, of one run its roles, if left out.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this UTC day on, like 2026-11-26.", show_default=False)
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="MODEL",
            help="Also show what the run's calls would have cost with this model; may be repeated.",
            show_default=False,
        ),
    ] = None,
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Show what models cost, what is reserved, and how much the limits leave (US dollars)."""

    async def job(app: "App") -> int:
        from codecompanion.runs.cost import CostQuestion, checked_day, cost_of
        from codecompanion.runs.find import find_run, view_run
        from codecompanion.settings import project_root

        found, project = None, str(project_root(cwd))
        if run_id is not None:
            found = await find_run(app.store, run_id)
            project = (await view_run(app.store, found)).request.repo
            app = replace(app, settings=load_settings(Path(project), {}).settings)
        grouping = by or (By.RUN if found is None else By.ROLE)
        day = "" if since is None else checked_day(since)
        answer = await cost_of(app, CostQuestion(found, grouping.value, day, project))
        if found is not None:
            from codecompanion.runs.quoted import quoted

            answer["quote"] = await quoted(app, found)
        if models:
            from codecompanion.domain.errors import BadInput
            from codecompanion.runs.what_if import what_if

            if found is None:
                raise BadInput("--what-if needs a run", fix="codecompanion cost last --what-if MODEL")
            answer["what_if"] = [await what_if(app, found, model) for model in models]
        if as_json:
            print_json(answer)
        else:
            _show(answer)
        return 0

    return with_app(cwd, {}, job)


def _show(answer: dict[str, Any]) -> None:
    if not answer["groups"]:
        print("no calls of models yet", file=sys.stderr)
    print(harmless("\n".join(cost_lines(answer))))


def cost_lines(answer: dict[str, Any]) -> list[str]:
    """Return what models cost as lines: a table, what is not settled, the limits."""
    table = _table(answer) if answer["groups"] else []
    quote = [outcome_line(answer["quote"])] if answer.get("quote") else []
    limits = map(_limit, answer["limits"])
    return [
        *table,
        *_unsettled(answer["unsettled"]),
        *limits,
        *_burn(answer["burn"]),
        *quote,
        *map(_what_if, answer.get("what_if", ())),
    ]


def _burn(burn: dict[str, Any] | None) -> list[str]:
    if burn is None:
        return []
    lasts = "".join(f", the {name}'s limit lasts {days:.1f} days" for name, days in burn["lasts_days"].items())
    return [f"rate:    {_usd(burn['usd_per_day'])} a day over {counted(burn['days'], 'day')}{lasts}"]


def _what_if(guess: dict[str, Any]) -> str:
    actual = "an unknown price" if guess["actual_usd"] is None else _usd(guess["actual_usd"])
    calls = f"{counted(guess['calls'], 'call')} of as many tokens"
    return f"what if: {calls} with {guess['model']}: {_usd(guess['usd'])}, really {actual}"


def _unsettled(calls: list[dict[str, Any]]) -> list[str]:
    more = len(calls) - UNSETTLED_SHOWN
    rows = [
        f"unsettled: {call['at'][:16]}Z  {call['run']}  {call['role']}  {call['model']}  {_usd(call['worst_usd'])} at most"
        for call in sorted(calls, key=lambda call: str(call["at"]))[-UNSETTLED_SHOWN:]
    ]
    return [*([f"unsettled: {more} older, see --json"] if more > 0 else []), *rows]


def _table(answer: dict[str, Any]) -> list[str]:
    by = answer["by"]
    rows = [(_shown(group[by]), group) for group in answer["groups"]] + [("total", answer["total"])]
    width = max(len(name) for name, _ in rows)
    return [_line(by, HEAD, width), *(_line(name, _cells(group), width) for name, group in rows)]


def _cells(group: dict[str, Any]) -> tuple[str, ...]:
    calls = group["calls"] + group["open_calls"]
    return (str(calls), *(_usd(group[f"{name}_usd"]) for name in HEAD[1:]))


def _line(name: str, cells: tuple[str, ...], width: int) -> str:
    return f"{name:<{width}}  {cells[0]:>6}" + "".join(f"  {cell:>11}" for cell in cells[1:])


def _limit(limit: dict[str, Any]) -> str:
    name = f"{limit['limit'] + ':':<8}"
    used = f"{_usd(limit['spent_usd'])} spent, {_usd(limit['reserved_usd'])} reserved"
    if limit["limit_usd"] is None:
        return f"{name} no limit, {used}"
    return f"{name} limit {_usd(limit['limit_usd'])}, {used}, {_usd(limit['left_usd'])} left"


def _usd(text: str) -> str:
    from decimal import Decimal

    usd = Decimal(text)
    return f"${usd:.4f}" if usd == 0 or usd >= LEAST_SHOWN else f"<${LEAST_SHOWN}"


def _shown(name: str) -> str:
    """Return a name as a terminal takes it: a path may hold anything."""
    return os.fsencode(name).decode(errors="backslashreplace")
