"""An HTTP server that is posted to."""

import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted. It refuses the first `refusals` posts with `code`, and takes the rest."""

    daemon_threads = True

    def __init__(self, refusals: float, code: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals, self.code = refusals, code
        self.taken: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        """Its address, which holds a secret."""
        return f"http://127.0.0.1:{self.server_port}/secret"

    def take(self, body: dict[str, Any]) -> int:
        """Keep what was posted and return the status to answer with."""
        with self.changed:
            is_refused = len(self.refused) < self.refusals
            (self.refused if is_refused else self.taken).append(body)
            self.changed.notify_all()
        return self.code if is_refused else 200

    def until(self, count: int, limit_s: float = 30) -> None:
        """Wait until so many posts were taken."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.taken) >= count, limit_s), (self.taken, self.refused)

    def times(self) -> Counter[str]:
        """Return how often each alert was taken, by its id."""
        return Counter(body["id"] for body in self.taken)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        code = server.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(code)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, *_args: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] # silent
        pass


@contextmanager
def receiver(refusals: float = 0, code: int = 500) -> Generator[Receiver]:
    """Run one; `refusals` may be infinite."""
    with Receiver(refusals, code) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
