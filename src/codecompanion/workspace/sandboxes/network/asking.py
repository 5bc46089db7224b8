"""What a program asks of the proxy, and what it is told."""

import re
from http import HTTPStatus

HEAD_BYTES = 8192
"""The longest head of a request."""
_FIRST_LINE = re.compile(rb"(?P<method>[A-Z]{1,20}) (?P<target>[!-~]+) HTTP/1\.[01]")
_TARGET = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{1,64}\]):(?P<port>[0-9]{1,5})")


class Refusal(Exception):
    """What is answered instead of a connection: `why` in a sentence."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why

    def answer(self) -> bytes:
        """Return the whole answer."""
        body = f"CodeCompanion's proxy: {self.why}\n".encode()
        allow = "Allow: CONNECT\r\n" if self.status is HTTPStatus.METHOD_NOT_ALLOWED else ""
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\n{allow}Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def asked_for(head: bytes) -> tuple[str, int]:
    """Return the host, in small letters and without a dot at its end, and the port that a request wants to be connected to.

    Of the head only the first line is looked at: what follows it, a Host of another name say, changes nothing.

    Raises:
        Refusal: It asks for something else.
    """
    first = _FIRST_LINE.fullmatch(head.partition(b"\r\n")[0])
    if first is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "that is no request of HTTP/1.1")
    if first["method"] != b"CONNECT":
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, "only CONNECT is served: use https://, or a client that tunnels http:// too"
        )
    target = _TARGET.fullmatch(first["target"].decode("ascii"))
    if target is None or not 0 < int(target["port"]) < 2**16:
        raise Refusal(HTTPStatus.BAD_REQUEST, "CONNECT takes HOST:PORT")
    return target["host"].lower().removesuffix("."), int(target["port"])
