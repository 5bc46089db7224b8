"""How long to wait before a request is sent again."""

from codecompanion.domain.errors import FailureCategory
from codecompanion.providers.failures import Failure
from codecompanion.providers.policy import CallPolicy

JITTER = 0.2
"""The share of a wait that chance decides, so that many who failed together do not come back together."""


def wait_before_retry(failure: Failure, policy: CallPolicy, *, sent: int, draw: float) -> float | None:
    """Return the seconds to wait after the `sent`-th request failed, None when it is not to be sent again.

    What the provider asks for (`Retry-After`) is obeyed up to the policy's longest wait; a provider that asks for more
    is not asked again. Without a wish the waits are the policy's first, twice it, four times it, ... `draw` is from [0, 1).
    """
    if not failure.transient or sent >= _most(failure, policy):
        return None
    wished = failure.retry_after_s
    if wished is not None and wished > policy.max_wait_s:
        return None
    if wished is not None and wished > 0:
        return wished * (1 + JITTER * draw)  # never earlier than asked
    spread = 1 - JITTER / 2 + JITTER * draw
    return min(policy.first_wait_s * 2.0 ** (sent - 1) * spread, policy.max_wait_s)


def _most(failure: Failure, policy: CallPolicy) -> int:
    return policy.rate_limited_attempts if failure.category is FailureCategory.RATE_LIMIT else policy.attempts
