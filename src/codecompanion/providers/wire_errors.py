"""What our own transport refuses to hand to an SDK.

They are transport errors of the HTTP client, so that the SDKs and pydantic-ai treat them as what they are: no answer.
"""

import httpx2


class RedirectRefused(httpx2.TransportError):
    """The server sends us elsewhere; the key would go along."""

    def __init__(self, location: str) -> None:
        super().__init__(f"the server redirects to {location!r}, and a request with a key is not sent on")
        self.location = location


class ResponseTooLarge(httpx2.TransportError):
    """The answer passes a limit of bytes."""


class NotAnAnswer(httpx2.TransportError):
    """What came back is no answer of a model: another type, no UTF-8, or packed although that was not asked for."""


class AnotherKind(NotAnAnswer):
    """What came back is a page, say: no model made it."""


class AddressRefused(httpx2.TransportError):
    """A public name leads into a private network; nothing was sent there."""
