"""Programs of this project as forks of a process that has imported it once: what each does is real, its imports are paid for.

A program starts with the arguments, folder, environment and standard streams of its caller, as a process of its own that can be
killed. What a fork cannot show (imports, the interpreter's own settings, the locale) is tested on the installed command.
"""

import atexit
import contextlib
import gc
import importlib
import os
import pkgutil
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fork_client import END, asked

CLIENT = Path(__file__).with_name("fork_client.py")
COMMAND = "codecompanion"
IMPORTED = ("agents", "api", "cli", "execution", "memory", "orchestrator", "providers", "routing", "runs", "storage", "tools")
"""The packages whose every module is imported before the first fork; what they need comes with them."""
OWN = ("LANG", "LC_", "PYTHON", "FORCE_COLOR", "HOME", "XDG_")
"""Variables that are read by the interpreter or by imports: a caller that sets one gets the real program."""


PLACE = "FORK_SERVER"
"""The variable that tells the workers of a test run where the server that they share listens."""


class Ended(NamedTuple):
    """How a program ended: a negative code is a signal."""

    code: int
    stdout: bytes
    stderr: bytes


@cache
def server() -> str:
    """Return where a server listens: the shared one, or one that ends with this process. It answers when it is ready."""
    if shared := os.environ.get(PLACE):
        return shared
    folder = tempfile.TemporaryDirectory(prefix="forks-")
    place = f"{folder.name}/socket"
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    started = subprocess.Popen([sys.executable, __file__, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert started.stdout is not None
    assert started.stdout.readline() == b"listening\n"

    def stop() -> None:
        assert started.stdin is not None
        started.stdin.close()
        started.wait()
        folder.cleanup()

    atexit.register(stop)
    return place


def forked(program: str | Path, environ: Mapping[str, str]) -> list[str] | None:
    """Return the argv that runs a script, or the installed command, as a fork; None when its environment forbids that."""
    return [sys.executable, "-I", "-S", str(CLIENT), server(), str(program)] if can_fork(environ) else None


def can_fork(environ: Mapping[str, str]) -> bool:
    """Whether a fork of this environment's server is what a program in another environment would be."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(OWN)}
    theirs = {name: value for name, value in environ.items() if name.startswith(OWN)}
    return ours == theirs


def run(argv: Sequence[str | bytes], environ: Mapping[str, str], cwd: Path, stdin: bytes, limit_s: float) -> Ended:
    """Run a program as a fork to its end.

    Raises:
        TimeoutError: It has not ended in time; it is killed.
    """
    words = [os.fsencode(word) for word in argv]
    variables = [os.fsencode(f"{name}={value}") for name, value in environ.items()]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        streams = [given.fileno(), out.fileno(), err.fileno()]
        with asked(os.fsencode(server()), words, variables, os.fsencode(cwd), streams) as program:
            program.settimeout(limit_s)
            code = int(program.recv(16) or b"1")
        out.seek(0)
        err.seek(0)
        return Ended(code, out.read(), err.read())


def _import_everything() -> None:
    for name in IMPORTED:
        package = importlib.import_module(f"codecompanion.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name:  # its environment runs when it is imported
                importlib.import_module(module.name)


def _become(descriptors: list[int], request: bytes) -> None:
    count, *fields = request.split(b"\0")
    argv, (folder, *variables) = fields[: int(count)], fields[int(count) :]
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in variables))
    time.tzset()
    random.seed()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = [os.fsdecode(word) for word in argv]


def _run() -> int:
    """Run the program that `sys.argv` names and return its exit code."""
    try:
        if sys.argv[0] == COMMAND:
            importlib.import_module("codecompanion.__main__").main()
        else:
            sys.path[0] = str(Path(sys.argv[0]).parent)
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
            return 1
        return code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter's own last line
        sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType] # inside `except` there is one
        return 1
    return 0


def _carry_out(descriptors: list[int], request: bytes) -> None:
    _become(descriptors, request)
    code = _run()
    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]  # what a process does at its end
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 0xFF)


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _requested(caller: socket.socket) -> tuple[list[int], bytes] | None:
    """Return the streams of a program and the rest of a request; None when the caller is killed meanwhile."""
    _, descriptors, _, _ = socket.recv_fds(caller, 1, 3)
    request = b""
    while not request.endswith(END):
        part = caller.recv(1 << 16)
        if not part:
            _close(descriptors)
            return None
        request += part
    return descriptors, request.removesuffix(END)


@dataclass(frozen=True)
class _Program:
    """A fork, the descriptor by which its end is known, and who waits for it."""

    process: int
    ended: int
    caller: socket.socket

    def signal(self) -> None:
        """Pass a signal on; a caller that goes takes the program with it."""
        told = b""
        with contextlib.suppress(ConnectionError):
            told = self.caller.recv(1)
        os.kill(self.process, told[0] if told else signal.SIGKILL)

    def tell(self) -> None:
        """Tell the caller how the program ended."""
        _, status = os.waitpid(self.process, 0)
        with contextlib.suppress(OSError):
            self.caller.sendall(b"%d" % os.waitstatus_to_exitcode(status))
        self.close()

    def close(self) -> None:
        os.close(self.ended)
        self.caller.close()


def _started(caller: socket.socket, others: Iterable[_Program], listening: socket.socket) -> _Program | None:
    requested = _requested(caller)
    if requested is None:
        caller.close()
        return None
    descriptors, request = requested
    process = os.fork()
    if process == 0:
        for other in others:
            other.close()
        listening.close()
        caller.close()
        _carry_out(descriptors, request)
    _close(descriptors)
    return _Program(process, os.pidfd_open(process), caller)


def _serve(place: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(place)
        listening.listen(64)
        os.write(1, b"listening\n")
        gc.disable()  # what is imported stays
        _import_everything()
        gc.freeze()  # a collection in a fork would copy all of it
        gc.enable()
        sys.path.insert(0, "")
        _attend(listening)


def _attend(listening: socket.socket) -> None:
    """Start what is asked for, pass signals on and tell of ends, until nobody can ask any more: stdin is closed then."""
    programs: dict[int, _Program] = {}
    while True:
        ends = {program.ended: program for program in programs.values()}
        callers = {program.caller.fileno(): program for program in programs.values()}
        ready = select.select([listening.fileno(), 0, *ends, *callers], [], [])[0]
        if 0 in ready:
            return
        for program in [ends[one] for one in ready if one in ends]:
            programs.pop(program.process).tell()
        for program in [callers[one] for one in ready if one in callers]:
            if program.process in programs:
                program.signal()
        if listening.fileno() in ready:
            caller, _ = listening.accept()
            if (program := _started(caller, programs.values(), listening)) is not None:
                programs[program.process] = program


if __name__ == "__main__":
    _serve(sys.argv[1])
