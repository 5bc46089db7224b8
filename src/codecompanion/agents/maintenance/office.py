"""Run one agent or a preset of them on a project."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio.to_thread

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk, Wishes
from codecompanion.agents.maintenance.presets import AUTO, Preset, fitting, known_preset, order_of
from codecompanion.agents.maintenance.python.requirements import requirements
from codecompanion.agents.maintenance.report import AgentReport, Noted
from codecompanion.agents.maintenance.roster import ROSTER
from codecompanion.domain.errors import BadInput, CodeCompanionError, EnvironmentBroken
from codecompanion.ports import Sandbox
from codecompanion.workspace.git import Git, silenced_filters
from codecompanion.workspace.project_files import table

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "package.json", "Cargo.toml", "go.mod", "pom.xml")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a desk needs of the outside; see `Desk`."""

    state_dir: Path
    environ: Mapping[str, str]
    open_sandbox: Callable[[], Awaitable[Sandbox]]
    say: Callable[[str], None]


@asynccontextmanager
async def open_desk(folder: Path, wishes: Wishes, around: Surroundings) -> AsyncGenerator[Desk]:
    """Put the project that holds a folder on a desk: the folder itself when it has a manifest, else its whole repository.

    Raises:
        BadInput: The folder is missing, or is a file.
    """
    root, git = await _project(folder)
    with tempfile.TemporaryDirectory(prefix="codecompanion-agents-", ignore_cleanup_errors=True) as temporary:
        scratch = await anyio.to_thread.run_sync(_scratch, temporary)
        yield Desk(
            root=root,
            scratch=scratch,
            state_dir=around.state_dir,
            environ=around.environ,
            open_sandbox=around.open_sandbox,
            say=around.say,
            wishes=wishes,
            git=git,
        )


def _scratch(temporary: str) -> Path:
    scratch = Path(temporary).resolve() / "desk"  # the folder itself is closed to the sandbox's user
    scratch.mkdir(mode=0o755)
    return scratch


async def _project(folder: Path) -> tuple[Path, Git | None]:
    start = await anyio.to_thread.run_sync(_existing, folder)
    try:
        found = await Git(cwd=start).ask("rev-parse", "--path-format=absolute", "--show-toplevel")
    except EnvironmentBroken:
        return start, None  # without git there is no repository to speak of
    if found.exit_code or not found.line:
        return start, None
    root = start if any((start / name).is_file() for name in _MANIFESTS) else Path(found.line)
    git = Git(cwd=root)
    return root, replace(git, config=await silenced_filters(git))


def _existing(folder: Path) -> Path:
    start = folder.resolve()
    if not start.is_dir():
        raise BadInput(f"{str(folder)!r} is a file, not a folder" if start.exists() else f"{str(folder)!r} does not exist")
    return start


async def run_agent(desk: Desk, name: str) -> AgentReport:
    """Run one agent; what keeps it from working is raised.

    Raises:
        CodeCompanionError: As of the agent.
    """
    await desk.clear()
    return await ROSTER[name](desk)


async def run_preset(desk: Desk, name: str) -> tuple[Preset, list[AgentReport]]:
    """Run the agents of a preset, "auto" for the one that fits; what keeps one from working is a finding of its report.

    Raises:
        BadInput: There is no preset of this name.
    """
    preset, order = await _chosen(desk, name)
    desk.say(f"preset {preset.name}: {', '.join(order)}")
    return preset, [await _tried(desk, agent) for agent in order]


async def _chosen(desk: Desk, name: str) -> tuple[Preset, Sequence[str]]:
    if name != AUTO:
        preset = known_preset(name)
        return preset, preset.agents
    profile = await desk.profile()
    preset = fitting(profile.language.value, profile.framework.value if profile.framework else None)
    installed = await anyio.to_thread.run_sync(partial(_is_installed, desk))
    return preset, order_of(preset, is_installed=installed, has_tests=profile.suite is not None)


def _is_installed(desk: Desk) -> bool:
    """Whether what the project declares has a place of its own where it could be; one that declares nothing needs none."""
    package = desk.files.json("package.json")
    of_node = table(package, "dependencies") or table(package, "devDependencies")
    if of_node and not desk.files.has("node_modules"):
        return False
    chosen = desk.wishes.python is not None or "VIRTUAL_ENV" in desk.environ
    own = any(desk.files.has(f"{folder}/pyvenv.cfg") for folder in (".venv", "venv", "env"))
    return chosen or own or not requirements(desk.files)


async def _tried(desk: Desk, name: str) -> AgentReport:
    desk.say(f"{name} ...")
    try:
        return await run_agent(desk, name)
    except CodeCompanionError as error:
        what = f"{error.what}: {error.cause}" if error.cause else error.what
        return AgentReport(
            agent=name,
            title="it could not work here",
            findings=(Noted(severity="error", what=what, fix=error.fix),),
            commands=tuple(desk.ran),
            with_a_model=AGENTS[name].with_a_model,
            about_environment=isinstance(error, EnvironmentBroken),
        )
