"""How a server is started: what it may read, what environment it has, which hosts it reaches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.allowed_hosts import AllowedHost
from codecompanion.domain.mcp_servers import Definition, StdioServer
from codecompanion.domain.project import Interpreter
from codecompanion.ports import Cage, CommandLine

LIFE_S = 86_400.0
"""It ends with the agent that uses it; this is the longest that a run may take."""
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
TEMPORARY = Path("/tmp")  # noqa: S108 - the cage's own


@dataclass(frozen=True, slots=True)
class Start:
    """What is needed to start a server, or to connect to it. `cage` and `command` are None for one at an address."""

    definition: Definition
    cage: Cage | None = None
    command: CommandLine | None = None


def start_of(
    definition: Definition,
    *,
    root: Path,
    interpreter: Interpreter | None,
    readable: Iterable[str],
    hosts: Sequence[AllowedHost],
) -> Start:
    """Return how a server is started.

    A program may read the worktree or reach hosts, never both: what it reads there is private, and a program that a
    repository names could send it anywhere. It may write its own temporary folder only; what agents change goes through their
    edits, which are checked.

    Args:
        definition: With its variables filled in.
        root: The worktree.
        interpreter: The project's, None when it has none.
        readable: Absolute paths that the user lets it read beside.
        hosts: What of the network the user lets it reach; a program that reaches any does not see the worktree.
    """
    if not isinstance(definition, StdioServer):
        return Start(definition)
    extra = tuple(map(Path, readable))
    prefixes = tuple(map(Path, interpreter.prefixes)) if interpreter else ()
    seen = tuple(dict.fromkeys((*extra, *prefixes, *(() if hosts else (root,)))))
    cage = Cage(writable=(), readable=seen, network=tuple(hosts))
    env = {
        "PATH": ":".join((*_programs(extra), *_folder_of(interpreter), SYSTEM_PATH)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        **definition.env,
    }
    argv = (definition.command, *definition.args)
    return Start(definition, cage, CommandLine(argv, TEMPORARY if hosts else root, LIFE_S, env))


def _programs(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        yield from (str(path / "bin"), str(path))


def _folder_of(interpreter: Interpreter | None) -> tuple[str, ...]:
    return (str(Path(interpreter.executable).parent),) if interpreter else ()
