"""What a run taught about its project: short notes, each with the event that it was learned from."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import Fact, RunForked, decode
from codecompanion.domain.lessons import LESSONS, MemoryKind
from codecompanion.domain.one_line import one_line
from codecompanion.domain.past import Past
from codecompanion.domain.project import Value

MOST_CHARACTERS = 600
"""A note says what to know, not the code it is about."""

Line = Annotated[str, AfterValidator(lambda text: one_line(text, MOST_CHARACTERS))]


class Source(Value):
    """Where something was learned: a run, one of its events, and that event's version in the run's stream."""

    run_id: str
    event_id: str
    version: int


class MemoryItem(Value):
    """One thing that was learned, once.

    `item_id` is made of the source, so that to learn twice is to learn once. `text` is one harmless line of at most 600
    characters; two items that have the same kind and text say the same. `detail` is what may differ between them: a
    duration, a count. `project` is what `project_id` makes; `recorded_at` is when the source was recorded (UTC, RFC 3339).
    """

    item_id: str
    kind: MemoryKind
    text: Line = Field(min_length=1)
    detail: Line = ""
    tags: tuple[Line, ...] = ()
    project: str
    source: Source
    recorded_at: str

    @property
    def note_id(self) -> str:
        """The id that all items share which say the same about the same project: 64 hexadecimal digits."""
        return _digest(self.project, self.kind, self.text)


def project_id(root_commit: str, name: str) -> str:
    """Return the id of a project: the first commit of its history, and a name.

    Clones and forks of a repository share it as long as they share the name; so do all its branches and worktrees.
    """
    return f"{root_commit}:{one_line(name, MOST_CHARACTERS)}"


def learned_from(project: str, events: Iterable[Event]) -> tuple[MemoryItem, ...]:
    """Return what a run's events teach about its project, in the order they were recorded.

    Pass a stream from its first event on. What a fork copied from another run is that run's to teach; a fork that is
    not finished teaches nothing.

    Raises:
        LogCorrupt: An event cannot be read.
    """
    past, items, is_copy = Past(), list[MemoryItem](), False
    for event in events:
        fact = decode(event)
        is_copy = is_copy or (event.version == 1 and bool(event.causation_id))
        if isinstance(fact, RunForked):
            items, is_copy = [], False
        elif not is_copy:
            items += _items(project, past, event, fact)
        past = past.followed_by(fact)
    return tuple(items)


def _items(project: str, past: Past, event: Event, fact: Fact) -> Iterator[MemoryItem]:
    teach = LESSONS.get(type(fact))
    for number, lesson in enumerate(teach(past, fact) if teach else ()):
        if not one_line(lesson.text, MOST_CHARACTERS):
            continue  # a title of nothing that can be seen
        yield MemoryItem(
            item_id=_digest(event.event_id, lesson.kind, str(number)),
            kind=lesson.kind,
            text=lesson.text,
            detail=lesson.detail,
            tags=lesson.tags,
            project=project,
            source=Source(run_id=event.stream_id, event_id=event.event_id, version=event.version),
            recorded_at=event.recorded_at,
        )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()
