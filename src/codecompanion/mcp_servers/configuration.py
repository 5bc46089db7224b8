"""Read `.mcp.json`, the file in which a project names its MCP servers; a stranger may have written it."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codecompanion.domain.errors import BadInput
from codecompanion.domain.mcp_servers import Definition, HttpServer, StdioServer
from codecompanion.domain.one_line import one_line

FILE = ".mcp.json"
LARGEST_FILE = 256 * 1024
"""Bytes."""
MOST_SERVERS = 32
LONGEST_NAME = 64
LONGEST_SAID = 200

Text = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
Texts = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00=\r\n]+$")], Text], Field(max_length=64)
]
NEITHER = "it has neither a command nor a url"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The servers of a project by their names, in the file's order, and why others of it cannot be used."""

    servers: Mapping[str, Definition] = field(default_factory=dict[str, Definition])
    unusable: Mapping[str, str] = field(default_factory=dict[str, str])


class _Strict(BaseModel):
    # Clients of this file add fields of their own ("disabled", "timeout", ...): those are passed over, wrong values are not.
    model_config = ConfigDict(extra="ignore", strict=True)


class _Stdio(_Strict):
    command: Annotated[Text, Field(min_length=1)]
    args: Annotated[list[Text], Field(max_length=64)] = []
    env: Texts = {}


class _Http(_Strict):
    url: Annotated[Text, Field(min_length=1)]
    headers: Texts = {}


def has_configuration(root: Path) -> bool:
    """Whether a repository has an `.mcp.json`, be it good or not."""
    return os.path.lexists(root / FILE)


def read_configuration(root: Path) -> Configuration:
    """Return the servers that a repository names; none when it has no `.mcp.json`. Nothing is started.

    Raises:
        BadInput: The file is no JSON object with `mcpServers`, is too large, a link, or names too many.
    """
    if not has_configuration(root):
        return Configuration()
    named = _named(_content(root / FILE))
    servers: dict[str, Definition] = {}
    unusable: dict[str, str] = {}
    for name, value in named.items():
        try:
            servers[_checked_name(name)] = _definition(value)
        except ValueError as why:
            unusable[one_line(name, LONGEST_NAME)] = one_line(str(why), LONGEST_SAID)
    return Configuration(servers, unusable)


def _content(path: Path) -> bytes:
    try:
        # Never blocks on a pipe that someone put there, and follows no link: it may lead anywhere.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadInput(f"{FILE} is no regular file")
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{FILE} cannot be read", cause=os.strerror(error.errno or 0)) from error
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{FILE} has more than {LARGEST_FILE:,} bytes")
    return content


def _named(content: bytes) -> dict[str, Any]:
    try:
        whole: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{FILE} is not JSON", cause=one_line(str(error), LONGEST_SAID)) from error
    named: Any = cast("dict[str, Any]", whole).get("mcpServers") if isinstance(whole, dict) else None
    if not isinstance(named, dict):
        raise BadInput(f"{FILE} has no servers", fix='write {"mcpServers": {"NAME": {"command": "...", "args": []}}}')
    found = cast("dict[str, Any]", named)
    if len(found) > MOST_SERVERS:
        raise BadInput(f"{FILE} names {len(found)} servers, more than {MOST_SERVERS}")
    return found


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"its name must have 1 to {LONGEST_NAME} printable characters")
    if not all(letter.isascii() and (letter.isalnum() or letter in "_-. ") for letter in name):
        raise ValueError("its name may hold letters, digits, blanks, dots, '-' and '_' only")
    return name


def _definition(value: Any) -> Definition:
    """Return what a server's part of the file defines.

    Raises:
        ValueError: It defines none; the words say why.
    """
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one kind of refusal for all that a file can hold
    found = cast("dict[str, Any]", value)
    kind = found.get("type", "stdio" if "command" in found else "http")
    try:
        match kind:
            case "stdio" if "command" in found:
                stdio = _Stdio.model_validate(found)
                return StdioServer(command=stdio.command, args=tuple(stdio.args), env=stdio.env)
            case "http" | "streamable-http" | "streamable_http" | "sse" if "url" in found:
                http = _Http.model_validate(found)
                return HttpServer(type="sse" if kind == "sse" else "http", url=_checked_url(http.url), headers=http.headers)
            case "stdio" | "http" | "streamable-http" | "streamable_http" | "sse":
                raise ValueError(NEITHER if kind != "stdio" else "it has no command")
            case _:
                raise ValueError(f"its type {kind!r} is not stdio, http or sse")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}") from error


def _checked_url(url: str) -> str:
    """Return a URL that may still hold variables.

    Raises:
        ValueError: It is no address of a web server, or holds a name or password.
    """
    if "${" in url:
        return url  # looked at again when its variables are filled in
    return checked_address(url)


def checked_address(url: str) -> str:
    """Return a URL that can be connected to.

    Raises:
        ValueError: It is no address of a web server, or holds a name or password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError("its url is no http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("its url holds a name or a password: put it into headers, as ${VARIABLE}")
    return url
