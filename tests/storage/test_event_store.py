"""The contract of every EventStore."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import anyio
import pytest

from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, unseal, verify_chain
from codecompanion.domain.errors import VersionConflict
from codecompanion.domain.turns import TURNS
from codecompanion.ports import EventStore, Snapshot

pytestmark = pytest.mark.anyio

DraftFactory = Callable[..., Draft]


async def test_an_unknown_stream_is_an_empty_one(store: EventStore) -> None:
    assert await store.read("nobody") == []
    assert await store.find("nobody", "key") == []
    assert await store.keys("nobody") == {}
    assert await store.streams() == []


async def test_what_was_appended_is_read_as_it_was_sealed(store: EventStore, draft: DraftFactory) -> None:
    asked = [draft(step=1, text="ünï\u0000\n"), draft(nested={"list": [1, None, True, 0.1, 2**70]})]
    sealed = await store.append("run-1", asked, expected_version=0)
    assert await store.read("run-1") == sealed == await store.read_all()
    assert [unseal(event) for event in sealed] == asked
    assert [(event.version, event.position) for event in sealed] == [(1, 1), (2, 2)]
    assert sealed[0].prev_hash == GENESIS_HASH
    assert verify_chain("run-1", sealed) == 2


async def test_deeply_nested_data_comes_back(store: EventStore, draft: DraftFactory) -> None:
    nested: list[object] = []
    for _ in range(300):
        nested = [nested]
    [sealed] = await store.append("run-1", [draft(nested=nested)], expected_version=0)
    assert await store.read("run-1") == [sealed]


async def test_every_text_may_hold_every_character_that_separates_others(store: EventStore, draft: DraftFactory) -> None:
    odd = replace(draft(text="\x1f"), actor="\x1f,\x1e{}", correlation_id="+\x1f", trace_id="'\\")
    stored = await store.append("run\x1f1", [odd, draft()], expected_version=0, idempotency_key="\x1f")
    assert await store.read("run\x1f1") == stored == await store.find("run\x1f1", "\x1f")
    assert unseal(stored[0]) == odd
    again = await store.append("run\x1f1", [draft()], expected_version=2, idempotency_key="")
    assert await store.find("run\x1f1", "") == again
    assert await store.append("run\x1f1", [draft()], expected_version=3, idempotency_key="") == again


async def test_every_stream_has_its_own_versions_and_chain(store: EventStore, draft: DraftFactory) -> None:
    await store.append("a", [draft()], expected_version=0)
    await store.append("b", [draft(), draft()], expected_version=0)
    await store.append("a", [draft()], expected_version=1)
    assert [event.position for event in await store.read("a")] == [1, 4]
    assert [event.version for event in await store.read_all()] == [1, 1, 2, 2]
    assert verify_chain("a", await store.read("a")) == verify_chain("b", await store.read("b")) == 2


@pytest.mark.parametrize("expected", [-1, 0, 2])
async def test_the_slower_of_two_writers_is_told(store: EventStore, draft: DraftFactory, expected: int) -> None:
    stored = await store.append("run-1", [draft()], expected_version=0)
    with pytest.raises(VersionConflict) as conflict:
        await store.append("run-1", [draft()], expected_version=expected)
    assert (conflict.value.expected, conflict.value.actual) == (expected, 1)
    assert await store.read("run-1") == stored


async def test_a_key_seen_before_is_answered_with_the_first_append(store: EventStore, draft: DraftFactory) -> None:
    first = await store.append("run-1", [draft(), draft()], expected_version=0, idempotency_key="k")
    await store.append("run-1", [draft()], expected_version=2)
    assert await store.append("run-1", [draft()], expected_version=77, idempotency_key="k") == first
    assert await store.find("run-1", "k") == first
    assert len(await store.read("run-1")) == 3


async def test_a_key_belongs_to_one_stream(store: EventStore, draft: DraftFactory) -> None:
    await store.append("a", [draft()], expected_version=0, idempotency_key="k")
    assert await store.find("b", "k") == []
    [event] = await store.append("b", [draft()], expected_version=0, idempotency_key="k")
    assert event.stream_id == "b"


async def test_the_keys_of_a_stream_come_with_their_versions_in_order(store: EventStore, draft: DraftFactory) -> None:
    await store.append("run-1", [draft(), draft()], expected_version=0, idempotency_key="z")
    await store.append("run-1", [draft()], expected_version=2)
    await store.append("run-1", [draft()], expected_version=3, idempotency_key="a")
    await store.append("run-2", [draft()], expected_version=0, idempotency_key="b")
    assert list((await store.keys("run-1")).items()) == [("z", range(1, 3)), ("a", range(4, 5))]


async def test_a_key_of_a_refused_append_stays_free(store: EventStore, draft: DraftFactory) -> None:
    with pytest.raises(VersionConflict):
        await store.append("run-1", [draft()], expected_version=5, idempotency_key="k")
    assert await store.find("run-1", "k") == []
    assert len(await store.append("run-1", [draft()], expected_version=0, idempotency_key="k")) == 1


async def test_the_same_events_again_are_answered_with_the_first_result(store: EventStore, draft: DraftFactory) -> None:
    drafts = [draft(), draft()]
    await store.append("run-1", [draft()], expected_version=0)
    first = await store.append("run-1", drafts, expected_version=1)
    assert await store.append("run-1", drafts, expected_version=1) == first
    assert await store.append("run-1", drafts, expected_version=9, idempotency_key="late") == first
    assert len(await store.read("run-1")) == 3


async def test_c156_an_event_id_is_used_once(store: EventStore, draft: DraftFactory) -> None:
    one, two, three = draft(), draft(), draft()
    stored = await store.append("run-1", [one, two], expected_version=0)
    for stream_id, drafts in {
        "other": [one, two],
        "run-1": [two, one],
        "run-2": [three, one],
        "run-3": [three, three],
    }.items():
        with pytest.raises(ValueError, match="event_id"):
            await store.append(stream_id, drafts, expected_version=0)
    with pytest.raises(ValueError, match="event_id"):
        await store.append("run-1", [two, three], expected_version=2)
    assert await store.read_all() == stored


async def test_an_append_needs_a_draft(store: EventStore) -> None:
    with pytest.raises(ValueError, match="at least one"):
        await store.append("run-1", [], expected_version=0)


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), "\ud800", object()], ids=["nan", "infinity", "lone surrogate", "no JSON"]
)
async def test_c160_what_is_not_json_is_refused_and_nothing_of_the_append_is_stored(
    store: EventStore, draft: DraftFactory, bad: object
) -> None:
    with pytest.raises((ValueError, TypeError)):
        await store.append("run-1", [draft(), draft(bad=bad)], expected_version=0, idempotency_key="k")
    assert await store.read_all() == []
    assert await store.streams() == []
    assert len(await store.append("run-1", [draft()], expected_version=0, idempotency_key="k")) == 1


async def test_a_range_is_above_one_version_and_up_to_another(store: EventStore, draft: DraftFactory) -> None:
    events = await store.append("run-1", [draft(n=n) for n in range(5)], expected_version=0)
    assert await store.read("run-1", after_version=2) == events[2:]
    assert await store.read("run-1", up_to_version=3) == events[:3]
    assert await store.read("run-1", after_version=1, up_to_version=3) == events[1:3]
    assert await store.read("run-1", after_version=3, up_to_version=2) == []
    assert await store.read("run-1", after_version=5) == []
    assert await store.read("run-1", up_to_version=0) == []


async def test_the_turns_of_runs_are_read_without_the_rest_in_the_order_of_their_positions(
    store: EventStore, draft: DraftFactory
) -> None:
    types = ("RunStarted", "StepTaken", "RunQueued", "ToolCompleted", "RunClaimed", "StepTaken", "RunCompleted")
    for run_id in ("run-1", "run-2"):
        await store.append(run_id, [replace(draft(), type=kind) for kind in types], expected_version=0)
    turns = [event for event in await store.read_all() if event.type in TURNS]
    assert len(turns) == 8
    assert await store.read_turns() == turns
    assert await store.read_turns(limit=3) == turns[:3]
    assert await store.read_turns(after_position=turns[2].position, limit=4) == turns[3:7]
    assert await store.read_turns(after_position=turns[-1].position) == []


async def test_pages_of_the_whole_log_follow_each_other(store: EventStore, draft: DraftFactory) -> None:
    for n in range(7):
        await store.append(f"run-{n % 2}", [draft()], expected_version=n // 2)
    pages: list[Event] = []
    while page := await store.read_all(after_position=pages[-1].position if pages else 0, limit=3):
        pages += page
    assert [event.position for event in pages] == list(range(1, 8))


async def test_the_stream_begun_last_comes_first(store: EventStore, draft: DraftFactory) -> None:
    for stream_id in ("b", "a", "c"):
        await store.append(stream_id, [draft()], expected_version=0)
    await store.append("b", [draft()], expected_version=1)
    assert await store.streams() == ["c", "a", "b"]


async def test_changing_what_was_read_does_not_change_the_log(store: EventStore, draft: DraftFactory) -> None:
    asked = draft(paths=["a.py"])
    [answered] = await store.append("run-1", [asked], expected_version=0)
    [read] = await store.read("run-1")
    for shared in (asked, answered, read):
        shared.data["paths"].append("b.py")
    assert [event.data for event in await store.read("run-1")] == [{"paths": ["a.py"]}]


async def test_the_newest_snapshot_of_a_schema_is_kept(store: EventStore) -> None:
    old, new = Snapshot("run-1", 3, "v1", '{"n":3}'), Snapshot("run-1", 5, "v1", '{"n":5}')
    for snapshot in (old, new, old, Snapshot("run-1", 9, "v2", "{}"), Snapshot("run-2", 7, "v1", "{}")):
        await store.save_snapshot(snapshot)
    assert await store.load_snapshot("run-1", schema="v1") == new
    assert await store.load_snapshot("run-1", schema="v1", up_to_version=5) == new
    assert await store.load_snapshot("run-1", schema="v1", up_to_version=2) is None
    assert await store.load_snapshot("run-1", schema="v3") is None


async def test_a_snapshot_of_the_same_version_is_replaced(store: EventStore) -> None:
    for state in ("{}", '{"again":true}'):
        await store.save_snapshot(Snapshot("run-1", 3, "v1", state))
    assert await store.load_snapshot("run-1", schema="v1") == Snapshot("run-1", 3, "v1", '{"again":true}')


async def test_sixteen_writers_of_one_stream_lose_nothing(store: EventStore, draft: DraftFactory) -> None:
    acknowledged: list[Event] = []

    async def write(writer: int) -> None:
        for step in range(5):
            acknowledged.extend(await append_at_the_end(store, [draft(writer=writer, step=step), draft()]))

    async with anyio.create_task_group() as tasks:
        for writer in range(16):
            tasks.start_soon(write, writer)

    events = await store.read("run-1")
    assert verify_chain("run-1", events) == 16 * 5 * 2
    assert sorted(acknowledged, key=lambda event: event.version) == events == await store.read_all()


async def append_at_the_end(store: EventStore, drafts: list[Draft]) -> list[Event]:
    version = 0
    while True:
        try:
            return await store.append("run-1", drafts, expected_version=version)
        except VersionConflict as conflict:
            version = conflict.actual


async def test_of_appends_that_race_for_one_version_one_wins(store: EventStore, draft: DraftFactory) -> None:
    outcomes: list[bool] = []

    async def write() -> None:
        try:
            await store.append("run-1", [draft()], expected_version=0)
        except VersionConflict:
            outcomes.append(False)
        else:
            outcomes.append(True)

    async with anyio.create_task_group() as tasks:
        for _ in range(16):
            tasks.start_soon(write)
    assert sorted(outcomes) == [False] * 15 + [True]
    assert len(await store.read("run-1")) == 1


async def test_appends_that_are_refused_keep_none_that_come_with_them_from_being_stored(
    store: EventStore, draft: DraftFactory
) -> None:
    [taken] = await store.append("taken", [draft()], expected_version=0, idempotency_key="k")
    answers: dict[str, list[Event] | str] = {}

    async def write(name: str, stream_id: str, *drafts: Draft, expected: int = 0, key: str | None = None) -> None:
        try:
            answers[name] = await store.append(stream_id, drafts, expected_version=expected, idempotency_key=key)
        except (VersionConflict, ValueError) as error:
            answers[name] = type(error).__name__

    for repeat in range(2):  # what waits while the first ones are written makes a group
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, f"warm-{repeat}", f"warm-{repeat}", draft())
            for number in range(3):
                name = f"good-{repeat}-{number}"
                tasks.start_soon(write, name, name, draft(), draft())
                tasks.start_soon(write, f"late-{repeat}-{number}", f"warm-{repeat}", draft())
            tasks.start_soon(write, f"conflict-{repeat}", "taken", draft())
            tasks.start_soon(partial(write, f"key-{repeat}", "taken", draft(), expected=1, key="k"))
            tasks.start_soon(write, f"id-{repeat}", f"other-{repeat}", replace(draft(), event_id=taken.event_id))
            tasks.start_soon(write, f"best-{repeat}", f"best-{repeat}", draft())
    told = {name: answer if isinstance(answer, str) else len(answer) for name, answer in answers.items()}
    for repeat in range(2):
        assert [told.pop(f"good-{repeat}-{number}") for number in range(3)] == [2, 2, 2]
        assert [told.pop(f"late-{repeat}-{number}") for number in range(3)] == ["VersionConflict"] * 3
        refused = (told.pop(f"conflict-{repeat}"), told.pop(f"id-{repeat}"))
        assert (*refused, told.pop(f"best-{repeat}"), answers[f"key-{repeat}"]) == ("VersionConflict", "ValueError", 1, [taken])
    log = await store.read_all()
    assert [event.position for event in log] == list(range(1, 1 + 2 * (1 + 6 + 1) + 1))
    acknowledged = [event for answer in answers.values() if not isinstance(answer, str) for event in answer]
    assert {event.position: event for event in acknowledged} == {event.position: event for event in log}


async def test_one_key_sent_by_many_at_once_is_stored_once(store: EventStore, draft: DraftFactory) -> None:
    answers: list[list[Event]] = []

    async def write() -> None:
        answers.append(await store.append("run-1", [draft()], expected_version=0, idempotency_key="k"))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(write)
    assert answers == [await store.read("run-1")] * 8
