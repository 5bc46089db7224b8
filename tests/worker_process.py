"""Real `codecompanion worker` processes for tests."""

import os
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from command_line import COMMAND

LEASE_S = 2.0


@dataclass(frozen=True)
class WorkerProcess:
    """A worker. `worker` is its id, `log` the file that holds what it says."""

    process: "subprocess.Popen[bytes]"
    worker: str
    log: Path

    def signal(self, number: int) -> None:
        """Send a signal to it, and not to what it started."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self, within_s: float = 30) -> int:
        """Ask it to stop and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)

    def says(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(encoding="utf-8")


@contextmanager
def worker_process(
    environ: Mapping[str, str], log: Path, *options: str, before: tuple[str, ...] = ()
) -> Generator[WorkerProcess]:
    """Run a worker until the block ends; `before` are words before its command, to enter a network namespace say."""
    command = [*before, str(COMMAND), "worker", *options]
    with log.open("ab") as said:
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=said)
    assert process.stdout is not None
    try:
        worker = process.stdout.readline().decode().strip()
        assert worker, log.read_text(encoding="utf-8")
        yield WorkerProcess(process, worker, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            process.wait(40)
        finally:
            process.kill()
            process.stdout.close()
