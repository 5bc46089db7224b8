"""What the launcher is told to do."""

import marshal


class Order:
    """One command and its confinement; plain values only, because it travels as bytes.

    Args:
        argv: The command and its arguments.
        cwd: Where it starts.
        env: Its whole environment.
        limits: Values by `resource.RLIMIT_*`.
        uid: The user and group id to become, None to stay who we are.
        writable: Folders that Landlock lets it change.
        readable: Files and folders that Landlock lets it read; None leaves Landlock away.
        syscall_filter: A BPF program for seccomp, b"" for none.
        private: The folder that is removed at the end.
        parent: The process that gives the order; without it nothing is done.
        status: The descriptor on which the launcher tells how the command ended.
    """

    def __init__(  # noqa: PLR0913 - the lines of a form, all named where it is filled in
        self,
        *,
        argv: list[str],
        cwd: str,
        env: dict[str, str],
        limits: dict[int, int],
        uid: int | None,
        writable: list[str],
        readable: list[str] | None,
        syscall_filter: bytes,
        private: str,
        parent: int,
        status: int,
    ) -> None:
        self.argv = argv
        self.cwd = cwd
        self.env = env
        self.limits = limits
        self.uid = uid
        self.writable = writable
        self.readable = readable
        self.syscall_filter = syscall_filter
        self.private = private
        self.parent = parent
        self.status = status

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` of the same Python version reads."""
        return marshal.dumps(vars(self))

    @classmethod
    def from_bytes(cls, content: bytes) -> "Order":
        """Return the order that was written."""
        return cls(**marshal.loads(content))  # noqa: S302 - written by our own process a moment ago
