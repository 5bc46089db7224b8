"""`agents`: list the agents of the maintenance pack, run one or a preset of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.fixing import BUILTIN, fix, refuse_what_asks_a_model, refuse_what_only_a_report_has
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import (
    HERE,
    Folder,
    Json,
    MaxBudget,
    Model,
    OutputFormat,
    Python,
    Quiet,
    TestCommand,
    WeakSandbox,
    load_settings,
    print_json,
)
from codecompanion.cli.telling import Telling
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.agents.maintenance.report import AgentReport
    from codecompanion.ports import Sandbox

AGENT_LIMIT_S = 600.0

app = typer.Typer(help="Look after a project with agents that need no model; some take one.", no_args_is_help=True)


@app.command("list")
def list_agents(*, as_json: Json = False) -> int:
    """List the agents and the presets."""
    from codecompanion.agents.maintenance.catalogue import AGENTS
    from codecompanion.agents.maintenance.presets import PRESETS

    if as_json:
        from dataclasses import asdict

        agents = [asdict(entry) for entry in AGENTS.values()]
        print_json({"schema_version": 1, "type": "agents", "agents": agents, "presets": [asdict(p) for p in PRESETS.values()]})
        return 0
    for entry in AGENTS.values():
        print(f"{entry.name:<12} {entry.summary}\n{'':<12} changes {entry.changes}")
    print("\npresets (agents run --preset NAME, or auto)")
    for preset in PRESETS.values():
        print(f"{preset.name:<12} {', '.join(preset.agents)}")
    return 0


@app.command("run")
def run_agents(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="An agent; 'agents list' names them.")] = None,
    *,
    cwd: Folder = HERE,
    preset: Annotated[
        str | None, typer.Option("--preset", help="Run several: a preset's name, or 'auto'.", show_default=False)
    ] = None,
    yes: Annotated[
        bool | None,
        typer.Option(
            "--yes/--dry-run",
            help="Let the installer install, outside the cage and with the network. --dry-run: the fixer, bug-triage and"
            " pr-preparer show what a model would be sent first and its price, and ask none.",
            show_default=False,
        ),
    ] = None,
    impacted: Annotated[bool, typer.Option("--impacted", help="Run only tests that reach what changed since --base.")] = False,
    base: Annotated[
        str | None,
        typer.Option("--base", help="Where the change begins: for --impacted, and for a pull request.", show_default=False),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write the tests' results to this JUnit file.", show_default=False)
    ] = None,
    model: Model = None,
    max_budget_usd: MaxBudget = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=1, help="Seconds that one agent may take: 600, or what a run may.", show_default=False),
    ] = None,
    test_command: TestCommand = None,
    python: Python = None,
    allow_weak_sandbox: WeakSandbox = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run an agent, or a preset of them; exit 1 when something that matters is found, 6 when it is the environment.

    The fixer is a run: it ends with a run's result and exit code. Bug-triage and pr-preparer work by rule, and ask a model
    beside that when one is named.
    """
    import anyio

    from codecompanion.agents.maintenance.catalogue import AGENTS, known_agent
    from codecompanion.agents.maintenance.presets import AUTO, known_preset

    if (name is None) == (preset is None):
        raise BadInput("name one agent, or a preset with --preset", fix="codecompanion agents list shows both")
    agent = known_agent(name) if name is not None else None
    if preset not in (None, AUTO):
        known_preset(preset or "")
    if agent is not None and AGENTS[agent].starts_a_run:
        refuse_what_only_a_report_has(agent, {"--impacted": impacted, "--base": base, "--junit": junit})
        asked = {"model": model, "max_budget_usd": max_budget_usd, "timeout_s": timeout, "test_command": test_command}
        flags = {**asked, "python": python, "allow_weak_sandbox": allow_weak_sandbox}
        wanted = OutputFormat.JSON if as_json else OutputFormat.TEXT
        return fix(context.obj, cwd, flags, Telling(wanted, quiet=quiet, dry_run=yes is False))
    takes_a_model = agent is not None and AGENTS[agent].takes_a_model
    if not takes_a_model:
        refuse_what_asks_a_model({"--model": model, "--max-budget-usd": max_budget_usd})
    asked = {"model": model, "max_budget_usd": max_budget_usd, "timeout_s": timeout} if takes_a_model else {}
    flags = {**asked, "allow_weak_sandbox": allow_weak_sandbox, "test_command": test_command, "python": python}
    settings, here = load_settings(cwd, flags).settings, Path.cwd()

    async def inside() -> int:
        from codecompanion.agents.maintenance.desk import Wishes
        from codecompanion.agents.maintenance.office import Surroundings, open_desk, run_agent, run_preset
        from codecompanion.cli.weakness import warned_of_weakness
        from codecompanion.workspace.sandboxes.choose import choose_sandbox

        wanted = None if settings.sandbox == "auto" else settings.sandbox

        async def open_sandbox() -> "Sandbox":
            return warned_of_weakness(await choose_sandbox(allow_weak=settings.allow_weak_sandbox, wanted=wanted))

        around = Surroundings(
            state_dir=settings.state_dir,
            environ=os.environ,
            open_sandbox=open_sandbox,
            say=_nobody if quiet else say,
        )
        wishes = Wishes(
            yes=bool(yes),
            impacted=impacted,
            base=base,
            junit=None if junit is None else here / junit,
            timeout_s=AGENT_LIMIT_S if timeout is None else timeout,
            test_command=settings.test_command,
            python=settings.python,
        )
        async with open_desk(cwd, wishes, around) as desk:
            if agent is not None and takes_a_model and settings.model != BUILTIN:
                from codecompanion.cli.advising import advised, would_ask
                from codecompanion.cli.dry_run import show_first_request
                from codecompanion.wiring import open_app

                async with open_app(settings, os.environ) as opened:
                    if yes is False:
                        return show_first_request(await would_ask(opened, desk, agent, quiet=quiet), as_json=as_json)
                    report, exit_code = await advised(opened, desk, agent, quiet=quiet)
                _show([report], str(desk.root), None, as_json=as_json)
                return exit_code
            if agent is not None:
                return _show([await run_agent(desk, agent)], str(desk.root), None, as_json=as_json)
            chosen, reports = await run_preset(desk, preset or AUTO)
            return _show(reports, str(desk.root), chosen.name, as_json=as_json)

    return anyio.run(inside)


def _nobody(_text: str) -> None:
    pass


def _show(reports: "list[AgentReport]", root: str, preset: str | None, *, as_json: bool) -> int:
    """Write the reports without the secrets of the environment, and return the exit code of the worst."""
    from codecompanion.agents.maintenance import rendering
    from codecompanion.observability.redaction import Redactor

    redactor = Redactor.from_environ(os.environ)
    told: dict[str, Any] = rendering.as_json(reports, root=root, preset=preset)
    if as_json:
        print_json(redactor.data(told))
    else:
        print(harmless(redactor.text("\n\n\n".join(rendering.as_text(report) for report in reports))))
    code: int = told["exit_code"]
    return code
