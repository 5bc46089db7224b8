"""`mcp list`, `trust` and `forget`: the MCP servers that the project's `.mcp.json` names."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, Python, print_json, with_app
from codecompanion.domain.counting import counted

if TYPE_CHECKING:
    from codecompanion.domain.mcp_servers import TrustRecord
    from codecompanion.runs.mcp_standing import ServerStanding
    from codecompanion.runs.mcp_trust import Looked
    from codecompanion.wiring import App

PERSON_NEEDED = 3
NOT_FOUND = 1
LONGEST_DESCRIPTION = 400

app = typer.Typer(help="Look at the MCP servers that the project names, and trust some of them.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="NAME", help="A server of .mcp.json.")]


@app.command("list")
def list_servers(*, cwd: Folder = HERE, as_json: Json = False) -> int:
    """List the servers of .mcp.json and how they stand: not trusted, trusted, changed or unusable. Nothing is started."""

    async def job(app: "App") -> int:
        from codecompanion.runs.mcp_standing import standings
        from codecompanion.settings import project_root

        root = project_root(cwd)
        found = standings(app, root)
        if as_json:
            rows = [app.redactor.data(_row(server)) for server in found]
            print_json({"schema_version": 1, "type": "mcp_servers", "root": str(root), "servers": rows})
        elif found:
            print(app.redactor.text(harmless("\n".join(line for server in found for line in _lines(server)))))
        else:
            say("the project names no MCP servers: there is no .mcp.json at its root, or it is empty")
        return 0

    return with_app(cwd, {}, job)


@app.command()
def trust(
    name: Named,
    *,
    cwd: Folder = HERE,
    network: Annotated[
        list[str] | None,
        typer.Option(
            "--network",
            metavar="HOST[:PORT]",
            help="Let its program reach this host (port 443; *.NAME for all below) instead of the worktree; let calls go there"
            " unasked. May be repeated.",
            show_default=False,
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="TOOL", help="Let agents call this tool unasked; * for all.", show_default=False),
    ] = None,
    read: Annotated[
        list[Path] | None,
        typer.Option("--read", metavar="FOLDER", help="Let its program read this folder too.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Trust what is shown without being asked.")] = False,
    python: Python = None,
    as_json: Json = False,
) -> int:
    """Start a server in the sandbox, show what it is and which tools it has, and trust exactly that."""

    async def job(app: "App") -> int:
        from codecompanion.runs.mcp_trust import Wishes, look
        from codecompanion.runs.mcp_trust import trust as keep
        from codecompanion.settings import project_root

        root = project_root(cwd)
        wishes = Wishes(hosts=tuple(network or ()), allowed=tuple(allow or ()), readable=tuple(read or ()))
        looked = await look(app, root, name, wishes)
        if not as_json:
            print(app.redactor.text(harmless("\n".join(_shown(looked)))))
        trusted = yes or (not as_json and await _asked(name, len(looked.tools)))
        if trusted:
            keep(app, root, looked)
        if as_json:
            print_json(app.redactor.data({**_looked_row(looked), "trusted": trusted}))
        elif not yes:
            say(f"{name} is trusted" if trusted else f"{name} is not trusted; --yes trusts it without asking")
        return 0 if trusted else PERSON_NEEDED

    return with_app(cwd, {"python": python}, job)


@app.command()
def forget(name: Named, *, cwd: Folder = HERE, as_json: Json = False) -> int:
    """Take the trust from a server: its tools are not offered any more."""

    async def job(app: "App") -> int:
        from codecompanion.runs.mcp_standing import forget as take_away
        from codecompanion.settings import project_root

        gone = take_away(app, project_root(cwd), name)
        if as_json:
            print_json({"schema_version": 1, "type": "mcp_forgotten", "server": name, "forgotten": gone})
        else:
            print(harmless(f"{name} is not trusted any more" if gone else f"{name} was not trusted"))
        return 0 if gone else NOT_FOUND

    return with_app(cwd, {}, job)


async def _asked(name: str, tools: int) -> bool:
    from codecompanion.cli.person import TerminalPerson

    question = f"Trust {name} with {'this tool' if tools == 1 else f'these {tools} tools'}? (yes/no)"
    said = await TerminalPerson().answer(question)
    return said is not None and said.casefold() in ("y", "yes")


def _lines(server: "ServerStanding") -> list[str]:
    what = f"  {server.definition.told}" if server.definition else ""
    lines = [f"{server.server}  {server.standing.value}{what}"]
    if server.record is not None:
        lines.append(f"  {counted(len(server.record.tools), 'tool')}, {_grants(server.record)}")
    return [*lines, f"  {server.said}"] if server.said else lines


def _grants(record: "TrustRecord") -> str:
    calls = "every call is asked for by the mode" if not record.allowed else f"unasked: {', '.join(record.allowed)}"
    return f"{f'reaches {_hosts(record)}' if record.hosts else 'without the network'}, {calls}"


def _hosts(record: "TrustRecord") -> str:
    return ", ".join(host.told for host in record.hosts)


def _shown(looked: "Looked") -> list[str]:
    from codecompanion.domain.mcp_servers import HttpServer

    record, definition = looked.record, looked.definition
    is_program = not isinstance(definition, HttpServer)
    rows = [f"{'starts' if is_program else 'connects to'}: {definition.told}"]
    if looked.variables:
        rows.append(f"is given of your environment: {', '.join(looked.variables)}")
    if is_program:
        reach = f"reaches {_hosts(record)} and nothing else, and does not see the project"
        rows.append(reach if record.hosts else "reads the project, has no network")
    else:
        asked = "unasked" if record.network else "each is asked for; --network with its host allows them"
        rows.append(f"calls go over the network, {asked}")
    if record.readable:
        rows.append(f"reads also: {', '.join(record.readable)}")
    if looked.changed:
        rows.append(f"changed since you trusted it: {', '.join(looked.changed)}")
    rows.append("tools, in its own words:")
    for tool in looked.tools:
        unasked = " (unasked)" if record.allows(tool.name) else ""
        described = " ".join(tool.description.split())
        cut = described if len(described) <= LONGEST_DESCRIPTION else f"{described[:LONGEST_DESCRIPTION]}..."
        rows += [f"  {tool.name}({', '.join(_arguments(tool.parameters))}){unasked}", *([f"    {cut}"] if cut else [])]
    rows += [f"  not offered: {name}: {why}" for name, why in list(looked.left_out.items())[:10]]
    if len(looked.left_out) > 10:  # noqa: PLR2004 - rows on the screen
        rows.append(f"  and {len(looked.left_out) - 10} more")
    return rows


def _arguments(parameters: dict[str, Any]) -> list[str]:
    properties: Any = parameters.get("properties")
    return list(cast("dict[str, Any]", properties)) if isinstance(properties, dict) else []


def _row(server: "ServerStanding") -> dict[str, Any]:
    record = server.record
    return {
        "server": server.server,
        "standing": server.standing.value,
        "said": server.said,
        "definition": server.definition.told if server.definition else None,
        "tools": [tool.name for tool in record.tools] if record else [],
        "network": record.network if record else False,
        "hosts": [host.told for host in record.hosts] if record else [],
        "allowed": list(record.allowed) if record else [],
        "readable": list(record.readable) if record else [],
        "trusted_at": record.trusted_at if record else None,
    }


def _looked_row(looked: "Looked") -> dict[str, Any]:
    record = looked.record
    return {
        "schema_version": 1,
        "type": "mcp_server",
        "server": record.server,
        "definition": looked.definition.told,
        "variables": list(looked.variables),
        "network": record.network,
        "hosts": [host.told for host in record.hosts],
        "allowed": list(record.allowed),
        "readable": list(record.readable),
        "changed": list(looked.changed),
        "tools": [json.loads(tool.model_dump_json()) | {"sha256": tool.sha256} for tool in looked.tools],
        "left_out": looked.left_out,
    }
