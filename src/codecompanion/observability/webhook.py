"""Posts small JSON messages to an address."""

import json
import urllib.error
import urllib.request
from functools import partial
from typing import Any

from anyio import to_thread

TIMEOUT_S = 3.0


class NotPosted(Exception):
    """The address did not take a message. Its words hold nothing of the address, which may be a secret."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None  # an address that leads elsewhere is an error


class Webhook:
    """Posts to one address.

    Args:
        url: The address, http or https. It may hold a secret: it is never written anywhere.
        timeout_s: How long one message may take.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s

    async def post(self, message: dict[str, Any]) -> None:
        """Post a message.

        Raises:
            NotPosted: It was not taken.
        """
        if why := await to_thread.run_sync(partial(self._trouble, message), abandon_on_cancel=True):
            raise NotPosted(f"the webhook did not take an alert: {why}")

    def _trouble(self, message: dict[str, Any]) -> str:
        """Post and return what went wrong, "" for nothing."""
        try:
            self._send(message)
        except urllib.error.HTTPError as error:
            with error:
                return f"HTTP {error.code}"
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the address; its words may hold it
            return type(error).__name__
        return ""

    def _send(self, message: dict[str, Any]) -> None:
        if not self._url.startswith(("http://", "https://")):
            raise ValueError("the address of the webhook is neither http nor https")
        body, headers = json.dumps(message).encode(), {"Content-Type": "application/json", "User-Agent": "codecompanion"}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=self._timeout_s) as answer:
            answer.read(1024)
