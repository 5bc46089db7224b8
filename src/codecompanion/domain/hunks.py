"""The hunks of a unified diff of git."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hunk:
    """A part of a file's change, `text` as the diff has it.

    Line numbers count from 0: `removed` are those of the old file that it takes away, `added` those of the new file.
    """

    text: str
    removed: tuple[int, ...]
    added: tuple[int, ...]


def sections(diff: str) -> list[str]:
    """Return the parts of a diff, one for each file, without their first `diff --git `."""
    return f"\n{diff}".split("\ndiff --git ")[1:]


def hunks(section: str) -> Iterator[Hunk]:
    """Give the hunks of a file's section; none for a file that is empty or no text, or of which only the mode changed."""
    heads = list(_HEAD.finditer(section))
    ends = [*(head.start() for head in heads[1:]), len(section)]
    for head, end in zip(heads, ends, strict=True):
        text = section[head.start() : end]
        old, new = int(head[1]) - 1, int(head[3]) - 1
        removed: list[int] = []
        added: list[int] = []
        for line in text.split("\n")[1:]:
            if line.startswith("-"):
                removed.append(old + len(removed))
            elif line.startswith("+"):
                added.append(new + len(added))
            elif line.startswith(" "):
                old, new = old + 1, new + 1
        yield Hunk(text, tuple(removed), tuple(added))
