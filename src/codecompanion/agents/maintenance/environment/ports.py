"""The ports that a compose file publishes on this machine: which are taken already."""

import re
import socket
from collections.abc import Iterator

from codecompanion.agents.maintenance.report import Noted
from codecompanion.workspace.project_files import ProjectFiles

COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_PORTS_KEY = re.compile(r"^(\s*)ports:\s*(\[.*\])?\s*$")
_SHORT = re.compile(r"""^["']?(?:\d+\.\d+\.\d+\.\d+:|\[[^\]]*\]:)?(?:\$\{\w+:-)?(\d+)\}?:\d+(?:/tcp)?["']?$""")
_LONG = re.compile(r"""^\s*(?:-\s*)?published:\s*["']?(\d+)["']?\s*$""")
_HIGHEST = 65_535


def port_findings(files: ProjectFiles) -> Iterator[Noted]:
    """Yield the published ports on which something listens."""
    path = next((name for name in COMPOSE if files.has(name)), None)
    for port in published(files.text(path)) if path else ():
        if port <= _HIGHEST and taken(port):
            what = f"port {port} is taken, and {path} publishes it; it may be the project itself that runs"
            yield Noted(severity="warning", what=what, where=path or "", fix=f"see who has it: ss -ltnp 'sport = :{port}'")


def published(text: str) -> list[int]:
    """Return the ports of the host that a compose file publishes, in short or long form; UDP and ranges are passed over."""
    ports, inside = list[int](), -1
    for line in text.splitlines():
        key = _PORTS_KEY.match(line)
        if key:
            inside = len(key[1])
            ports += [port for item in (key[2] or "[]")[1:-1].split(",") if (port := _short(item))]
        elif inside >= 0 and line.strip():
            depth = len(line) - len(line.lstrip())
            if depth < inside or (depth == inside and not line.lstrip().startswith("-")):
                inside = -1
                continue
            long = _LONG.match(line)
            port = int(long[1]) if long else _short(line.strip().removeprefix("-"))
            ports += [port] if port else []
    return list(dict.fromkeys(ports))


def _short(item: str) -> int:
    found = _SHORT.match(item.partition(" #")[0].strip())
    return int(found[1]) if found else 0


def taken(port: int) -> bool:
    """Whether something listens on a TCP port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
