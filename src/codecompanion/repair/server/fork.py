"""Run work in a forked child that may hang, exit, be killed or eat memory without harm to the server."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import select
import signal
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[dict[str, Any]], None]
    Work = Callable[[Send], None]

EXTRA_MEMORY = 1024**3
POLL_S = 0.05
END = b'{"end": 1}'
leave = os._exit  # the real one: under trace a test's `os._exit` is another


def forked(work: Work, wall_s: float) -> tuple[list[dict[str, Any]], str]:
    """Return what the child sent and how it ended: "done", "timeout" or "crash".

    The child and everything in its process group are dead when this returns.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_child(work, writer)
    os.close(writer)
    with contextlib.suppress(OSError):
        os.setpgid(child, child)
    lines, ending = _listen(reader, child, time.monotonic() + wall_s)
    os.close(reader)
    return [json.loads(line) for line in lines if line], ending


def _be_child(work: Work, writer: int) -> None:
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        _cap_memory()
        random.seed(0)  # Python seeds each child by chance; what a test says must not depend on it
        work(lambda message: _write(writer, json.dumps(message).encode()))
        _write(writer, END)
    finally:
        leave(0)  # the server's exit handlers and buffers are not the child's


def _write(writer: int, line: bytes) -> None:
    rest = line + b"\n"
    while rest:
        rest = rest[os.write(writer, rest) :]


def _cap_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - cheaper, and this runs per candidate
        used = int(statm.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + EXTRA_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _listen(reader: int, child: int, deadline: float) -> tuple[list[bytes], str]:
    """Read until the end mark, the child's death or the deadline."""
    received, ending = b"", "timeout"
    while time.monotonic() < deadline:
        ready, _, _ = select.select([reader], [], [], POLL_S)
        chunk = os.read(reader, 1 << 20) if ready else b""
        received += chunk
        if received.endswith(END + b"\n"):
            ending = "done"
            break
        if not chunk and (ready or _is_dead(child)):
            ending = ""
            break
    status = _bury(child)
    lines = received.split(b"\n")
    if ending:
        return [line for line in lines[:-1] if line != END], ending
    return lines[:-1], "timeout" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF else "crash"


def _is_dead(child: int) -> bool:
    """Look without reaping: a descendant may hold the pipe open after the child is gone."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _bury(child: int) -> int:
    """Kill the group and return the child's wait status; a child that ended by itself keeps its own status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if not _is_dead(child):
            os.kill(child, signal.SIGKILL)
        os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]
