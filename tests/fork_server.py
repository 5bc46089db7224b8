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
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CLIENT = Path(__file__).with_name("fork_client.py")
END = b"\0\0\0"
COMMAND = "codecompanion"
IMPORTED = ("agents", "api", "cli", "execution", "memory", "orchestrator", "providers", "routing", "runs", "storage", "tools")
"""The packages whose every module is imported before the first fork; what they need comes with them."""
OWN = ("LANG", "LC_", "PYTHON", "FORCE_COLOR", "HOME", "XDG_")
"""Variables that are read by the interpreter or by imports: a caller that sets one gets the real program."""


PLACE = "FORK_SERVER"
"""The variable that tells the workers of a test run where the server that they share listens."""


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
    ours = {name: value for name, value in os.environ.items() if name.startswith(OWN)}
    theirs = {name: value for name, value in environ.items() if name.startswith(OWN)}
    if ours != theirs:
        return None
    return [sys.executable, "-I", "-S", str(CLIENT), server(), str(program)]


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


def _program(descriptors: list[int], request: bytes) -> None:
    _become(descriptors, request)
    code = _run()
    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]  # what a process does at its end
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 0xFF)


def _attend(caller: socket.socket) -> None:
    """Fork the program that a caller asks for, wait for its end and tell it; a caller that goes takes the program with it."""
    _, descriptors, _, _ = socket.recv_fds(caller, 1, 3)
    request = b""
    while not request.endswith(END):
        request += caller.recv(1 << 16)
    child = os.fork()
    if child == 0:
        caller.close()
        _program(descriptors, request.removesuffix(END))
    for descriptor in descriptors:
        os.close(descriptor)
    ended = os.pidfd_open(child)
    while ended not in select.select([ended, caller], [], [])[0]:
        told = caller.recv(1)
        os.kill(child, told[0] if told else signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        caller.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


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
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while listening in select.select([listening, 0], [], [])[0]:
            caller, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _attend(caller)
            caller.close()


if __name__ == "__main__":
    _serve(sys.argv[1])
