"""Leave a model alone that keeps failing, then try it with one request."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class CircuitBreaker:
    """Closed: requests pass. Open after `threshold` failures in a row: none do for `rest_s`. Then half-open: one may try.

    Its success closes the circuit, its failure opens it again. A request that tries and is cancelled keeps the circuit
    open for another rest. `now` is a monotonic clock in seconds.
    """

    threshold: int
    rest_s: float
    now: Callable[[], float]
    _failures: int = field(default=0, init=False)
    _resting_until: float | None = field(default=None, init=False)

    def seconds_until_a_try(self) -> float:
        """Return 0 when a request may be sent now, and count on the caller to send it; else how long to wait."""
        if self._resting_until is None:
            return 0.0
        left = self._resting_until - self.now()
        if left > 0:
            return left
        self._rest()  # for everyone but this caller
        return 0.0

    def resting_s(self) -> float:
        """Return how long no request is let pass from now on, 0 when one may be; nobody is counted on."""
        return 0.0 if self._resting_until is None else max(0.0, self._resting_until - self.now())

    def succeeded(self) -> None:
        """Close the circuit."""
        self._failures = 0
        self._resting_until = None

    def failed(self) -> None:
        """Count a failure that speaks of the model's health."""
        self._failures += 1
        if self._failures >= self.threshold:
            self._rest()

    def _rest(self) -> None:
        self._resting_until = self.now() + self.rest_s


@dataclass(slots=True)
class Breakers:
    """One circuit breaker per provider and model, for as long as this object lives."""

    threshold: int
    rest_s: float
    now: Callable[[], float]
    _breakers: dict[str, CircuitBreaker] = field(default_factory=dict[str, CircuitBreaker], init=False)

    def of(self, model: str) -> CircuitBreaker:
        """Return the breaker of a model; the same name gives the same one."""
        return self._breakers.setdefault(model, CircuitBreaker(self.threshold, self.rest_s, self.now))
