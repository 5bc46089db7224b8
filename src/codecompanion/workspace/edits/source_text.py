"""A text file as lines that end in LF or CRLF only, so that every byte that no edit touches is kept."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

BOM = "\ufeff"
_BINARY_CONTROLS = re.compile(r"[\x00-\x06\x0e-\x1a]")


@dataclass(frozen=True, slots=True)
class Splice:
    """Lines `start` to `end` (from 0, the last one excluded) become `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceText:
    """Lines without their ends, and the ends: LF, CRLF, or "" for a last line that has none."""

    lines: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    bom: bool = False

    @classmethod
    def of(cls, text: str) -> "SourceText":
        """Split a text. U+2028, form feeds and lone CRs are characters like others."""
        bom = text.startswith(BOM)
        parts = text.removeprefix(BOM).split("\n")
        last = parts.pop()
        lines = [part.removesuffix("\r") for part in parts]
        ends = ["\r\n" if part.endswith("\r") else "\n" for part in parts]
        if last:
            lines.append(last)
            ends.append("")
        return cls(tuple(lines), tuple(ends), bom)

    @property
    def text(self) -> str:
        """The whole text, as it was split."""
        return (BOM if self.bom else "") + "".join(map("".join, zip(self.lines, self.ends, strict=True)))

    @property
    def final_newline(self) -> bool:
        """Whether the last line has an end; an empty file counts as one that has."""
        return not self.ends or self.ends[-1] != ""

    @property
    def newline(self) -> str:
        """The end that most lines have, LF when there is none."""
        counted = Counter(end for end in self.ends if end)
        return counted.most_common(1)[0][0] if counted else "\n"

    def spliced(self, splices: Iterable[Splice], *, final_newline: bool | None = None) -> "SourceText":
        """Return the text after splices that do not overlap. New lines take the ends of their neighbours.

        `final_newline` None keeps what the file has.
        """
        lines: list[str] = []
        ends: list[str] = []
        at = 0
        newline = self.newline
        for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
            lines += (*self.lines[at : splice.start], *splice.lines)
            ends += (*self.ends[at : splice.start], *self._ends_for(splice, newline))
            at = splice.end
        lines += self.lines[at:]
        ends += self.ends[at:]
        return SourceText(tuple(lines), self._ended(ends, final_newline=final_newline), self.bom)

    def _ends_for(self, splice: Splice, newline: str) -> list[str]:
        replaced = [end for end in self.ends[splice.start : splice.end] if end]
        around = [*replaced[-1:], *(end for end in self.ends[max(splice.start - 1, 0) : splice.start] if end), newline]
        return [replaced[n] if n < len(replaced) else around[0] for n in range(len(splice.lines))]

    def _ended(self, ends: list[str], *, final_newline: bool | None) -> tuple[str, ...]:
        wanted = self.final_newline if final_newline is None else final_newline
        middle = [end or self.newline for end in ends[:-1]]
        last = [(end or self.newline) if wanted else "" for end in ends[-1:]]
        return (*middle, *last)


def decoded(content: bytes) -> str | None:
    """Return a file's text, None when it is binary. Bytes that are no UTF-8 come back the same from `encoded`."""
    text = content.decode("utf-8", "surrogateescape")
    return None if _BINARY_CONTROLS.search(text) and (b"\0" in content or not _is_utf8(content)) else text


def encoded(text: str) -> bytes | None:
    """Return the bytes of a text, None when it holds half a character."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def split_lines(text: str) -> list[str]:
    """Return the lines of a text from a response; a newline at its end begins no further line."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
