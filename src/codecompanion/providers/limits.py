"""The limits of providers within one process."""

import math
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from codecompanion.ports import Limit

NO_LIMIT = Limit()
WINDOW_S = 60.0


class NoLimits:
    """Lets every request through."""

    @asynccontextmanager
    async def slot(self, model: str, on_wait: Callable[[], None] = lambda: None) -> AsyncGenerator[None]:
        """Return a context that is entered at once."""
        del model, on_wait
        yield

    async def hold_back(self, model: str, seconds: float) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Gate:
    """What is under way to one provider: requests in flight, when those of the last minute were sent, and who waits."""

    limit: Limit
    in_flight: int = 0
    sent: deque[float] = field(default_factory=deque[float])
    line: deque[object] = field(default_factory=deque[object])
    changed: anyio.Event = field(default_factory=anyio.Event)

    def notify(self) -> None:
        """Let everybody in the line look again."""
        self.changed.set()
        self.changed = anyio.Event()

    def wait_s(self, ahead: int, now: float, window_s: float) -> float:
        """Return how long it takes at least until one with so many ahead may go, 0 for now."""
        while self.sent and self.sent[0] <= now - window_s:
            self.sent.popleft()
        if self.limit.in_flight is not None and self.in_flight + ahead >= self.limit.in_flight:
            return math.inf
        over = 0 if self.limit.per_minute is None else len(self.sent) + ahead + 1 - self.limit.per_minute
        if over <= 0:
            return 0.0
        return self.sent[over - 1] + window_s - now if over <= len(self.sent) else math.inf


class LocalLimits:
    """`ProviderLimits` for the tasks of one event loop.

    Args:
        limits: By provider; one that is not there has none.
        now: A monotonic clock in seconds.
        window_s: What counts as a minute.
    """

    def __init__(
        self, limits: Mapping[str, Limit], *, now: Callable[[], float] = anyio.current_time, window_s: float = WINDOW_S
    ) -> None:
        self._limits = limits
        self._now = now
        self._window_s = window_s
        self._gates: dict[str, _Gate] = {}
        self._held_until: defaultdict[str, float] = defaultdict(lambda: -math.inf)

    @asynccontextmanager
    async def slot(self, model: str, on_wait: Callable[[], None] = lambda: None) -> AsyncGenerator[None]:
        """Return a context that is entered when a request may be sent; see `ProviderLimits.slot`."""
        provider = model.partition(":")[0]
        gate = self._gates.setdefault(provider, _Gate(self._limits.get(provider, NO_LIMIT)))
        await self._pass(gate, model, on_wait)
        try:
            yield
        finally:
            gate.in_flight -= 1
            gate.notify()

    async def _pass(self, gate: _Gate, model: str, on_wait: Callable[[], None]) -> None:
        me = object()
        gate.line.append(me)
        has_waited = False
        try:
            while (wait_s := self._wait_s(gate, me, model)) > 0:
                if not has_waited:
                    has_waited = True
                    on_wait()
                with anyio.move_on_after(wait_s):
                    await gate.changed.wait()
            gate.in_flight += 1
            gate.sent.append(self._now())
        finally:
            if me in gate.line:
                gate.line.remove(me)
            gate.notify()

    def _wait_s(self, gate: _Gate, me: object, model: str) -> float:
        now = self._now()
        if self._held_until[model] > now:
            if me in gate.line:  # who may not go anyway keeps nobody else from going
                gate.line.remove(me)
                gate.notify()
            return self._held_until[model] - now
        if me not in gate.line:
            gate.line.append(me)
        return gate.wait_s(gate.line.index(me), now, self._window_s)

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no further request to a model begin for some seconds; see `ProviderLimits.hold_back`."""
        self._held_until[model] = max(self._held_until[model], self._now() + seconds)
