"""A note as an agent reads it whole: what was learned, on which occasions, and the change that it speaks of."""

from codecompanion.domain.memory import MOST_CHARACTERS
from codecompanion.domain.one_line import one_line
from codecompanion.memory.notes import Note

MOST_OCCASIONS = 5
LONGEST_CHANGE = 8_000
"""In characters; the rest of a longer one is left out."""


def told(note: Note, change: str) -> str:
    """Return a note as text. `change` is the unified diff that taught it, "" when none did."""
    occasions = [_occasion(note, place) for place in range(len(note.sources))][:MOST_OCCASIONS]
    more = len(note.sources) - len(occasions)
    parts = [f"[{note.handle}] {note.kind}: {one_line(note.text, MOST_CHARACTERS)}", *occasions]
    parts += [f"and {more} times before"] if more else []
    if change:
        cut = change[:LONGEST_CHANGE] + ("\n[the rest is left out]" if len(change) > LONGEST_CHANGE else "")
        parts.append(f"The change of the last time, on the files as they were then:\n{cut}")
    return "\n".join(parts)


def _occasion(note: Note, place: int) -> str:
    source = note.sources[place]
    detail = f": {one_line(source.detail, MOST_CHARACTERS)}" if source.detail else ""
    return f"learned in run {one_line(source.run_id, MOST_CHARACTERS)}, {source.recorded_at[:16]}{detail}"
