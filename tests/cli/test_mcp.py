"""MCP servers of a project at the command line."""

from pathlib import Path

from command_line import command_line
from mcp_bench import READABLE, name_servers, notes

READ = tuple(part for path in READABLE for part in ("--read", path))


def test_servers_are_listed_looked_at_trusted_and_forgotten(environ: dict[str, str], shop: Path) -> None:
    cli = command_line(environ, shop)
    name_servers(shop, {"notes": notes(add="Add\x1b[31m two\u202e numbers."), "broken": {"command": 7}})
    listed = cli("mcp", "list")
    assert listed.stdout.splitlines()[0] == "broken  unusable"
    assert "the MCP server 'notes' is not trusted: codecompanion mcp trust notes looks at it" in listed.stdout
    looked = cli("mcp", "trust", "notes", *READ, "--allow", "about")
    assert looked.exit_code == 3, "nobody was there to say yes"
    assert "reads the project, has no network" in looked.stdout
    assert "  about() (unasked)\n    Say what the project is about." in looked.stdout
    assert "\n    Add\\x1b[31m two\\u202e numbers." in looked.stdout
    trusted = cli("mcp", "trust", "notes", *READ, "--allow", "about", "--yes", "--json").json
    assert (trusted["trusted"], trusted["allowed"], len(trusted["tools"])) == (True, ["about"], 6)
    checks = {check["name"]: check["found"] for check in cli("doctor", "--json").json["checks"]}
    assert "notes is trusted with 6 tools" in checks["MCP servers"]
    assert "the MCP server 'broken' cannot be used: command: Input should be a valid string" in checks["MCP servers"]
    assert cli("mcp", "forget", "notes", "--json").json["forgotten"] is True
    (shop / ".mcp.json").write_text("{", encoding="utf-8")
    broken = cli("mcp", "list")
    assert (broken.exit_code, broken.stderr.startswith("error[CC-2000]: .mcp.json is not JSON\ncause: ")) == (2, True)
