"""The cage in which foreign code runs."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from codecompanion.domain.allowed_hosts import AllowedHost


@dataclass(frozen=True, slots=True)
class Cage:
    """What a caged process may touch. All paths are absolute; sizes are in bytes.

    `writable` folders may be changed, `readable` ones only read; the system's own (/usr, /lib, ...) are always readable,
    everything else (home folders, the user's repository, other runs) does not exist inside. What would be believed or run
    outside (`.git`, `.codecompanion` and `.github` of a writable folder) is afterwards as it was before. A command that
    leaves more than `written_bytes` or `written_files` new in its writable folders is ended with SIGXFSZ. A process may have
    `memory_bytes`; one whose processes together take more than `total_memory_bytes`, or most of what the machine had free, is
    ended with SIGKILL.

    There is no network but that of its own, in which nobody is. The hosts of `network`, if they are public, can be reached
    through a proxy, at the port of 127.0.0.1 that the variables HTTPS_PROXY and the like name; it serves CONNECT only.
    """

    writable: tuple[Path, ...]
    readable: tuple[Path, ...] = ()
    memory_bytes: int = 4 * 1024**3
    total_memory_bytes: int = 8 * 1024**3
    file_bytes: int = 1024**3
    written_bytes: int = 8 * 1024**3
    written_files: int = 1_000_000
    processes: int = 256
    network: tuple[AllowedHost, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One program to run. `env` is its whole environment, but for HOME, TMPDIR and PATH, which the sandbox sets when absent.

    Of each output stream at most `output_bytes` are kept: the first and the last half, with a note between.
    """

    argv: tuple[str, ...]
    cwd: Path
    timeout_s: float
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    output_bytes: int = 1024**2


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended. `exit_code` is None when it was stopped at its time limit, negative for a signal.

    `exceeded` is "disk" or "memory" when it was ended because it took more of that than its cage allows.
    """

    exit_code: int | None
    duration_s: float
    stdout: bytes
    stderr: bytes
    truncated: bool = False
    exceeded: Literal["", "disk", "memory"] = ""

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended it."""
        return self.exit_code is None


@dataclass(frozen=True, slots=True)
class RefusedHost:
    """A host that a caged process asked the proxy for in vain; `why` completes the sentence that begins with host and port."""

    host: str
    port: int
    why: str


class CagedProcess(Protocol):
    """A long-lived caged process that answers lines with lines."""

    @property
    def refused(self) -> Sequence[RefusedHost]:
        """The hosts that its proxy refused, each once, at most 100, in order; none without `Cage.network`."""
        ...

    async def send(self, line: bytes) -> None:
        """Write one line to its standard input; the newline is added.

        Raises:
            SandboxLost: It has ended.
        """
        ...

    async def receive(self) -> bytes:
        """Return the next line of its standard output without the newline; bound it with a cancel scope.

        Raises:
            SandboxLost: It has ended; the error's cause holds the end of its standard error.
        """
        ...


WEAK_RUNG = "rlimits"
"""The sandbox that closes neither files nor network; only a person who sits there may choose it."""


class Sandbox(Protocol):
    """Runs a project's commands so that they can harm nothing but their writable folders."""

    @property
    def rung(self) -> str:
        """What really holds them: "bubblewrap", "landlock" or `WEAK_RUNG`."""
        ...

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        """Run a command to its end or its time limit. Nothing it started survives; cancelling kills it.

        Raises:
            SandboxLost: The sandbox itself could not start.
        """
        ...

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        """Start a process that answers lines; leaving the context kills it and all that it started.

        `timeout_s` of the command bounds its whole life.
        """
        ...
