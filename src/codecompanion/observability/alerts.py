"""Posts the alerts of the log to the address that the user named: once for all processes that share a bus.

They are one consumer group. Whoever gets a message posts that alert; while the address does not take it, the bus hands it out
again after a growing wait, and at last keeps it as a dead letter. What a process that died had in hand goes to another. An
alert is posted at least once, and twice only if its process dies before the log holds that it was.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import PurePath
from typing import Any

import anyio

from codecompanion.domain.counting import counted
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import AlertPosted, BudgetAlerted, Fact, decode
from codecompanion.domain.topics import APPENDED, METRICS
from codecompanion.ports import BaseBus, EventStore, Message, RunLocks

GROUP = "alerts"
LAST_WAIT_S = 3.0
"""So long the end of a process waits for what it told of to be posted."""
LAST_WAIT_OF_MANY_S = 1.0
"""The same where others may have posted it."""

Post = Callable[[dict[str, Any]], Awaitable[None]]
"""Posts a message, or raises."""
Note = Callable[[Fact, str, str], Awaitable[object]]
"""Records a fact in the stream of the alerts once per key; the third is the run that it concerns."""

_log = logging.getLogger(__name__)


class Alerts:
    """Tells of alerts, and as a member of the group posts them.

    Args:
        store: The log.
        bus: Where the group is: it tells of all that is appended, or is `nearby`.
        nearby: The bus of this process.
        locks: Keep two processes from posting one alert, which a bus may tell of twice.
        note: Records in the log that an alert was posted.
        post: Posts an alert; None when there is no address.
    """

    def __init__(
        self, store: EventStore, bus: BaseBus, nearby: BaseBus, *, locks: RunLocks, note: Note, post: Post | None
    ) -> None:
        self._store = store
        self._bus = bus
        self._nearby = nearby
        self._locks = locks
        self._note = note
        self._post = post
        self._begun = anyio.Event()
        self._changed = anyio.Event()
        self._owed: set[int] = set()

    @property
    def has_address(self) -> bool:
        """Whether alerts are posted anywhere."""
        return self._post is not None

    def begin(self) -> None:
        """Become a member of the group: this process works on runs."""
        self._begun.set()

    async def tell(self, event: Event) -> None:
        """Let an alert that was recorded be posted soon."""
        if self._post is None:
            return
        self._owed.add(event.position)
        look: dict[str, str | int] = {"stream_id": event.stream_id, "position": event.position, "type": event.type}
        await self._nearby.publish(METRICS, look)
        await self._nearby.publish(APPENDED, {"run_id": event.stream_id, "version": event.version})

    async def deliver(self) -> None:
        """Post what the group is told of, until cancelled; nothing is connected to before `begin`."""
        await self._begun.wait()
        await self._bus.subscribe(METRICS, group=GROUP, consumer=GROUP, handler=self._handle)

    async def settle(self) -> None:
        """Wait a little until what this process told of is posted."""
        alone = self._bus is self._nearby
        with anyio.move_on_after(LAST_WAIT_S if alone else LAST_WAIT_OF_MANY_S, shield=True):
            while self._owed:
                await self._changed.wait()
        if self._owed and alone:
            _log.error("%s could not be posted to the webhook before the end", counted(len(self._owed), "alert"))

    async def given_up(self, after: datetime) -> int:
        """Return how many alerts that were recorded after a moment were given up.

        Raises:
            BusUnavailable: The bus is away.
        """
        letters = await self._bus.dead_letters(METRICS, group=GROUP)
        found = [event for letter in letters for event in await self._told_of(letter)]
        return sum(datetime.fromisoformat(event.recorded_at) > after for event in found)

    async def _told_of(self, message: Message) -> list[Event]:
        return await self._store.read_all(after_position=int(message.payload["position"]) - 1, limit=1)

    async def _handle(self, message: Message) -> None:
        if message.payload.get("type") != BudgetAlerted.__name__ or self._post is None:
            return
        for event in await self._told_of(message):
            fact = decode(event)
            if isinstance(fact, BudgetAlerted):
                async with self._locks.hold(f"alert-{event.event_id}"):
                    await self._post_once(self._post, event, fact)
        self._owed.discard(int(message.payload["position"]))
        self._changed.set()
        self._changed = anyio.Event()

    async def _post_once(self, post: Post, event: Event, alert: BudgetAlerted) -> None:
        key = f"posted:{event.event_id}"
        if await self._store.find(event.stream_id, key):
            return
        payload = payload_of(event, alert, await self._project(alert.run_id))
        with anyio.CancelScope(shield=True):  # an address has little time, and what it took must not be posted again
            await post(payload)
            await self._note(AlertPosted(alert_id=event.event_id), key, alert.run_id)

    async def _project(self, run_id: str) -> str:
        """Return the name of the folder of a run's repository, "" when the log has it no more."""
        begun = await self._store.read(run_id, up_to_version=1)
        return PurePath(str(begun[0].data.get("repo", ""))).name if begun else ""


def payload_of(event: Event, alert: BudgetAlerted, project: str) -> dict[str, Any]:
    """Return what leaves this machine: amounts and names, of the repository only that of its folder."""
    return {
        "schema_version": 1,
        "type": "budget_alert",
        "id": event.event_id,
        **alert.model_dump(mode="json", exclude={"scope"}),
        "project": project,
        "text": f"CodeCompanion: {alert.percent} % of the limit of ${alert.limit_usd} per {alert.limit} are used",
    }
