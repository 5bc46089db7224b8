"""What this process last saw of the ends of streams, so that an append need not ask for it first."""

from collections import OrderedDict

from codecompanion.domain.envelope import Event

MOST = 4096


class Heads:
    """The last version and hash seen of each stream; a guess, because other processes write too."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def note(self, event: Event) -> None:
        """Remember an event, if it is the latest of its stream that was seen."""
        known = self._known.get(event.stream_id)
        if known is None or known[0] <= event.version:
            self._known[event.stream_id] = (event.version, event.hash)
        self._known.move_to_end(event.stream_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def last(self, stream_id: str) -> tuple[int, str] | None:
        """Return the latest version seen of a stream and its hash, None when none was."""
        return self._known.get(stream_id)

    def hash_at(self, stream_id: str, version: int) -> str | None:
        """Return the hash of the event at a version, None when it is not known."""
        known = self._known.get(stream_id)
        return known[1] if known is not None and known[0] == version else None

    def forget(self, stream_id: str) -> None:
        """Let go of a stream whose end turned out to be another."""
        self._known.pop(stream_id, None)
