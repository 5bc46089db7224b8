"""When an append says again what is already stored: the rule that every store follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codecompanion.domain.envelope import Draft


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands."""

    stream_id: str
    version: int


def event_ids(drafts: Sequence[Draft]) -> list[str]:
    """Return the ids of an append in order.

    Raises:
        ValueError: There are none, or one comes twice.
    """
    ids = [draft.event_id for draft in drafts]
    if not ids:
        raise ValueError("an append needs at least one draft")
    if len(set(ids)) < len(ids):
        raise ValueError(f"an event_id comes twice in one append: {ids}")
    return ids


def repeated_versions(stream_id: str, ids: Sequence[str], stored: Mapping[str, Place]) -> range | None:
    """Return the versions of the stored events that an append repeats; None when all its events are new.

    Args:
        stream_id: The stream that is appended to.
        ids: The event ids of the append, in order.
        stored: The places of those that are stored already, by id.

    Raises:
        ValueError: Some are stored and some not, or they stand in another stream or another order.
    """
    if not stored:
        return None
    first = stored.get(ids[0], Place(stream_id, 1)).version
    versions = range(first, first + len(ids))
    if [stored.get(event_id) for event_id in ids] != [Place(stream_id, version) for version in versions]:
        raise ValueError(f"an event_id belongs to another append: {sorted(stored)}")
    return versions
