"""What a launcher tells about the command it started: JSON objects on a pipe of their own, one per line.

The keys are bubblewrap's: `child-pid` (the first process inside, numbered as outside) and `exit-code`, which is written
only when the command really began. A command that a signal ended has, as in a shell, the exit code 128 + signal; one that exits
with such a code itself cannot be told from it.
"""

import json
import os
from dataclasses import dataclass, field

SIGNAL_BASE = 128
LAST_SIGNAL = 64


@dataclass(slots=True)
class StatusPipe:
    """A pipe whose writing end the launcher inherits."""

    read_fd: int
    write_fd: int
    _told: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def create(cls) -> "StatusPipe":
        """Return a new pipe; the reading end never blocks."""
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        return cls(read_fd, write_fd)

    def close(self) -> None:
        """Close both ends."""
        os.close(self.read_fd)
        os.close(self.write_fd)

    @property
    def first_pid(self) -> int | None:
        """The first process inside the cage, None when it was never told."""
        return self._read().get("child-pid")

    @property
    def exit_code(self) -> int | None:
        """How the command ended, negative for a signal, None when it never began or was killed with its launcher."""
        code = self._read().get("exit-code")
        return None if code is None else _negative_for_a_signal(code)

    def _read(self) -> dict[str, int]:
        try:
            text = os.read(self.read_fd, 65536).decode()
        except BlockingIOError:
            text = ""
        for line in text.splitlines():
            self._told.update(json.loads(line))
        return self._told


def _negative_for_a_signal(code: int) -> int:
    return SIGNAL_BASE - code if SIGNAL_BASE < code <= SIGNAL_BASE + LAST_SIGNAL else code
