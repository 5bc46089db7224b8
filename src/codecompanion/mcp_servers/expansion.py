"""Fill in the variables of a server's definition: ${NAME}, and ${NAME:-default} where it may be missing."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from codecompanion.domain.errors import BadInput
from codecompanion.domain.mcp_servers import Definition, HttpServer, StdioServer
from codecompanion.mcp_servers.configuration import checked_address

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
OWN_PREFIX = "CODECOMPANION_"
LEAST_SECRET = 8
"""Characters; shorter values would mask ordinary words."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """A definition with its variables filled in; `secrets` are the values that came from the user's environment."""

    definition: Definition
    secrets: tuple[str, ...]


def variables_of(definition: Definition) -> tuple[str, ...]:
    """Return the names of the variables that a definition asks for, each once, in order."""
    texts = _texts(definition)
    return tuple(dict.fromkeys(name for text in texts for name, _default in _VARIABLE.findall(text)))


def expand(name: str, definition: Definition, environ: Mapping[str, str], withheld: Collection[str]) -> Expanded:
    """Return a server's definition with its variables filled in from the user's environment.

    Args:
        name: The server's.
        definition: As the file has it.
        environ: The user's environment.
        withheld: Variables that no server is given: they hold the keys of the models.

    Raises:
        BadInput: A variable is not set and has no default, or is withheld; or the URL is none.
    """
    secrets: list[str] = []

    def fill(found: re.Match[str]) -> str:
        variable, default = found.group(1), found.group(2)
        if variable in withheld or variable.startswith(OWN_PREFIX):
            raise BadInput(
                f"the MCP server {name!r} asks for {variable}, which no server is given",
                cause="it is a key of a model's provider, or a setting of CodeCompanion",
                fix="give the server a key of its own, under another name",
            )
        value = environ.get(variable) or default
        if value is None:
            raise BadInput(
                f"the MCP server {name!r} needs the variable {variable}, which is not set", fix=f"export {variable}=..."
            )
        if variable in environ and len(value) >= LEAST_SECRET:
            secrets.append(value)
        return value

    filled = _filled(definition, lambda text: _VARIABLE.sub(fill, text))
    if isinstance(filled, HttpServer):
        try:
            checked_address(filled.url)
        except ValueError as why:
            raise BadInput(f"the MCP server {name!r} cannot be used: {why}") from why
    return Expanded(filled, tuple(secrets))


def _texts(definition: Definition) -> tuple[str, ...]:
    match definition:
        case StdioServer():
            return (definition.command, *definition.args, *definition.env.values())
        case HttpServer():
            return (definition.url, *definition.headers.values())


def _filled(definition: Definition, fill: Callable[[str], str]) -> Definition:
    match definition:
        case StdioServer(command=command, args=args, env=env):
            return StdioServer(command=fill(command), args=tuple(map(fill, args)), env={k: fill(v) for k, v in env.items()})
        case HttpServer(type=kind, url=url, headers=headers):
            return HttpServer(type=kind, url=fill(url), headers={k: fill(v) for k, v in headers.items()})
