"""How the MCP servers of a repository stand with the user. Nothing is started."""

from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.errors import BadInput
from codecompanion.domain.mcp_servers import (
    Definition,
    Standing,
    TrustRecord,
    about,
    about_the_whole_network,
    had_the_whole_network,
    standing_of,
)
from codecompanion.mcp_servers.configuration import FILE, has_configuration, read_configuration
from codecompanion.mcp_servers.trust_store import TrustStore
from codecompanion.wiring import App


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """A server of `.mcp.json`. `definition` is None for one that cannot be used, `record` for one that nobody trusted.

    `said` is a sentence about what is to be done, "" for nothing.
    """

    server: str
    standing: Standing
    said: str
    definition: Definition | None = None
    record: TrustRecord | None = None


def standings(app: App, root: Path) -> list[ServerStanding]:
    """Return every server that a repository names, in the order of its file.

    Raises:
        BadInput: `.mcp.json` cannot be used.
        EnvironmentBroken: What was trusted cannot be read.
    """
    configuration, records = read_configuration(root), TrustStore(app.settings.state_dir, root).records()
    found = [
        ServerStanding(name, Standing.UNUSABLE, f"the MCP server {name!r} cannot be used: {why}")
        for name, why in configuration.unusable.items()
    ]
    for name, definition in configuration.servers.items():
        record = records.get(name)
        standing = standing_of(definition, record)
        said = about(name, standing, record.drifted if record else ())
        if record is not None and had_the_whole_network(definition, record):
            said = about_the_whole_network(name)
        found.append(ServerStanding(name, standing, said, definition, record))
    return found


def definition_of(root: Path, name: str) -> Definition:
    """Return a server's definition.

    Raises:
        BadInput: `.mcp.json` has no such server, or cannot be used.
    """
    if not has_configuration(root):
        raise BadInput(f"{str(root)!r} has no {FILE}", fix="the servers of a project are named in that file, at its root")
    configuration = read_configuration(root)
    if name in configuration.unusable:
        raise BadInput(f"the MCP server {name!r} cannot be used: {configuration.unusable[name]}", fix=f"correct {FILE}")
    if name not in configuration.servers:
        names = ", ".join(configuration.servers) or "none"
        raise BadInput(f"{FILE} has no server {name!r}", fix=f"choose one of: {names}")
    return configuration.servers[name]


def forget(app: App, root: Path, name: str) -> bool:
    """Take the trust from a server; return whether it had any."""
    return TrustStore(app.settings.state_dir, root).forget(name)
