"""Posts small JSON messages to an address, in a thread of its own: who sends one neither waits nor hears of trouble."""

import json
import logging
import queue
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

TIMEOUT_S = 3.0
LAST_WAIT_S = 3.0
"""So long the end of a process waits for what is still to be sent."""
MOST_WAITING = 100

_log = logging.getLogger(__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None  # an address that leads elsewhere is an error


class Webhook:
    """Sends to one address, in order.

    Args:
        url: The address, http or https. It may hold a secret: it is never written anywhere.
        timeout_s: How long one message may take.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._waiting: queue.Queue[dict[str, Any] | None] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None

    def send(self, message: dict[str, Any]) -> None:
        """Take a message to be sent soon; when too many wait already it is dropped."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            _log.warning("an alert is dropped: too many wait for the webhook")

    def close(self) -> None:
        """Wait a little for what is still to be sent."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(LAST_WAIT_S)

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            try:
                self._post(message)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the address is nobody's failure but its own
                _log.warning("an alert could not be sent to the webhook: %s", type(error).__name__)

    def _post(self, message: dict[str, Any]) -> None:
        if not self._url.startswith(("http://", "https://")):
            raise ValueError("the address of the webhook is neither http nor https")
        body, headers = json.dumps(message).encode(), {"Content-Type": "application/json", "User-Agent": "codecompanion"}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=self._timeout_s) as answer:
            answer.read(1024)


@contextmanager
def webhook_to(url: str | None) -> Generator[Callable[[dict[str, Any]], None]]:
    """Lend what sends to an address; None sends nothing. At the end what waits is sent, for a little while."""
    if not url:
        yield lambda _message: None
        return
    webhook = Webhook(url)
    try:
        yield webhook.send
    finally:
        webhook.close()
