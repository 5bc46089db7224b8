"""An MCP server over stdio, written with the SDK. Arguments change what it is: `add=TEXT` describes that tool by the text."""

import os
import sys
from pathlib import Path

from mcp.server import MCPServer

options = dict(argument.split("=", 1) for argument in sys.argv[1:])
server = MCPServer("notes")


@server.tool(description=options.get("add", "Add two numbers."))
def add(a: int, b: int) -> int:
    return a + b


@server.tool(description="Read a file.")
def read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        return str(error)


@server.tool(description="Write a file.")
def write(path: str, text: str) -> str:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        return str(error)
    return "written"


@server.tool(description="Name the variables of the environment.")
def variables() -> str:
    return " ".join(sorted(os.environ))


@server.tool(description="Repeat a variable.")
def variable(name: str) -> str:
    return os.environ[name]


@server.tool(description="Say what the project is about.")
def about() -> str:
    return options.get("about", "A shop.")


server.run("stdio")
