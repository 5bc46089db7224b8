"""`router`: which model should do a task, and how well a policy would have chosen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import Json, print_json, with_app
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from codecompanion.routing.outcome_table import OutcomeTable
    from codecompanion.routing.replaying import Game, Score
    from codecompanion.wiring import App

ALL = "all"

app = typer.Typer(help="Choose models from what came of earlier choices.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command()
def replay(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="Outcomes of several models on the same tasks: CSV, or CSV.gz.")
    ],
    *,
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            metavar="P",
            help="router, random, epsilon-greedy, ucb1, beta-thompson, best-single, best-pair, oracle, or all.",
        ),
    ] = "router",
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="How many orders of the tasks.")] = 20,
    setting: Annotated[
        str,
        typer.Option("--setting", help="What the router starts with: cold, priors, warmed, cascade-noisy or cascade-perfect."),
    ] = "cold",
    with_priors: Annotated[bool, typer.Option("--priors", help="Start from public results in any setting.")] = False,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            help="What money and time are worth: quality, balanced or frugal; money alone, at 0.3, if left out.",
            show_default=False,
        ),
    ] = None,
    cost_weight: Annotated[
        float | None,
        typer.Option(
            "--cost-weight", min=0.0, max=10.0, help="What asking the dearest model costs, in successes.", show_default=False
        ),
    ] = None,
    most_tasks: Annotated[int, typer.Option("--tasks", min=1, help="At most so many tasks of the table.")] = 1500,
    as_json: Json = False,
) -> int:
    """Play a table of outcomes to a policy and judge it: 0 is a model at random, 1 the best single one in hindsight."""
    from codecompanion.routing.contestants import score
    from codecompanion.routing.outcome_table import read_table
    from codecompanion.routing.replaying import Game, Setting

    weights = _weights(profile, cost_weight)
    names, known = _names(policy), _one_of(setting, [one.value for one in Setting], "--setting")
    outcomes = read_table(table)
    if outcomes.incomplete and not as_json:
        say(f"left out: {counted(outcomes.incomplete, 'task')} without an outcome of every model")
    game = Game(Setting(known), *weights, most_tasks, with_priors)
    scores = {name: score(outcomes, name, game, seeds) for name in names}
    if as_json:
        print_json(_answer(table, outcomes, game, scores))
    else:
        print("\n".join(_lines(scores)))
    return 0


@app.command()
def explain(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN[:TASK]", help="A run's id, the beginning of one, or 'last'; a task's after a colon."),
    ] = "last",
    *,
    as_json: Json = False,
) -> int:
    """Say why each task of a run went to its model: what was expected of whom, who could not be asked, and what came of it."""

    async def job(app: "App") -> int:
        from codecompanion.cli.route_text import explanation_text
        from codecompanion.runs.find import find_run
        from codecompanion.runs.routes import explanation

        named, _, task_id = run.partition(":")
        run_id = await find_run(app.store, named)
        told = explanation(run_id, await app.store.read(run_id), task_id)
        if as_json:
            print_json(told)
        else:
            print(harmless(explanation_text(told)))
        return 0

    return with_app(None, {}, job)


def _weights(profile: str | None, cost_weight: float | None) -> tuple[float, float]:
    """Return what cost and latency count for."""
    from codecompanion.domain.routes import ProfileName
    from codecompanion.routing.profiles import PROFILES
    from codecompanion.routing.replaying import Game

    if profile is None:
        return (Game().cost_weight if cost_weight is None else cost_weight), 0.0
    chosen = PROFILES[ProfileName(_one_of(profile, [name.value for name in ProfileName], "--profile"))]
    return (chosen.cost_weight if cost_weight is None else cost_weight), chosen.latency_weight


def _names(policy: str) -> list[str]:
    from codecompanion.routing.contestants import POLICIES

    return list(POLICIES) if policy == ALL else [_one_of(policy, [*POLICIES, ALL], "--policy")]


def _one_of(value: str, known: list[str], option: str) -> str:
    from codecompanion.domain.errors import BadInput

    if value not in known:
        raise BadInput(f"{option} {value!r} does not exist", fix=f"one of {', '.join(known)}")
    return value


def _answer(path: Path, table: "OutcomeTable", game: "Game", scores: dict[str, "Score"]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "type": "router_replay",
        "table": str(path),
        "tasks": len(table.tasks),
        "incomplete": table.incomplete,
        "models": list(table.arms),
        "setting": game.setting.value,
        "priors": game.informed,
        "cost_weight": game.cost_weight,
        "latency_weight": game.latency_weight,
        "policies": [_row(name, score) for name, score in scores.items()],
    }


def _row(name: str, score: "Score") -> dict[str, Any]:
    return {
        "policy": name,
        "utility": round(score.mean, 6),
        "standard_error": round(score.error, 6),
        "success": round(score.success, 6),
        "cost_usd": score.cost_usd,
        "seeds": [round(result.normalised, 6) for result in score.results],
    }


def _lines(scores: dict[str, "Score"]) -> list[str]:
    width = max(len(name) for name in scores)
    head = f"{'policy':<{width}}  utility  +- error  success  $ per task"
    return [head, *(_line(name.ljust(width), score) for name, score in scores.items())]


def _line(name: str, score: "Score") -> str:
    return f"{name}  {score.mean:>7.3f}  {score.error:>8.3f}  {score.success:>7.3f}  {score.cost_usd:>10.6f}"
