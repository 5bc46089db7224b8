"""Several machines on this one: each with a state folder of its own and a way of its own to the database, which can be cut.

The way is a TCP proxy; with root's rights each machine also is a network namespace, whose cable can be pulled.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from anyio.from_thread import start_blocking_portal

from command_line import Cli, Done, environment
from network import network_to_change
from tcp_proxy import Proxy, proxy
from worker_process import COMMAND, LEASE_S


@dataclass(frozen=True)
class Machine:
    """A machine. `before` are the words that lead a command to it; `cut` and `mend` do to its network what they say."""

    name: str
    environ: dict[str, str]
    folder: Path
    before: tuple[str, ...]
    cut: Callable[[], None]
    mend: Callable[[], None]

    def cli(self, cwd: Path) -> Cli:
        """Return the command, called on this machine."""

        def run(*args: str | bytes, stdin: bytes = b"", env: object = None) -> Done:
            assert env is None
            command = [*self.before, str(COMMAND), *args]
            done = subprocess.run(
                command, cwd=cwd, env=self.environ, input=stdin, capture_output=True, timeout=110, check=False
            )
            return Done(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))

        return run


def can_make_namespaces() -> bool:
    """Return whether network namespaces can be made here."""
    return os.geteuid() == 0 and shutil.which("ip") is not None and _ip("netns", "list", check=False) == 0


def _ip(*words: str, check: bool = True) -> int:
    return subprocess.run(["ip", *words], check=check, capture_output=True).returncode


@contextmanager
def machines(names: str, folder: Path, python: Path, url: str, *, namespaces: bool) -> Generator[list[Machine]]:
    """Make machines, one for each letter of `names`, that share a database."""
    with ExitStack() as made:
        if namespaces:
            made.enter_context(network_to_change())
        yield [
            made.enter_context(_machine(name, number, folder / name, python, url, namespaces=namespaces))
            for number, name in enumerate(names, start=1)
        ]


@contextmanager
def _machine(name: str, number: int, folder: Path, python: Path, url: str, *, namespaces: bool) -> Generator[Machine]:
    folder.mkdir()
    parts = urlsplit(url)
    with ExitStack() as made:
        cable = made.enter_context(_cable(name, number)) if namespaces else None
        portal = made.enter_context(start_blocking_portal())
        address = cable.address if cable else "127.0.0.1"
        way: Proxy = made.enter_context(
            portal.wrap_async_context_manager(proxy(str(parts.hostname), parts.port or 5432, listen=address))
        )

        def cut() -> None:
            if cable is not None:
                cable.pull()
            else:
                way.refuses = True
                portal.call(way.cut)

        def mend() -> None:
            if cable is not None:
                cable.plug()
            way.refuses = False

        user = f"{parts.username}@" if parts.username else ""
        here = urlunsplit(parts._replace(netloc=f"{user}{address}:{way.port}"))
        own = {"CODECOMPANION_DATABASE_URL": here, "CODECOMPANION_WORKER_LEASE_S": str(LEASE_S)}
        before = ("ip", "netns", "exec", cable.namespace) if cable else ()
        yield Machine(name, {**environment(folder, python), **own}, folder, before, cut, mend)


@dataclass(frozen=True)
class _Cable:
    """What joins a namespace with this machine; `address` is this machine's end."""

    namespace: str
    device: str
    address: str

    def pull(self) -> None:
        _ip("link", "set", self.device, "down")

    def plug(self) -> None:
        _ip("link", "set", self.device, "up")


@contextmanager
def _cable(name: str, number: int) -> Generator[_Cable]:
    mark = f"{os.getpid() % 10_000}{name}"
    namespace, here, there = f"cc{mark}", f"cch{mark}", f"cct{mark}"
    net = f"10.{os.getpid() % 200 + 20}.{number}"
    _ip("netns", "add", namespace)
    try:
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", namespace)
        _ip("addr", "add", f"{net}.1/24", "dev", here)
        _ip("link", "set", here, "up")
        inside = ("-n", namespace)
        _ip(*inside, "addr", "add", f"{net}.2/24", "dev", there)
        _ip(*inside, "link", "set", there, "up")
        _ip(*inside, "link", "set", "lo", "up")
        yield _Cable(namespace, here, f"{net}.1")
    finally:
        _ip("link", "del", here, check=False)  # at once: with its namespace it would go later, when the next may want its name
        _ip("netns", "del", namespace, check=False)
