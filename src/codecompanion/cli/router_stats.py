"""`router stats` and `simulate`: what is known of each model, and what other choices would have brought."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, print_json, with_app
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from codecompanion.wiring import App

ALL = "all"
HEAD = ("model", "role", "work", "n", "verified", "reward", "$ a task", "seconds", "unclean", "reverted")


def register(app: typer.Typer) -> None:
    """Add the verbs to a group."""
    app.command()(stats)
    app.command()(simulate)


def stats(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Show what is known of each model, role and kind of work; in brackets what holds the true value in 9 of 10 cases."""

    async def job(app: "App") -> int:
        from codecompanion.runs.learned import stats_of

        answer = stats_of(await app.learning().learned())
        if as_json:
            print_json(answer)
        elif not answer["profiles"]:
            say("nothing is learned yet: it is after each run, and by `codecompanion learn sync`")
        else:
            print(harmless("\n".join([*_table(answer["profiles"]), *_calibration(answer["calibration"])])))
        return 0

    return with_app(cwd, {}, job)


def simulate(
    *,
    profile: Annotated[
        str, typer.Option("--profile", help="What money and time are worth: quality, balanced or frugal.")
    ] = "balanced",
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="P", help="router, cheapest, best, random, always:MODEL, or all of the first four."),
    ] = "router",
    newest: Annotated[int, typer.Option("--newest", min=1, help="Look at so many of the newest outcomes.")] = 20_000,
    cwd: Folder = HERE,
    as_json: Json = False,
) -> int:
    """Estimate what another way of choosing would have brought for the decisions of the log; nothing is asked or changed."""

    async def job(app: "App") -> int:
        from codecompanion.domain.errors import BadInput
        from codecompanion.domain.routes import ProfileName
        from codecompanion.routing.profiles import PROFILES
        from codecompanion.routing.simulating import POLICIES
        from codecompanion.routing.simulating import simulate as put
        from codecompanion.runs.learned import simulation_of

        if profile not in list(ProfileName):
            raise BadInput(f"there is no profile {profile!r}", fix=f"one of {', '.join(ProfileName)}")
        outcomes = (await app.learning().history(newest)).outcomes
        names = list(POLICIES) if policy == ALL else [policy]
        answer = simulation_of(profile, [put(outcomes, name, PROFILES[ProfileName(profile)]) for name in names])
        if as_json:
            print_json(answer)
        else:
            print(harmless("\n".join(line for one in answer["policies"] for line in _simulated(one))))
        return 0

    return with_app(cwd, {}, job)


def _simulated(one: dict[str, Any]) -> list[str]:
    happened, difference = one["happened"], one["difference"]
    verdict = f"no conclusion: {one['why_not']}" if one["why_not"] else "better" if difference["value"] > 0 else "worse"
    utility = one["utility"]
    return [
        f"{one['policy']}: {verdict}",
        f"  utility {_rate(utility['dr'])} (DR), {_rate(utility['snips'])} (SNIPS); of what was chosen {_rate(happened)}",
        f"  difference {_rate(difference)}; success {_rate(one['success'])}; $ a task {_amount(one['cost_usd'], 4)}",
        f"  {counted(one['decisions'], 'decision')}, effective sample size {one['effective']:.0f}, {one['left_out']} left out",
    ]


def _table(rows: list[dict[str, Any]]) -> list[str]:
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        *(row["model"], row["role"], row["task_type"], str(row["outcomes"])),
        *(_rate(row["verified"]), _rate(row["reward"]), _amount(row["cost_usd"], 4), _amount(row["latency_s"], 1)),
        *(str(row["unclean"]), str(row["reverted"])),
    )


def _rate(interval: dict[str, float] | None) -> str:
    return "-" if interval is None else f"{interval['value']:.2f} [{interval['low']:.2f}, {interval['high']:.2f}]"


def _amount(interval: dict[str, float] | None, digits: int) -> str:
    if interval is None:
        return "-"
    return f"{interval['value']:.{digits}f} [{interval['low']:.{digits}f}, {interval['high']:.{digits}f}]"


def _calibration(rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"predictions of {row['model']}: n={row['count']}, squared error {row['brier']:.3f}; "
        + ", ".join(f"{one['predicted']:.2f} -> {one['happened']:.2f} ({one['count']})" for one in row["bins"])
        for row in rows
        if row["count"]
    ]
