"""Examine the machine by doing, not by looking: each check says what was found and how to mend it."""

import platform
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio

from codecompanion.domain.counting import counted
from codecompanion.domain.errors import CodeCompanionError, DatabaseUnavailable, EnvironmentBroken, SandboxLost
from codecompanion.domain.streams import is_run
from codecompanion.memory.file_vectors import load_sqlite_vec
from codecompanion.ports import WEAK_RUNG
from codecompanion.providers.endpoints import LOCAL_PORTS, find_local_servers
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.runs.audit import verify_run
from codecompanion.runs.losses import lost_heads
from codecompanion.runs.mcp_standing import standings
from codecompanion.settings import project_root
from codecompanion.storage.acknowledged import regressed
from codecompanion.wiring import App
from codecompanion.wiring.memory import learner_of
from codecompanion.wiring.stores import schema
from codecompanion.workspace.git import Git, require_git
from codecompanion.workspace.sandboxes.choose import QUICK

LOW_DISK_BYTES = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class Check:
    """What was found; `fix` is "" when nothing is to be done."""

    name: str
    ok: bool
    found: str
    fix: str = ""


Told = str | tuple[str, str]
"""What was found; with it what would make it better."""


async def examine(app: App, environ: Mapping[str, str], away: DatabaseUnavailable | None = None) -> list[Check]:
    """Return every check, in the order a person would mend them. `away` is why the app works without its database."""
    examinations: dict[str, Callable[[App], Awaitable[Told]]] = {
        "python": _python,
        "git": _git,
        "sandbox": _sandbox,
        "state folder": _state_folder,
        "log": partial(_log, away=away),
        "bus": _bus,
        **({"alerts": _alerts} if app.alerts.has_address else {}),
        "memory": _memory,
        "MCP servers": _mcp_servers,
        "model keys": partial(_model_keys, environ=environ),
        "local models": partial(_local_models, environ=environ),
    }
    return [await _check(name, examination, app) for name, examination in examinations.items()]


async def _check(name: str, examination: Callable[[App], Awaitable[Told]], app: App) -> Check:
    try:
        told = await examination(app)
        found, fix = (told, "") if isinstance(told, str) else told
        return Check(name, ok=True, found=found, fix=fix)
    except CodeCompanionError as error:
        found = f"{error.what}: {error.cause}" if error.cause else error.what
        return Check(name, ok=False, found=found, fix=error.fix)


async def _python(_app: App) -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


async def _git(_app: App) -> str:
    git = Git(Path.cwd())
    await require_git(git)
    return await git.line("version")


async def _sandbox(app: App) -> str:
    sandbox = await app.sandbox()
    if sandbox.rung == WEAK_RUNG:
        raise SandboxLost(
            f"only {WEAK_RUNG}: the project's code can read your files and use the network",
            fix="apt-get install bubblewrap, and do not allow a weak sandbox",
        )
    return f"{sandbox.rung}: {len(QUICK)} attacks from inside came to nothing; codecompanion sandbox test tries all"


async def _state_folder(app: App) -> str:
    folder = app.settings.state_dir
    probe = anyio.Path(folder / ".doctor")
    try:
        await probe.write_bytes(b"")
        await probe.unlink()
    except OSError as error:
        raise EnvironmentBroken(
            f"{str(folder)!r} cannot be written", cause=str(error), fix="name another with CODECOMPANION_STATE_DIR"
        ) from error
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        raise EnvironmentBroken(f"only {free // 1024**2} MiB are free under {str(folder)!r}", fix="make room on the disk")
    return f"{folder} ({free // 1024**3} GiB free)"


async def _log(app: App, away: DatabaseUnavailable | None) -> str:
    if away is not None:
        raise away
    if lost := await lost_heads(app):
        raise regressed(lost)
    streams = await app.store.streams()
    for stream_id in streams:
        await verify_run(app.store, app.blobs, stream_id)
    kind = "PostgreSQL" if app.settings.database_url else "SQLite"
    place = schema(app.settings).place
    return f"{kind} at {place}: {counted(sum(map(is_run, streams)), 'run')}, every event and blob verifies"


async def _bus(app: App) -> str:
    return await app.bus.check()


async def _alerts(app: App) -> str:
    given_up = await app.alerts.given_up(app.clock.now() - timedelta(days=1))
    if given_up:
        raise EnvironmentBroken(
            f"{counted(given_up, 'alert')} of the last day could not be posted to alert_webhook",
            fix="mend the address, or what listens there; codecompanion budget show says how the limits stand",
        )
    return "posted to alert_webhook"


async def _memory(app: App) -> Told:
    if not app.settings.memory:
        return "off"

    def job(connection: sqlite3.Connection) -> tuple[int, str | None]:
        return connection.execute("SELECT count(*) FROM note").fetchone()[0], load_sqlite_vec(connection)

    count, version = await learner_of(app.settings, app.store, app.redactor.text).file.run(job)
    notes = f"{count} {'note' if count == 1 else 'notes'}, searched by words"
    if not app.settings.embedder:
        return f"{notes}; no embedder"
    vectors = f"{notes}; vectors of {app.settings.embedder}"
    compared = (
        f"are compared by sqlite-vec {version}"
        if version
        else "are compared by numpy: this Python's SQLite loads no extensions"
    )
    shared = await app.vectors.ready() if app.vectors is not None else None
    if shared is None:
        return f"{vectors} {compared}"
    if shared.ok:
        return f"{vectors} lie in the database, for the whole team, and are compared by {shared.found}"
    return f"{vectors} {compared}; each machine has its own, for {shared.found}", f"to share them, {shared.fix}"


async def _mcp_servers(app: App) -> str:
    found = standings(app, project_root(Path.cwd()))
    rows = [
        one.said or f"{one.server} is trusted with {counted(len(one.record.tools) if one.record else 0, 'tool')}"
        for one in found
    ]
    return "; ".join(rows) or "the project names none"


async def _model_keys(_app: App, environ: Mapping[str, str]) -> str:
    found = [f"{provider} ({key.variable})" for provider in KEY_VARIABLES if (key := find_key(provider, environ))]
    return f"builtin needs no key; keys are set for {', '.join(found) or 'no provider'}"


async def _local_models(_app: App, environ: Mapping[str, str]) -> str:
    servers = await find_local_servers(environ)
    found = [f"{server.provider} at {server.base_url} ({counted(len(server.models), 'model')})" for server in servers]
    return ", ".join(found) or f"no server answers on the usual ports ({', '.join(LOCAL_PORTS)})"
