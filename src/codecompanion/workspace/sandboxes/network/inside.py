"""Listens in the cage's own network, hands the socket out, and becomes the command.

It is run from its text, as `python -c TEXT CHANNEL PORT COMMAND...`, so it stands on the standard library alone. CHANNEL is the
descriptor of a Unix socket whose other end our own process has.
"""

import os
import socket
import sys

BACKLOG = 64
NOT_FOUND = 127
NOT_RUNNABLE = 126


def main() -> None:
    """Do what the arguments say."""
    channel, port, *argv = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", int(port)), backlog=BACKLOG)
    with socket.socket(fileno=int(channel)) as way_out, listening:
        socket.send_fds(way_out, [b"\0"], [listening.fileno()])
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - a shell is what we avoid
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE)


if __name__ == "__main__":
    main()
