"""Installer: how the project is installed; shown, and done with --yes."""

import re
import shlex
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.environment.python_env import requirement_findings
from codecompanion.agents.maintenance.installation.advice import advice
from codecompanion.agents.maintenance.installation.running import run_step
from codecompanion.agents.maintenance.installation.steps import Step, install_steps
from codecompanion.agents.maintenance.installation.venvs import own_venv
from codecompanion.agents.maintenance.python.importing import try_imports
from codecompanion.agents.maintenance.python.installed import ask_installed
from codecompanion.agents.maintenance.python.requirements import MAIN, requirements
from codecompanion.agents.maintenance.report import AgentReport, Noted, Ran, Section, section
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.interpreter import virtual_environment

_TAIL_SHOWN = 12


async def install(desk: Desk) -> AgentReport:
    """Show the steps; with `--yes` carry them out and verify what came of them.

    Raises:
        PolicyRefused: The project's `.venv` is not to be touched.
        EnvironmentBroken: The log cannot be written.
    """
    which = partial(shutil.which, path=desk.environ.get("PATH"))
    steps = install_steps(desk.files, has_venv=await own_venv(desk.root, desk.git), which=which)
    if not steps:
        what = "no file says how the project is installed"
        return _report("nothing to install", (Noted(severity="note", what=what),), steps, ())
    missing = [_missing(step) for step in steps if not _there(desk, step)]
    if not desk.wishes.yes:
        warned = (one.model_copy(update={"severity": "warning"}) for one in missing)
        rest = Noted(severity="note", what="nothing was done: it runs outside the cage, with the network", fix=_again(desk))
        return _report(f"{counted(len(steps), 'step')} to run; nothing was done", (*warned, rest), steps, ())
    if missing:
        return _report("nothing was done: a tool is missing", missing, steps, ())
    return await _carry_out(desk, steps)


def _there(desk: Desk, step: Step) -> bool:
    program = step.argv[0]
    # What a step before this one makes is not there yet.
    return program.startswith(".venv/") or shutil.which(program, path=desk.environ.get("PATH")) is not None


def _missing(step: Step) -> Noted:
    fix = f"install {step.argv[0]}; codecompanion agents run env-doctor says how"
    return Noted(severity="error", what=f"{step.argv[0]} is not installed", where=step.reason, fix=fix)


def _again(desk: Desk) -> str:
    return shlex.join(("codecompanion", "agents", "run", "installer", "-C", str(desk.root), "--yes"))


async def _carry_out(desk: Desk, steps: Sequence[Step]) -> AgentReport:
    log = await _log(desk)
    desk.say(f"this runs outside the cage, with the network; all output goes to {log}")
    elapsed = desk.stopwatch()
    for step in steps:
        desk.say(f"$ {shlex.join(step.argv)}")
        limit_s = max(1.0, desk.wishes.timeout_s - elapsed())
        result = await run_step(step, desk.root, desk.environ, log, limit_s=limit_s, say=desk.say)
        desk.ran.append(Ran(argv=step.argv, exit_code=result.exit_code, seconds=result.seconds))
        if result.exit_code != 0:
            ended = "was stopped at the time limit" if result.exit_code is None else f"failed with exit code {result.exit_code}"
            fix = "give it more with --timeout" if result.exit_code is None else advice(result.tail)
            found = Noted(severity="error", what=f"{shlex.join(step.argv)} {ended}", where=step.reason, fix=fix)
            told = section(f"its last lines; the whole log is {log}", result.tail[-_TAIL_SHOWN:])
            return _report("the installation failed", (found,), steps, tuple(desk.ran), more=told)
    return await _verified(desk, steps, log)


async def _log(desk: Desk) -> Path:
    folder = desk.state_dir / "installations"
    name = re.sub(r"[^\w.-]", "_", desk.root.name) or "project"
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{name}.log"
    try:
        await anyio.Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        await anyio.Path(path).touch(mode=0o600)
    except OSError as error:
        raise EnvironmentBroken(
            f"the log {str(path)!r} cannot be written", cause=str(error), fix="name another folder with CODECOMPANION_STATE_DIR"
        ) from error
    return path


async def _verified(desk: Desk, steps: Sequence[Step], log: Path) -> AgentReport:
    """Import what was installed for Python. Of the others only the exit codes of their tools are known."""
    candidate = virtual_environment(desk.root / ".venv", ".venv")
    told = section("log", [str(log)])
    if candidate is None:
        unknown = ("whether it works: only the exit codes of the tools are known",)
        return _report("installed", (), steps, tuple(desk.ran), more=told, not_checked=unknown)
    interpreter = candidate.interpreter()
    installed = await ask_installed(desk, interpreter)
    asked = [one for one in requirements(desk.files) if one.group == MAIN]
    profile = await ProjectDetector().profile(desk.root, home=desk.root)
    found = list(requirement_findings(asked, installed, profile, interpreter))
    wanted = [installed.distributions[one.name] for one in asked if one.name in installed.distributions]
    modules = sorted({module for one in wanted for module in one.modules if not module.startswith("_")})
    answers = await try_imports(desk, interpreter, modules)
    found += [
        Noted(severity="error", what=f"{module} is installed and cannot be imported: {said}", where=module)
        for module, said in answers.items()
        if said
    ]
    works = [f"{module} can be imported" for module, said in answers.items() if not said]
    title = "installed, and it does not all work" if found else f"installed; {len(works)} modules were imported"
    return _report(title, found, steps, tuple(desk.ran), more=(*told, *section("verified", works)))


def _report(
    title: str,
    findings: Sequence[Noted],
    steps: Sequence[Step],
    commands: tuple[Ran, ...],
    *,
    more: tuple[Section, ...] = (),
    not_checked: tuple[str, ...] = (),
) -> AgentReport:
    shown = [_line(step) for step in steps]
    return AgentReport(
        agent="installer",
        title=title,
        findings=tuple(findings),
        sections=(*section("steps", shown), *more),
        figures={"steps": [{"argv": list(step.argv), "reason": step.reason, "env": dict(step.env)} for step in steps]},
        commands=commands,
        not_checked=not_checked,
        with_a_model=AGENTS["installer"].with_a_model,
        about_environment=True,
    )


def _line(step: Step) -> str:
    settings = "".join(f"{name}={value} " for name, value in step.env)
    return f"{settings}{shlex.join(step.argv)}   ({step.reason})"
