"""MCP servers of a project at the command line."""

from pathlib import Path

from command_line import command_line
from mcp_bench import READABLE, name_servers, notes, unruly

HOSTS = ("--network", "api.example.com", "--network", "*.shop.example.com:8443")
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


def test_the_hosts_that_a_program_may_reach_are_named_shown_and_pinned(environ: dict[str, str], shop: Path) -> None:
    cli = command_line(environ, shop)
    far = unruly("speaks")
    name_servers(shop, {"far": {**far, "args": [*far["args"][:-2], str(shop / "tools/unruly_server.py"), "speaks"]}})
    refused = cli("mcp", "trust", "far", "--network", "localhost:8080", "--yes")
    assert (refused.exit_code, "'localhost:8080' is no name of the internet" in refused.stderr) == (2, True)
    trusted = cli("mcp", "trust", "far", *HOSTS, *READ, "--read", "tools", "--yes")
    reaches = "reaches api.example.com, *.shop.example.com:8443"
    assert f"{reaches} and nothing else, and does not see the project" in trusted.stdout
    assert f"{reaches}, every call is asked for by the mode" in cli("mcp", "list").stdout
    (row,) = cli("mcp", "list", "--json").json["servers"]
    assert (row["standing"], row["network"], row["hosts"]) == ("trusted", True, ["api.example.com", "*.shop.example.com:8443"])
