"""Attacks a sandbox from inside and says what held."""

import os
import socket
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage, CommandLine, Sandbox

TIMEOUT_S = 20.0
PROPERTIES = ("runs", "files", "network", "processes", "limits")

# Runs inside. Each line it prints names a property that held; every attack must fail for its property to hold.
ATTACK = """
import os, resource, socket, sys
inside, outside, port, abstract, pid = sys.argv[1:]

def fails(attack):
    try:
        attack()
    except OSError:
        return True
    return False

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(2)
        attempt.connect(address)

def holds(name, *attacks):
    if all([fails(attack) for attack in attacks]):
        print(name)

with open(inside + "/written", "w"):
    print("runs")
holds("files", lambda: open(outside + "/secret"), lambda: open(outside + "/planted", "w"), lambda: os.listdir(outside))
holds("network", lambda: connect(socket.AF_INET, ("127.0.0.1", int(port))), lambda: connect(socket.AF_UNIX, chr(0) + abstract))
holds("processes", lambda: os.kill(int(pid), 0), lambda: open(f"/proc/{pid}/environ").read())
limits = [resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)]
if resource.RLIM_INFINITY not in limits:
    print("limits")
"""


@dataclass(frozen=True, slots=True)
class _Targets:
    """What the attack aims at: two folders, a listener on TCP and one on an abstract Unix socket."""

    inside: Path
    outside: Path
    port: int
    abstract: str


async def probe(sandbox: Sandbox) -> dict[str, bool]:
    """Return for each of `PROPERTIES` whether it holds: commands run, and files, network, processes and limits are closed.

    Raises:
        SandboxLost: The sandbox cannot start a command at all.
    """
    with _targets() as targets:
        prefixes = tuple(Path(prefix) for prefix in {sys.prefix, sys.base_prefix})
        cage = Cage(writable=(targets.inside,), readable=prefixes)
        result = await sandbox.run(cage, _attack(targets))
    held = result.stdout.decode(errors="replace").split()
    if "runs" not in held:
        raise SandboxLost("the sandbox cannot run Python", cause=result.stderr.decode(errors="replace").strip())
    return {name: name in held for name in PROPERTIES}


def _attack(targets: _Targets) -> CommandLine:
    aims = (str(targets.inside), str(targets.outside), str(targets.port), targets.abstract, str(os.getpid()))
    return CommandLine((sys.executable, "-I", "-S", "-c", ATTACK, *aims), targets.inside, TIMEOUT_S)


@contextmanager
def _targets() -> Generator[_Targets]:
    with ExitStack() as opened:
        root = Path(opened.enter_context(TemporaryDirectory(prefix="codecompanion-probe-")))
        inside, outside = root / "inside", root / "outside"
        inside.mkdir()
        outside.mkdir()
        # Everyone may write here, so that only the sandbox can be what stops the attack.
        outside.chmod(0o777)
        (outside / "secret").write_text("secret")
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = opened.enter_context(socket.socket(socket.AF_UNIX))
        abstract = f"codecompanion-probe-{uuid4()}"
        unix.bind(f"\0{abstract}")
        unix.listen()
        root.chmod(0o755)
        yield _Targets(inside, outside, tcp.getsockname()[1], abstract)
