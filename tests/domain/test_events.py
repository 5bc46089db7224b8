"""Every event type and version that was ever written must decode for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from api_facts import API_FACTS
from codecompanion.domain import events
from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events import FACTS, Fact, TaskFailed, UnknownFact, Upcasters, decode, encode, upcast
from histories import COMMANDS, PATCHED, history
from outcomes import CORRECTED, RECORDED, RESET
from queue_facts import QUEUE_FACTS
from spending import ALERTED, POSTED, QUOTED, RESERVED, SAVED, SETTLED
from team_facts import TEAM_FACTS

GOLDEN = Path(__file__).parent / "golden_events"
FAILED = TaskFailed(task_id="repair", attempt=1, reason="1 tests broken, 0 still failing", final=False)
"""As it was written when one test was not counted as one yet."""


def recorded(kind: str, data: dict[str, Any], schema_version: int = 1) -> Event:
    draft = Draft("id", kind, schema_version, "2026-01-01T00:00:00.000000Z", data, "test")
    return seal([draft], "run", after_version=0, prev_hash="0" * 64, after_position=0)[0]


def samples() -> dict[str, Fact]:
    """Return a fact of every type."""
    straight = {type(fact).__name__: fact for fact in history(COMMANDS)}
    for command in COMMANDS:
        for fact in history((*COMMANDS[:10], command)):
            straight.setdefault(type(fact).__name__, fact)
    for fact in history((*COMMANDS[:17], *COMMANDS[22:23])):
        straight.setdefault(type(fact).__name__, fact)
    return straight | {
        type(fact).__name__: fact
        for fact in (
            *TEAM_FACTS,
            *API_FACTS,
            *QUEUE_FACTS,
            RESERVED,
            SETTLED,
            SAVED,
            ALERTED,
            POSTED,
            QUOTED,
            RECORDED,
            CORRECTED,
            RESET,
            FAILED,
        )
    }


def test_every_type_is_had_from_the_package() -> None:
    assert set(FACTS) <= set(events.__all__)


def test_there_is_a_sample_of_every_type() -> None:
    assert set(samples()) == set(FACTS)


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_the_newest_version_of_every_type_has_a_golden_file(kind: str, request: pytest.FixtureRequest) -> None:
    fact = samples()[kind]
    path = GOLDEN / f"{kind}.v{fact.schema_version}.json"
    if request.config.getoption("--update-golden") and not path.exists():  # an old one is never rewritten
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(encode(fact), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert decode(recorded(kind, json.loads(path.read_text(encoding="utf-8")), fact.schema_version)) == fact


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_c149_f46_every_golden_event_decodes(path: Path) -> None:
    kind, _, version = path.stem.rpartition(".v")
    fact = decode(recorded(kind, json.loads(path.read_text(encoding="utf-8")), int(version)))
    assert type(fact) is FACTS[kind]


def test_encoding_and_decoding_gives_the_fact_back() -> None:
    for kind, fact in samples().items():
        assert decode(recorded(kind, json.loads(json.dumps(encode(fact))))) == fact


def test_c147_f46_a_type_from_the_future_is_kept_as_unknown() -> None:
    assert decode(recorded("MoonLanded", {"where": "moon"})) == UnknownFact(type="MoonLanded")


def test_c148_f46_a_version_from_the_future_is_kept_as_unknown() -> None:
    assert decode(recorded("TreeSnapshotted", encode(PATCHED), schema_version=99)) == UnknownFact(type="TreeSnapshotted")


def test_c151_f46_a_field_from_the_future_is_left_out() -> None:
    assert decode(recorded("TreeSnapshotted", {**encode(PATCHED), "new": 1})) == PATCHED


def test_c150_data_of_another_shape_is_named_as_corrupt() -> None:
    with pytest.raises(LogCorrupt, match=r"^event 1 of 'run' does not verify: \w+ has an unreadable shape$"):
        decode(recorded("TreeSnapshotted", {"label": 7}))


def test_c149_f46_upcasters_run_one_after_the_other() -> None:
    steps: Upcasters = {("Old", 1): lambda data: {**data, "b": 2}, ("Old", 2): lambda data: {**data, "c": data["b"] + 1}}
    assert upcast("Old", 1, {"a": 1}, steps) == {"a": 1, "b": 2, "c": 3}
    assert upcast("Old", 3, {"a": 1}, steps) == {"a": 1}
