"""Stand in for a program that the fork server runs: `python -I -S fork_client.py SOCKET PROGRAM ARG...`.

It hands its arguments, folder, environment and standard streams to the server, waits for the fork that became the program,
as that ended: with its exit code, or by its signal. Signals are passed on; when this is killed, the program is killed too.
"""

import os
import signal
import socket
import sys

END = b"\0\0\0"
"""Ends a request: no argument, folder or variable holds a null byte, and none but the last is followed by two more."""


def asked(place: bytes, argv: list[bytes], environ: list[bytes], folder: bytes, streams: list[int]) -> socket.socket:
    """Ask for a program and return the connection: it takes signals, a byte each, and gives the exit code when there is one."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.connect(place)
    socket.send_fds(server, [b"0"], streams)
    server.sendall(b"\0".join([b"%d" % len(argv), *argv, folder, *environ]) + END)
    return server


def main() -> None:
    """Ask, wait and end alike."""
    place, *argv = (os.fsencode(argument) for argument in sys.argv[1:])
    environ = [name + b"=" + value for name, value in os.environb.items()]
    folder = os.getcwdb()  # noqa: PTH109 # pathlib takes longer to load than all of this
    with asked(place, argv, environ, folder, [0, 1, 2]) as server:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda told, _frame: server.sendall(bytes([told])))
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        ended = int(server.recv(16) or b"1")
    if ended < 0:
        signal.signal(-ended, signal.SIG_DFL) if -ended not in {signal.SIGKILL, signal.SIGSTOP} else None
        os.kill(os.getpid(), -ended)
    os._exit(ended)


if __name__ == "__main__":
    main()
