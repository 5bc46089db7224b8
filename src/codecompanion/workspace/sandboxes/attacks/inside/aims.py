"""What the attacks aim at."""

import json
from collections.abc import Callable


class Aims:
    """The baits that lie outside, and the cage's own folder.

    Args:
        inside: The writable folder, where the attacks start.
        outside: A folder that everyone may write, with `secret`, `socket`, and a home with `.ssh/id` and `.bashrc`.
        token: What the secrets hold, and what names the shared memory and the abstract socket.
        parent: The process that started the sandbox.
        victim: A process of the same user whose environment holds the token as `BAIT`.
        tcp_port: Where a server listens on 127.0.0.1.
        udp_port: Where one hears datagrams.
        shared_memory: The key of a System V segment that everyone may use.
        home: The user's own home folder; only asked whether it can be opened.
        hostname: The machine's name.
        users: The names of the machine's accounts.
        packages: The folder of the interpreter's packages.
        memory_bytes: What one process may have.
        together_bytes: What all processes may have.
        processes: How many processes the cage may have.
        files: How many open files a process may have.
    """

    def __init__(  # noqa: PLR0913 - the lines of a form, all named where it is filled in
        self,
        *,
        inside: str,
        outside: str,
        token: str,
        parent: int,
        victim: int,
        tcp_port: int,
        udp_port: int,
        shared_memory: int,
        home: str,
        hostname: str,
        users: list[str],
        packages: str,
        memory_bytes: int,
        together_bytes: int,
        processes: int,
        files: int,
    ) -> None:
        self.inside = inside
        self.outside = outside
        self.token = token
        self.parent = parent
        self.victim = victim
        self.tcp_port = tcp_port
        self.udp_port = udp_port
        self.shared_memory = shared_memory
        self.home = home
        self.hostname = hostname
        self.users = users
        self.packages = packages
        self.memory_bytes = memory_bytes
        self.together_bytes = together_bytes
        self.processes = processes
        self.files = files

    @property
    def secret(self) -> str:
        """The file that nobody inside may read."""
        return f"{self.outside}/secret"

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Aims":
        """Return the aims that were written."""
        return cls(**json.loads(text))


Try = Callable[[Aims], str]
