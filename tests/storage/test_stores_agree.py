"""Memory and SQLite are driven side by side and must answer alike, also after the file is opened again."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codecompanion.clock import FixedClock
from codecompanion.domain.envelope import Draft, Event, verify_chain
from codecompanion.domain.errors import VersionConflict
from codecompanion.ports import EventStore, Snapshot
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.storage.sqlite import open_sqlite

STREAMS = st.sampled_from(["run-a", "run-b", "rün-c"])
KEYS = st.sampled_from(["k1", "k2", "k3"])
VERSIONS = st.integers(0, 12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
DATA = st.dictionaries(st.text(max_size=4), JSON, max_size=3)


@dataclass(frozen=True)
class Refused:
    """An error, compared by what it says."""

    kind: type[Exception]
    text: str


class StoresAgree(RuleBasedStateMachine):
    """Every rule asks both stores the same and compares the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.context = ExitStack()
        self.path = Path(self.context.enter_context(TemporaryDirectory())) / "log.db"
        self.portal = self.context.enter_context(start_blocking_portal())
        self.clock = FixedClock(datetime(2026, 1, 2, tzinfo=UTC))
        self.sent: list[list[Draft]] = []
        self.memory = MemoryEventStore()
        self.open()

    def open(self) -> None:
        self.file = ExitStack()
        self.sqlite, _ = self.file.enter_context(self.portal.wrap_async_context_manager(open_sqlite(self.path)))

    def teardown(self) -> None:
        self.file.close()
        self.context.close()

    def answer(self, store: EventStore, question: Callable[[EventStore], Awaitable[object]]) -> object:
        try:
            return self.portal.call(question, store)
        except (VersionConflict, ValueError) as error:
            return Refused(type(error), str(error))

    def both(self, question: Callable[[EventStore], Awaitable[object]]) -> Any:
        expected = self.answer(self.memory, question)
        assert self.answer(self.sqlite, question) == expected
        return expected

    def stream(self, stream_id: str) -> list[Event]:
        return self.both(lambda s: s.read(stream_id))

    def append(self, stream_id: str, drafts: list[Draft], expected_version: int, key: str | None) -> None:
        self.both(lambda s: s.append(stream_id, drafts, expected_version=expected_version, idempotency_key=key))

    @initialize()
    def begin(self) -> None:
        assert self.both(lambda s: s.streams()) == []

    @rule(stream_id=STREAMS, data=st.lists(DATA, max_size=3), key=st.none() | KEYS)
    def append_at_the_end(self, stream_id: str, data: list[dict[str, Any]], key: str | None) -> None:
        version = len(self.portal.call(self.memory.read, stream_id))
        drafts = [Draft(self.clock.new_id(), "StepTaken", 1, "2026-01-02T00:00:00.000000Z", one, "user") for one in data]
        self.sent.append(drafts)
        self.append(stream_id, drafts, version, key)

    @rule(stream_id=STREAMS, version=VERSIONS, key=st.none() | KEYS)
    def append_at_a_guessed_version(self, stream_id: str, version: int, key: str | None) -> None:
        draft = Draft(self.clock.new_id(), "StepTaken", 2, "2026-01-02T00:00:00.000000Z", {}, "user")
        self.sent.append([draft])
        self.append(stream_id, [draft], version, key)

    @rule(stream_id=STREAMS, version=VERSIONS, key=st.none() | KEYS, pick=st.data(), new=st.booleans())
    def append_what_was_sent_before(
        self, stream_id: str, version: int, key: str | None, pick: st.DataObject, *, new: bool
    ) -> None:
        if self.sent:
            again = list(pick.draw(st.sampled_from(self.sent)))
            fresh = Draft(self.clock.new_id(), "StepTaken", 1, "2026-01-02T00:00:00.000000Z", {}, "user")
            self.append(stream_id, [*again, fresh] if new else again, version, key)

    @rule(stream_id=STREAMS, after=VERSIONS, up_to=st.none() | VERSIONS)
    def read(self, stream_id: str, after: int, up_to: int | None) -> None:
        self.both(lambda s: s.read(stream_id, after_version=after, up_to_version=up_to))

    @rule(after=VERSIONS, limit=st.integers(1, 5))
    def read_a_page(self, after: int, limit: int) -> None:
        self.both(lambda s: s.read_all(after_position=after, limit=limit))

    @rule(stream_id=STREAMS)
    def keys(self, stream_id: str) -> None:
        self.both(lambda s: s.keys(stream_id))

    @rule(stream_id=STREAMS, key=KEYS)
    def find(self, stream_id: str, key: str) -> None:
        self.both(lambda s: s.find(stream_id, key))

    @rule(stream_id=STREAMS, version=VERSIONS, schema=st.sampled_from(["v1", "v2"]), state=st.text(max_size=5))
    def save_snapshot(self, stream_id: str, version: int, schema: str, state: str) -> None:
        self.both(lambda s: s.save_snapshot(Snapshot(stream_id, version, schema, state)))

    @rule(stream_id=STREAMS, up_to=st.none() | VERSIONS, schema=st.sampled_from(["v1", "v2"]))
    def load_snapshot(self, stream_id: str, up_to: int | None, schema: str) -> None:
        self.both(lambda s: s.load_snapshot(stream_id, schema=schema, up_to_version=up_to))

    @rule()
    def open_the_file_again(self) -> None:
        self.file.close()
        self.open()

    @invariant()
    def the_logs_are_equal_and_verify(self) -> None:
        for stream_id in self.both(lambda s: s.streams()):
            verify_chain(stream_id, self.stream(stream_id))
        events = self.both(lambda s: s.read_all(limit=10_000))
        assert [event.position for event in events] == list(range(1, len(events) + 1))


TestStoresAgree = StoresAgree.TestCase
TestStoresAgree.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
