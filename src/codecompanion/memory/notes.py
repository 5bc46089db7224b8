"""What is read from the memory."""

from dataclasses import dataclass

SHOWN_ID = 8
PREFIX = "M"


@dataclass(frozen=True, slots=True)
class NoteSource:
    """One time that a note was learned. `detail` is what was measured then, "" for nothing; times are UTC in RFC 3339."""

    run_id: str
    event_id: str
    version: int
    recorded_at: str
    detail: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is known of a project. `sources` are all of its occasions, the newest first; there is at least one.

    `note_id` has 64 hexadecimal digits; people and models are shown its `handle`. `score` is how well it answers a search,
    comparable within one answer only, and 0 where nothing was searched for.
    """

    note_id: str
    project: str
    kind: str
    text: str
    tags: tuple[str, ...]
    first_at: str
    last_at: str
    sources: tuple[NoteSource, ...]
    score: float = 0.0

    @property
    def handle(self) -> str:
        """The short name that `memory show` and `memory forget` take."""
        return f"{PREFIX}{self.note_id[:SHOWN_ID]}"

    @property
    def detail(self) -> str:
        """What was measured the last time, "" for nothing."""
        return self.sources[0].detail
