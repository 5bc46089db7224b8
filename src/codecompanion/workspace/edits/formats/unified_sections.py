"""The sections of a unified diff, one per file: its headers and its hunks, however much of them a model left out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codecompanion.workspace.edits.edit import Hunk
from codecompanion.workspace.edits.formats.fences import Fence, fence_of
from codecompanion.workspace.edits.formats.git_paths import git_pair, header_path
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.refusal import refused

_HUNK = re.compile(r"^@@+ *-(\d{1,18})(?:,(\d{1,18}))? +\+(\d{1,18})(?:,(\d{1,18}))? *@@+ ?(.*)$")
_ANY_HUNK = re.compile(r"^@@")
_VERSION = re.compile(r"^\d+\.\d+[\w.() -]*$")
_EXTENDED = re.compile(
    r"^(?P<key>old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|similarity index"
    r"|dissimilarity index|index) (?P<value>.+)$"
)
_BINARY = re.compile(r"^(?:GIT binary patch|Binary files .* differ)\s*$")


@dataclass(slots=True)
class Section:
    """What a diff says of one file."""

    old: str | None = None
    new: str | None = None
    git: bool = False
    extended: dict[str, str] = field(default_factory=dict[str, str])
    hunks: list[Hunk] = field(default_factory=list[Hunk])
    binary: bool = False


def sections(lines: Sequence[str]) -> Iterator[Section]:
    """Return what the lines of a diff say of each file.

    Raises:
        EditRefused: The last hunk or the last file has nothing in it; or the diff is that of a merge.
    """
    section = Section()
    around: Fence | None = None
    at = _behind_message(lines)
    while at < len(lines):
        begun, after = _header(lines, at, section)
        if begun is not None:
            if begun is not section and (section.hunks or section.extended or section.binary):
                yield section
            section, at = begun, after
        elif _BINARY.match(lines[at]):
            section.binary = True
            at += 1
        elif _ANY_HUNK.match(lines[at]) or _bare_body(lines, at, section):
            hunk, at = _hunk(lines, at, around)
            if not hunk.lines and not any(lines[n].strip() for n in range(at, len(lines))):
                raise refused(
                    "the last hunk has no lines: the response may have been cut off",
                    path=section.new,
                    fix="send all of it again",
                )
            section.hunks += [hunk] if hunk.lines else []
        else:
            around = _around(around, lines[at])
            at += 1
    if section.hunks or section.extended or section.binary:
        yield section
    elif section.new is not None:
        raise refused(
            "the last file has no hunk: the response may have been cut off", path=section.new, fix="send all of it again"
        )


def _around(around: Fence | None, line: str) -> Fence | None:
    """Return the fence that what follows a line stands in, given the one that the line stands in."""
    if around is not None:
        return None if around.closed_by(line) else around
    return fence_of(line)


def _behind_message(lines: Sequence[str]) -> int:
    """Return where the diff of a mail begins, 0 when the response is none: its message may have lists and look like a hunk."""
    first = next((at for at, line in enumerate(lines) if line.startswith("diff --git ")), 0)
    return first if any(line.startswith("Subject: ") for line in lines[:first]) else 0


def _header(lines: Sequence[str], at: int, section: Section) -> tuple[Section | None, int]:
    """Return the section that a header line belongs to and the line after it, (None, at) when it is no header."""
    line = lines[at]
    if line.startswith(("diff --cc ", "diff --combined ")):
        raise refused(
            "the diff is that of a merge, which has two old sides",
            path=line.split(" ", 2)[2],
            fix="send the diff to one of them",
        )
    if line.startswith("diff --git "):
        old, new = git_pair(line)
        return Section(old, new, git=True), at + 1
    if (found := _EXTENDED.match(line)) and section.git and not section.hunks:
        section.extended[found["key"]] = found["value"].strip()
        return section, at + 1
    if _is_file_header(lines, at):
        old, new = header_path(line[4:]), header_path(lines[at + 1][4:])
        return _named(section, old, new), at + 2
    if line.startswith("+++ ") and not (section.git and section.hunks) and _then_hunk(lines, at + 1):
        new = header_path(line[4:])
        return _named(section, new, new), at + 1
    return None, at


def _named(section: Section, old: str, new: str) -> Section:
    if section.git and not section.hunks:
        section.old, section.new = old, new
        return section
    return Section(old, new)


def _is_file_header(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


def _then_hunk(lines: Sequence[str], at: int) -> bool:
    following = next((lines[n] for n in range(at, len(lines)) if lines[n].strip()), "")
    return bool(_ANY_HUNK.match(following))


def _bare_body(lines: Sequence[str], at: int, section: Section) -> bool:
    """Whether a hunk without its header begins here: behind the names of its file, and blank lines at most."""
    if section.new is None or section.hunks or not lines[at].strip() or fence_of(lines[at]):
        return False
    before = next((lines[n] for n in range(at - 1, -1, -1) if lines[n].strip()), "")
    return before.startswith("+++ ")


def _hunk(lines: Sequence[str], at: int, around: Fence | None) -> tuple[Hunk, int]:
    found = _HUNK.match(lines[at])
    start = at + 1 if _ANY_HUNK.match(lines[at]) else at
    counts = (int(found[2] or 1), int(found[4] or 1)) if found else None
    end = _body_end(lines, start, counts, around)
    body = list(lines[start:end])
    first = int(found[1]) if found else None
    return hunk_of(body, first_line=first, counts=counts, scopes=_scopes(lines[at], found)), end


def _scopes(line: str, found: re.Match[str] | None) -> tuple[str, ...]:
    heading = found[5] if found else line.strip("@ ").removesuffix("@@") if line.startswith("@@") else ""
    heading = re.sub(r"^[\d,+\- ]*$|^[.\u2026 ]+$", "", heading).strip()
    return (heading,) if heading else ()


def _body_end(lines: Sequence[str], start: int, counts: tuple[int, int] | None, around: Fence | None) -> int:
    old, new = counts or (0, 0)
    for at in range(start, len(lines)):
        inside = old > 0 or new > 0
        if _ends_body(lines, at, around, inside=inside):
            return at
        sign = lines[at][:1]
        old -= sign not in ("+", "\\")
        new -= sign not in ("-", "\\")
    return len(lines)


def _ends_body(lines: Sequence[str], at: int, around: Fence | None, *, inside: bool) -> bool:
    line = lines[at]
    if _ANY_HUNK.match(line) or line.startswith("diff --git ") or _is_the_end(line, around):
        return True
    if _is_file_header(lines, at):
        # A removed "-- x" before an added "++ y" looks like names of files; only a hunk behind them tells.
        return not inside or _then_hunk(lines, at + 2)
    if line.startswith("+++ ") and _then_hunk(lines, at + 1):
        return not inside or (at + 1 < len(lines) and bool(_HUNK.match(lines[at + 1])))
    return line.rstrip() == "--" and at + 1 < len(lines) and bool(_VERSION.match(lines[at + 1]))


def _is_the_end(line: str, around: Fence | None) -> bool:
    """Whether a line is a fence without a sign, and not a shorter one than that around the diff, which a document has."""
    fence = fence_of(line) if line[:1] in ("`", "~") else None
    return fence is not None and (around is None or fence.mark[0] != around.mark[0] or len(fence.mark) >= len(around.mark))
