"""How far a log was seen to go, and whether it still holds what was seen."""

from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import LossAccepted, RunArchived, decode


@dataclass(frozen=True, slots=True)
class Head:
    """An event that was acknowledged: its position in the log, its place in its stream, and its hash."""

    position: int
    stream_id: str
    version: int
    hash: str


def head_of(event: Event) -> Head:
    """Return what is to be remembered of an event."""
    return Head(event.position, event.stream_id, event.version, event.hash)


def stands_at(head: Head, found: Event | None) -> bool:
    """Return whether a head is the event that was found at its position or, when none is there, right behind it."""
    return found is not None and (found.position, found.hash) == (head.position, head.hash)


def is_excused(head: Head, found: Event | None, losses: Iterable[Event], archive: Iterable[Event]) -> bool:
    """Return whether the log itself tells why it does not hold a head: its run was archived, or the loss was accepted.

    Of a log that ends before the head nothing is excused: whatever was accepted was recorded behind it.

    Args:
        head: What was seen.
        found: What `stands_at` takes.
        losses: The events of the stream of losses.
        archive: The events of the stream of archives.
    """
    if found is None:
        return False
    accepted = [fact for event in losses if isinstance(fact := decode(event), LossAccepted)]
    if found.position == head.position:  # other events took the place of those that were lost
        return any(head.hash in fact.hashes for fact in accepted)
    archived = any(isinstance(fact := decode(event), RunArchived) and fact.run_id == head.stream_id for event in archive)
    return archived or any(fact.after < head.position <= fact.up_to for fact in accepted)
