"""Unified diffs and git patches, with or without their headers, numbers and counts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Hunk, Rename, SetMode
from codecompanion.workspace.edits.formats.fences import ends_open, fence_of
from codecompanion.workspace.edits.formats.git_paths import git_pair, header_path, unquoted
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.refusal import refused

_HUNK = re.compile(r"^@@+ *-(\d+)(?:,(\d+))? +\+(\d+)(?:,(\d+))? *@@+ ?(.*)$")
_ANY_HUNK = re.compile(r"^@@")
_VERSION = re.compile(r"^\d+\.\d+[\w.() -]*$")
_EXTENDED = re.compile(
    r"^(?P<key>old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|similarity index"
    r"|dissimilarity index|index) (?P<value>.+)$"
)
_BINARY = re.compile(r"^(?:GIT binary patch|Binary files .* differ)\s*$")
_SIDES = {
    *(("old", "new"), ("before", "after"), ("original", "modified"), ("original", "updated"), ("original", "new")),
    *(("orig", "mod"), ("orig", "new"), ("current", "new"), ("current", "updated"), ("from", "to"), ("left", "right")),
}
FULL_CONTEXT = 3
_SYMLINK, _SUBMODULE, _EXECUTABLE = "120000", "160000", "755"


@dataclass(slots=True)
class _Section:
    """What a diff says of one file."""

    old: str | None = None
    new: str | None = None
    git: bool = False
    extended: dict[str, str] = field(default_factory=dict[str, str])
    hunks: list[Hunk] = field(default_factory=list[Hunk])
    binary: bool = False


def parse(response: str) -> list[Edit]:
    """Return the edits of a diff; an empty list when there is none.

    Raises:
        PolicyRefused: It holds a binary patch, a symlink or a submodule.
        EditRefused: A section contradicts itself.
    """
    edits: list[Edit] = []
    lines = response.split("\n")
    sections = list(_sections(lines))
    if sections and sections[-1].hunks and ends_open(lines):
        *others, last = [hunk for section in sections for hunk in section.hunks]
        right = bool(others) and all(map(_is_right, others))
        sections[-1].hunks[-1] = _judged(last, lines, others_are_right=right)
    for section in sections:
        for path, action in _actions(section):
            edits.append(Edit(len(edits) + 1, path, action, prefixed=_prefixed(section)))
    return edits


def _judged(hunk: Hunk, lines: Sequence[str], *, others_are_right: bool) -> Hunk:
    """Return the last hunk of a response that nothing closes, marked when it is shorter than it announces.

    Models count badly, so a wrong count alone shows nothing: the hunk must also end without the context that hunks end with, or
    be the only one with a wrong count.

    Raises:
        EditRefused: It is cut off within its new lines.
    """
    if hunk.counts is None:
        return hunk
    missing = [count - sum(line.sign != other for line in hunk.lines) for count, other in zip(hunk.counts, "+-", strict=True)]
    blank = next((n for n, line in enumerate(reversed(lines[:-1])) if line), 0)
    kept = next((n for n, line in enumerate(reversed(hunk.lines)) if line.sign != " "), len(hunk.lines))
    changes_nothing = kept == len(hunk.lines)
    missing = [count - blank for count in missing] if min(missing) >= blank else missing
    short = max(missing) > 0 and min(missing) >= 0
    ends_early = kept + blank < FULL_CONTEXT or hunk.counts[0] == 0 or others_are_right or changes_nothing
    if short and kept == 0 and lines[-1]:
        raise refused(
            "the last hunk ends among its new lines, short of what it announces: the response may have been cut off",
            fix="send all of it again",
        )
    return replace(hunk, cut_off=short and ends_early)


def _is_right(hunk: Hunk) -> bool:
    counted = tuple(sum(line.sign != other for line in hunk.lines) for other in "+-")
    return hunk.counts == counted


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    section = _Section()
    at = 0
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
            hunk, at = _hunk(lines, at)
            if not hunk.lines and not any(lines[n].strip() for n in range(at, len(lines))):
                raise refused(
                    "the last hunk has no lines: the response may have been cut off",
                    path=section.new,
                    fix="send all of it again",
                )
            section.hunks += [hunk] if hunk.lines else []
        else:
            at += 1
    if section.hunks or section.extended or section.binary:
        yield section
    elif section.new is not None:
        raise refused(
            "the last file has no hunk: the response may have been cut off", path=section.new, fix="send all of it again"
        )


def _header(lines: Sequence[str], at: int, section: _Section) -> tuple[_Section | None, int]:
    """Return the section that a header line belongs to and the line after it, (None, at) when it is no header."""
    line = lines[at]
    if line.startswith("diff --git "):
        old, new = git_pair(line)
        return _Section(old, new, git=True), at + 1
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


def _named(section: _Section, old: str, new: str) -> _Section:
    if section.git and not section.hunks:
        section.old, section.new = old, new
        return section
    return _Section(old, new)


def _is_file_header(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


def _then_hunk(lines: Sequence[str], at: int) -> bool:
    following = next((lines[n] for n in range(at, len(lines)) if lines[n].strip()), "")
    return bool(_ANY_HUNK.match(following))


def _bare_body(lines: Sequence[str], at: int, section: _Section) -> bool:
    """Whether a hunk without its header begins here: right behind the names of its file."""
    behind = at > 0 and lines[at - 1].startswith("+++ ") and section.new is not None and not section.hunks
    return behind and bool(lines[at].strip()) and not fence_of(lines[at])


def _hunk(lines: Sequence[str], at: int) -> tuple[Hunk, int]:
    found = _HUNK.match(lines[at])
    start = at + 1 if _ANY_HUNK.match(lines[at]) else at
    counts = (int(found[2] or 1), int(found[4] or 1)) if found else None
    end = _body_end(lines, start, counts)
    body = list(lines[start:end])
    first = int(found[1]) if found else None
    return hunk_of(body, first_line=first, counts=counts, scopes=_scopes(lines[at], found)), end


def _scopes(line: str, found: re.Match[str] | None) -> tuple[str, ...]:
    heading = found[5] if found else line.strip("@ ").removesuffix("@@") if line.startswith("@@") else ""
    heading = re.sub(r"^[\d,+\- ]*$|^[.\u2026 ]+$", "", heading).strip()
    return (heading,) if heading else ()


def _body_end(lines: Sequence[str], start: int, counts: tuple[int, int] | None) -> int:
    old, new = counts or (0, 0)
    for at in range(start, len(lines)):
        inside = old > 0 or new > 0
        if _ends_body(lines, at, inside=inside):
            return at
        sign = lines[at][:1]
        old -= sign not in ("+", "\\")
        new -= sign not in ("-", "\\")
    return len(lines)


def _ends_body(lines: Sequence[str], at: int, *, inside: bool) -> bool:
    line = lines[at]
    if _ANY_HUNK.match(line) or line.startswith("diff --git ") or (fence_of(line) and line[:1] in "`~"):
        return True
    if _is_file_header(lines, at):
        # A removed "-- x" before an added "++ y" looks like names of files; only a hunk behind them tells.
        return not inside or _then_hunk(lines, at + 2)
    if line.startswith("+++ ") and _then_hunk(lines, at + 1):
        return not inside or (at + 1 < len(lines) and bool(_HUNK.match(lines[at + 1])))
    return line.rstrip() == "--" and at + 1 < len(lines) and bool(_VERSION.match(lines[at + 1]))


def _actions(section: _Section) -> Iterator[tuple[str | None, Action]]:
    modes = [section.extended.get(key, "") for key in ("new file mode", "new mode", "old mode", "deleted file mode")]
    path = section.new if section.new not in (None, "/dev/null") else section.old
    if any(mode in (_SYMLINK, _SUBMODULE) for mode in modes):
        raise PolicyRefused(f"{path!r} is a symlink or a submodule in this patch; only regular files are changed")
    if section.binary:
        raise PolicyRefused(f"{path!r} is a binary file in this patch", fix="leave binary files out of the response")
    if section.old == "/dev/null" or "new file mode" in section.extended:
        yield section.new, _creation(section, path)
    elif section.new == "/dev/null" or "deleted file mode" in section.extended:
        yield section.old, _deletion(section)
    else:
        yield from _modification(section, path)


def _behind_prefix(section: _Section) -> str | None:
    """Return the path behind two words that say which side is the old one, such as `before/` and `after/`."""
    (old, _, path), (new, _, same) = (name.partition("/") for name in (section.old or "", section.new or ""))
    return path if path == same and (old, new) in _SIDES else None


def _prefixed(section: _Section) -> bool:
    # Without prefixes, git names both sides alike.
    return section.old in (None, "/dev/null") or section.old != section.new


def _creation(section: _Section, path: str | None) -> Create:
    lines = [line for hunk in section.hunks for line in hunk.lines]
    if any(line.sign == "-" for line in lines):
        raise refused("a new file has nothing to remove", path=path, fix="begin every line of a new file with '+'")
    ends = [hunk.final_newline for hunk in section.hunks]
    if any(hunk.cut_off for hunk in section.hunks):
        raise refused(
            "the new file has fewer lines than it announces: the response may have been cut off",
            path=path,
            fix="send all of it again",
        )
    text = "\n".join(line.text for line in lines)
    return Create(
        text if not text or False in ends else f"{text}\n", section.extended.get("new file mode", "").endswith(_EXECUTABLE)
    )


def _deletion(section: _Section) -> Delete:
    lines = tuple(line.text for hunk in section.hunks for line in hunk.lines if line.sign != "+")
    return Delete(lines or None)


def _modification(section: _Section, path: str | None) -> Iterator[tuple[str | None, Action]]:
    extended = section.extended
    target = unquoted(extended.get("rename to") or extended.get("copy to") or "")
    source = unquoted(extended.get("rename from") or extended.get("copy from") or "")
    if target and source:
        yield source, Rename(target, keep="copy to" in extended)
        path = target
    elif not section.git and section.old != section.new:
        path = _behind_prefix(section) or section.new
    for hunk in section.hunks:
        yield path, hunk
    if "new mode" in extended:
        yield path, SetMode(extended["new mode"].endswith(_EXECUTABLE))
