"""Whether a log still holds what was seen of it, and what excuses it when not."""

from collections.abc import Sequence

import pytest

from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.events import Fact, LossAccepted, RunArchived, encode
from codecompanion.domain.heads import Head, head_of, is_excused, stands_at


def at(position: int, fact: Fact | None = None, stream_id: str = "run-1") -> Event:
    fact = fact or RunArchived(run_id="another", file="f", events=1, blobs=0, head_hash="")
    draft = Draft(f"id-{position}", type(fact).__name__, 1, "2026-01-01T00:00:00.000000Z", encode(fact), "test")
    return seal([draft], stream_id, after_version=0, prev_hash="0" * 64, after_position=position - 1)[0]


SEEN = head_of(at(5))
ACCEPTED = at(9, LossAccepted(after=3, up_to=6, hashes=("h",), by="ada"), "losses")
ARCHIVED = at(9, RunArchived(run_id="run-1", file="f", events=1, blobs=0, head_hash=""), "archive")


def test_a_head_tells_where_an_event_stood_and_what_it_was() -> None:
    assert head_of(at(5)) == Head(5, "run-1", 1, at(5).hash)


@pytest.mark.parametrize(
    ("found", "stands"),
    [(at(5), True), (at(4), False), (at(6), False), (at(5, stream_id="run-2"), False), (None, False)],
    ids=["the same", "one before it", "one behind it", "another in its place", "the log ends before"],
)
def test_a_log_holds_a_head_that_stands_where_it_stood(found: Event | None, *, stands: bool) -> None:
    assert stands_at(SEEN, found) is stands


@pytest.mark.parametrize(
    ("head", "found", "losses", "archive", "excused"),
    [
        (SEEN, None, [ACCEPTED], [ARCHIVED], False),
        (SEEN, at(9), [], [], False),
        (SEEN, at(9), [ACCEPTED], [], True),
        (SEEN, at(9), [], [ARCHIVED], True),
        (Head(4, "run-1", 1, "x"), at(9), [ACCEPTED], [], True),
        (Head(6, "run-1", 1, "x"), at(9), [ACCEPTED], [], True),
        (Head(3, "run-1", 1, "x"), at(9), [ACCEPTED], [], False),
        (Head(7, "run-1", 1, "x"), at(9), [ACCEPTED], [], False),
        (Head(5, "run-2", 1, "x"), at(9), [], [ARCHIVED], False),
        (SEEN, at(5, stream_id="run-2"), [ACCEPTED], [ARCHIVED], False),
        (Head(5, "run-1", 1, "h"), at(5), [ACCEPTED], [], True),
        (SEEN, at(9), [ARCHIVED], [ACCEPTED], False),
    ],
    ids=[
        "the log ends before it",
        "a gap that nobody tells of",
        "a gap that was accepted",
        "its run was archived",
        "the first of an accepted gap",
        "the last of an accepted gap",
        "before an accepted gap",
        "behind an accepted gap",
        "another run was archived",
        "another event in its place, and only gaps are told of",
        "another event in its place, and its hash was accepted",
        "what the streams do not tell",
    ],
)
def test_a_log_is_excused_by_what_it_tells_itself(
    head: Head, found: Event | None, losses: Sequence[Event], archive: Sequence[Event], *, excused: bool
) -> None:
    assert is_excused(head, found, losses, archive) is excused
