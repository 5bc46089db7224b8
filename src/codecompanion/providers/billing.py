"""What a request that failed may cost, by how far it came: what nobody can know is not called nothing.

A provider bills what its model read and wrote, and nothing for a request that it turned down. It goes on writing, and billing,
when whoever asked has stopped listening.
"""

from collections.abc import Sequence
from enum import StrEnum

import httpx2
from pydantic_ai import exceptions as pai
from pydantic_ai.messages import ModelResponse

from codecompanion.providers.wire_errors import AddressRefused, AnotherKind, RedirectRefused, ResponseTooLarge

NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.LocalProtocolError,
    httpx2.UnsupportedProtocol,
    AddressRefused,
)
HUNG_UP = (httpx2.TimeoutException, TimeoutError, pai.ModelTimeoutError, pai.ModelRequestTimeout, ResponseTooLarge)
"""Here we stopped listening; what the model wrote after that, and whether it had begun, is not seen."""
LATE_STATUSES = frozenset({408, 504, 524})
"""A gateway stopped listening: 524 is Cloudflare's."""
TURNED_DOWN = (RedirectRefused, AnotherKind, pai.ModelHTTPError)


class Bill(StrEnum):
    """What a request that failed may cost."""

    NOTHING = "nothing"
    WHAT_CAME = "what came"
    """The other side ended it: what it had sent until then."""
    UNKNOWN = "unknown"
    """At most what was reserved for it."""


def bill_of(chain: Sequence[BaseException], partial: ModelResponse | None) -> Bill:
    """Return what a failure may cost; `chain` is its error with its causes, `partial` what had come of an answer."""
    if any(isinstance(link, NEVER_LEFT) for link in chain):
        return Bill.NOTHING
    statuses = {link.status_code for link in chain if isinstance(link, pai.ModelHTTPError)}
    if any(isinstance(link, HUNG_UP) for link in chain) or statuses & LATE_STATUSES:
        return Bill.UNKNOWN
    if partial is not None and (partial.parts or partial.usage.total_tokens > 0):
        return Bill.WHAT_CAME
    return Bill.NOTHING if any(isinstance(link, TURNED_DOWN) for link in chain) else Bill.UNKNOWN
