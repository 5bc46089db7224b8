"""Runs as a log holds them, made of facts."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, seal
from codecompanion.domain.events import Fact, RunCompleted, TaskCompleted, TaskStarted, encode
from codecompanion.domain.project import Finding
from codecompanion.ports import EventStore
from histories import BASE, CHECKED, EXECUTED, MEASURED, PATCH, PATCHED, PLAN, PROFILE, REQUEST, SEARCHED

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK = count(1)

KNOWN = PROFILE.model_copy(
    update={
        "profile": PROFILE.profile.model_copy(
            update={"test_command": Finding(value="python -m pytest -q", confidence=0.9, reason="conftest.py")}
        )
    }
)
SOLVED: tuple[Fact, ...] = (
    REQUEST,
    BASE,
    KNOWN,
    EXECUTED,
    MEASURED,
    PLAN,
    TaskStarted(task_id="repair", worker="builtin", attempt=1),
    SEARCHED.model_copy(update={"templates": ("comparison operator",)}),
    PATCHED,
    CHECKED,
    TaskCompleted(task_id="repair", attempt=1),
    PATCH.model_copy(update={"title": "`count > 10` became `count >= 10` in sale, line 3"}),
    RunCompleted(status="verified", exit_code=0, summary="verified"),
)
"""What a run records that repairs a bug."""


def drafts(run_id: str, facts: Sequence[Fact], *, copied: bool = False) -> list[Draft]:
    """Return facts ready to be appended, each a second after the one before, in this process; `copied` as a fork's are."""
    return [_draft(run_id, number, fact, next(_CLOCK), copied=copied) for number, fact in enumerate(facts, start=1)]


def events(run_id: str, facts: Sequence[Fact], *, copied: bool = False) -> list[Event]:
    """Return facts as the events of a stream."""
    return seal(drafts(run_id, facts, copied=copied), run_id, after_version=0, prev_hash=GENESIS_HASH, after_position=0)


async def record(store: EventStore, run_id: str, facts: Sequence[Fact], *, after: int = 0) -> None:
    """Append facts to a stream that has `after` events."""
    await store.append(run_id, drafts(run_id, facts), expected_version=after)


def _draft(run_id: str, number: int, fact: Fact, second: int, *, copied: bool) -> Draft:
    event_id = hashlib.sha256(f"{run_id} {number} {second}".encode()).hexdigest()[:32]
    recorded_at = (_BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = type(fact).__name__
    return Draft(
        event_id, name, fact.schema_version, recorded_at, encode(fact), "builtin", run_id, "the-parent" if copied else ""
    )
