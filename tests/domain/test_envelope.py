import hashlib
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.domain.envelope import (
    GENESIS_HASH,
    Draft,
    Event,
    canonical_json,
    seal,
    trace_id_of,
    unseal,
    verify_chain,
)
from codecompanion.domain.errors import LogCorrupt

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
DRAFTS = st.builds(
    Draft,
    event_id=TEXTS,
    type=TEXTS,
    schema_version=st.integers(1, 9),
    recorded_at=TEXTS,
    data=st.dictionaries(TEXTS, JSON, min_size=1, max_size=3),
    actor=TEXTS,
    correlation_id=TEXTS,
    causation_id=TEXTS,
    trace_id=TEXTS,
)
FEW = settings(max_examples=min(50, settings().max_examples))
BOUND_FIELDS = [field for field in Event._fields if field != "position"]


def sealed(drafts: list[Draft]) -> list[Event]:
    return seal(drafts, "run-1", after_version=0, prev_hash=GENESIS_HASH, after_position=0)


def changed(value: Any, pick: st.DataObject) -> Any:
    """Return the value with one bit, one digit or one entry changed."""
    if isinstance(value, int):
        return value ^ 1 << pick.draw(st.integers(0, 8))
    if isinstance(value, dict):
        return {"changed": cast("dict[str, Any]", value)}
    if not value:
        return "x"
    raw = bytearray(value, "utf-8")
    raw[pick.draw(st.integers(0, len(raw) - 1))] ^= 1 << pick.draw(st.integers(0, 7))
    return raw.decode("latin-1")


@FEW
@given(st.lists(DRAFTS, max_size=5))
def test_a_sealed_stream_verifies_and_holds_what_was_drafted(drafts: list[Draft]) -> None:
    events = sealed(drafts)
    assert verify_chain("run-1", events) == len(drafts)
    assert [unseal(event) for event in events] == drafts


@FEW
@given(st.lists(DRAFTS, min_size=1, max_size=3))
def test_the_hash_is_that_of_the_canonical_text_of_all_but_hash_and_position(drafts: list[Draft]) -> None:
    prev_hash = GENESIS_HASH
    for event in sealed(drafts):
        rest = {name: value for name, value in event._asdict().items() if name not in {"hash", "prev_hash", "position"}}
        assert event.hash == hashlib.sha256((prev_hash + canonical_json(rest)).encode()).hexdigest()
        prev_hash = event.hash


@given(st.lists(DRAFTS, min_size=1, max_size=5), st.sampled_from(BOUND_FIELDS), st.data())
@pytest.mark.attack("A93")
def test_f25_a_flipped_byte_in_any_field_is_found_at_its_version(drafts: list[Draft], field: str, pick: st.DataObject) -> None:
    events = sealed(drafts)
    at = pick.draw(st.integers(0, len(events) - 1))
    tampered = events[at]._replace(**{field: changed(getattr(events[at], field), pick)})
    with pytest.raises(LogCorrupt) as found:
        verify_chain("run-1", [*events[:at], tampered, *events[at + 1 :]])
    assert found.value.version == at + 1


@FEW
@given(st.lists(DRAFTS, min_size=2, max_size=5), st.data())
@pytest.mark.attack("A93")
def test_f25_a_missing_event_is_found_at_its_version(drafts: list[Draft], pick: st.DataObject) -> None:
    events = sealed(drafts)
    at = pick.draw(st.integers(0, len(events) - 2))
    with pytest.raises(LogCorrupt) as found:
        verify_chain("run-1", [*events[:at], *events[at + 1 :]])
    assert found.value.version == at + 1


FACTS = sealed([Draft(f"e{n}", "StepTaken", 1, "2026-11-26T10:00:00.000000Z", {"n": n}, "user") for n in (1, 2, 3)])


def test_the_hash_is_that_of_the_hash_before_and_of_a_text_which_anybody_can_write() -> None:
    """Every log that was ever written is verified so: whoever changes this text can read none of them."""
    draft = Draft("e1", "StepTaken", 2, "2026-11-26T10:00:00.000000Z", {"z": "é", "a": [1, None]}, "user", "r", "c", "t-s")
    (event,) = seal([draft], "run-1", after_version=6, prev_hash="1" * 64, after_position=40)
    text = (
        '{"actor":"user","causation_id":"c","correlation_id":"r","data":{"a":[1,null],"z":"é"},"event_id":"e1",'
        '"recorded_at":"2026-11-26T10:00:00.000000Z","schema_version":2,"stream_id":"run-1","trace_id":"t-s",'
        '"type":"StepTaken","version":7}'
    )
    assert event.hash == hashlib.sha256(("1" * 64 + text).encode()).hexdigest()
    assert (event.version, event.position, event.prev_hash) == (7, 41, "1" * 64)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stream_id": "run-2"}, "it belongs to 'run-2'"),
        ({"version": 3}, "missing: the next event stored is 3"),
        ({"prev_hash": GENESIS_HASH}, "its prev_hash is not the hash of the event before"),
        ({"data": {"n": float("nan")}}, "its content is no JSON"),
        ({"actor": "\ud800"}, "its content is no JSON"),
        ({"data": {"n": 4}}, "its content does not match its hash"),
    ],
    ids=["of another stream", "missing", "chained to another", "no number", "half a character", "changed"],
)
def test_an_event_that_does_not_verify_is_named_with_what_is_wrong_with_it(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(LogCorrupt) as found:
        verify_chain("run-1", [FACTS[0], FACTS[1]._replace(**change), FACTS[2]])
    assert found.value.what == f"event 2 of 'run-1' does not verify: {reason}"
    assert (found.value.stream_id, found.value.version, found.value.reason) == ("run-1", 2, reason)


@FEW
@given(st.lists(DRAFTS, min_size=2, max_size=4), st.integers(1, 1000))
def test_the_position_is_no_part_of_the_fact(drafts: list[Draft], shift: int) -> None:
    moved = [event._replace(position=event.position + shift) for event in sealed(drafts)]
    assert verify_chain("run-1", moved) == len(drafts)


@FEW
@given(st.lists(DRAFTS, min_size=2, max_size=5), st.data())
def test_sealing_in_two_parts_equals_sealing_at_once(drafts: list[Draft], pick: st.DataObject) -> None:
    cut = pick.draw(st.integers(1, len(drafts) - 1))
    first = sealed(drafts[:cut])
    rest = seal(drafts[cut:], "run-1", after_version=cut, prev_hash=first[-1].hash, after_position=cut)
    assert first + rest == sealed(drafts)


@FEW
@given(st.dictionaries(TEXTS, JSON, max_size=5))
def test_the_canonical_text_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=repr)
def test_the_canonical_text_knows_no_nan_and_no_infinity(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"x": value})


def test_an_empty_stream_is_at_version_0() -> None:
    assert verify_chain("run-1", []) == 0


@pytest.mark.parametrize("recorded", ["4bf92f35", "4bf92f35-00f067aa", "4bf92f35-00f067aa-01"])
def test_the_trace_of_a_run_is_known_without_the_span_that_led_to_it(recorded: str) -> None:
    assert trace_id_of(recorded) == "4bf92f35"
