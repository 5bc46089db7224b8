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


def main() -> None:
    """Ask, wait and end alike."""
    place, *argv = (os.fsencode(argument) for argument in sys.argv[1:])
    environment = [name + b"=" + value for name, value in os.environb.items()]
    fields = [b"%d" % len(argv), *argv, os.getcwdb(), *environment]  # noqa: PTH109 # pathlib takes longer to load than all of this
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(place)
        socket.send_fds(server, [b"0"], [0, 1, 2])
        server.sendall(b"\0".join(fields) + END)
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
