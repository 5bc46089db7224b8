"""How long a model may take, how often it is asked again, and how much it may send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """The limits of every call. Times are in seconds, sizes in bytes.

    `first_byte_s` runs until the answer begins, `idle_s` between two pieces of a streamed answer, `total_s` over all of
    it, and `call_s` over an answer that is not streamed. A request is sent at most `attempts` times,
    `rate_limited_attempts` times when the provider only asks for patience. The first wait before another is `first_wait_s`,
    each further one twice as long, none above `max_wait_s`.
    `private_hosts` are names (and all below them) that may lead into a private network.
    After `breaker_failures` failures in a row a model is left alone for `breaker_rest_s`.
    """

    connect_s: float = 5.0
    first_byte_s: float = 60.0
    idle_s: float = 30.0
    call_s: float = 30.0
    total_s: float = 600.0
    attempts: int = 3
    rate_limited_attempts: int = 5
    first_wait_s: float = 1.0
    max_wait_s: float = 60.0
    breaker_failures: int = 5
    breaker_rest_s: float = 30.0
    max_response_bytes: int = 8 * 1024**2
    max_line_bytes: int = 1024**2
    streamed: bool = True
    private_hosts: tuple[str, ...] = ()
