"""Unified diffs and git patches, with or without their headers, numbers and counts."""

import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace

from codecompanion.domain.errors import PolicyRefused
from codecompanion.domain.quoted_paths import unquoted
from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Hunk, Rename, SetMode
from codecompanion.workspace.edits.formats.fences import ends_open
from codecompanion.workspace.edits.formats.unified_sections import Section, sections
from codecompanion.workspace.edits.refusal import refused

_SIDES = {
    *(("old", "new"), ("before", "after"), ("original", "modified"), ("original", "updated"), ("original", "new")),
    *(("orig", "mod"), ("orig", "new"), ("current", "new"), ("current", "updated"), ("from", "to"), ("left", "right")),
}
FULL_CONTEXT = 3
MISCOUNTED = 3
"""Lines by which a model's count may be wrong."""
_SYMLINK, _SUBMODULE, _EXECUTABLE = "120000", "160000", "755"
_NAMES = re.compile(r"^--- ?(a/\S+)[ \n]\+\+\+ ?(b/\S+)$", re.MULTILINE)
"""The names of a diff's two sides on one line, or without the blank behind their marks."""
_MODE = re.compile(r"[0-7]{1,6}")
"""As git writes it; what is longer is no mode, and more than the system's own arithmetic takes."""


def parse(response: str) -> list[Edit]:
    """Return the edits of a diff; an empty list when there is none.

    Raises:
        PolicyRefused: It holds a binary patch, a symlink or a submodule.
        EditRefused: A section contradicts itself.
    """
    edits: list[Edit] = []
    lines = _NAMES.sub(r"--- \1\n+++ \2", response).split("\n")
    found = list(sections(lines))
    # Behind a sign a fence is a line of the file. All lines of a file that is deleted are compared: its count shows no more.
    if found and found[-1].hunks and not _deletes(found[-1]) and ends_open([line for line in lines if line[:1] in ("`", "~")]):
        *others, last = [hunk for section in found for hunk in section.hunks]
        right = bool(others) and all(map(_is_right, others))
        found[-1].hunks[-1] = _judged(last, lines, others_are_right=right)
    for section in found:
        for path, action in _actions(section):
            edits.append(Edit(len(edits) + 1, path, action, prefixed=_prefixed(section)))
    return edits


def _judged(hunk: Hunk, lines: Sequence[str], *, others_are_right: bool) -> Hunk:
    """Return the last hunk of a response that nothing closes, marked when it is shorter than it announces.

    Models count badly, so a count that is wrong by a few shows nothing: the hunk must also end without the context that hunks
    end with, or be the only one with a wrong count.

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
    ends_early = ends_early or max(missing) > MISCOUNTED
    # Where the file ends too, there are no more old lines: then a count of them that is too high is wrong.
    miscounted = 0 < missing[0] <= MISCOUNTED and missing[1] <= MISCOUNTED and hunk.lines[0].sign == " " and not lines[-1]
    if kept == 0 and ((short and not miscounted) or (lines[-1] and _is_part_of_line(hunk, lines))):
        raise refused(
            "the last hunk ends among its new lines, short of what it announces: the response may have been cut off",
            fix="send all of it again",
        )
    return replace(hunk, cut_off=short and ends_early)


def _is_part_of_line(hunk: Hunk, lines: Sequence[str]) -> bool:
    """Whether the last line of a hunk, which has no newline, shows that it is not whole.

    Either its fence is open, or the line is the beginning of one that goes.
    """
    come, gone = hunk.lines[-1].text, [line.text for line in hunk.lines if line.sign == "-"]
    return any(line[:1] in ("`", "~") for line in lines) or any(line.startswith(come) and line != come for line in gone)


def _is_right(hunk: Hunk) -> bool:
    counted = tuple(sum(line.sign != other for line in hunk.lines) for other in "+-")
    return hunk.counts == counted


def _actions(section: Section) -> Iterator[tuple[str | None, Action]]:
    modes = [section.extended.get(key, "") for key in ("new file mode", "new mode", "old mode", "deleted file mode")]
    path = section.new if section.new not in (None, "/dev/null") else section.old
    if any(mode in (_SYMLINK, _SUBMODULE) for mode in modes):
        raise PolicyRefused(f"{path!r} is a symlink or a submodule in this patch; only regular files are changed")
    if special := next((mode for mode in modes if not _is_plain(mode)), ""):
        raise PolicyRefused(f"{path!r} gets the mode {special} in this patch; only plain files and executable ones are made")
    if section.binary:
        raise PolicyRefused(f"{path!r} is a binary file in this patch", fix="leave binary files out of the response")
    if section.old == "/dev/null" or "new file mode" in section.extended:
        yield section.new, _creation(section, path)
    elif _deletes(section):
        yield section.old, _deletion(section)
    else:
        yield from _modification(section, path)


def _deletes(section: Section) -> bool:
    return section.new == "/dev/null" or "deleted file mode" in section.extended


def _is_plain(mode: str) -> bool:
    """Whether a mode is none, or that of a regular file without setuid, setgid and sticky bits."""
    if not _MODE.fullmatch(mode or "0"):
        return False
    number = int(mode or "0", 8)
    return stat.S_IFMT(number) in (0, stat.S_IFREG) and not number & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX)


def _behind_prefix(section: Section) -> str | None:
    """Return the path behind two words that say which side is the old one, such as `before/` and `after/`."""
    (old, _, path), (new, _, same) = (name.partition("/") for name in (section.old or "", section.new or ""))
    return path if path == same and (old, new) in _SIDES else None


def _prefixed(section: Section) -> bool:
    # Without prefixes, git names both sides alike.
    return section.old in (None, "/dev/null") or section.old != section.new


def _creation(section: Section, path: str | None) -> Create:
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
    signed = any(line.sign == "+" for line in lines) or all(line.signed for line in lines if line.raw)
    text = "\n".join(line.text if signed else line.raw for line in lines)
    return Create(
        text if not text or False in ends else f"{text}\n", section.extended.get("new file mode", "").endswith(_EXECUTABLE)
    )


def _deletion(section: Section) -> Delete:
    lines = tuple(line.text for hunk in section.hunks for line in hunk.lines if line.sign != "+")
    return Delete(lines or None)


def _modification(section: Section, path: str | None) -> Iterator[tuple[str | None, Action]]:
    extended = section.extended
    target = unquoted(extended.get("rename to") or extended.get("copy to") or "")
    source = unquoted(extended.get("rename from") or extended.get("copy from") or "")
    if target and source:
        yield source, Rename(target, keep="copy to" in extended)
        path = target
    elif section.old != section.new:
        path = _behind_prefix(section) or (path if section.git else section.new)
    for hunk in section.hunks:
        yield path, hunk
    if "new mode" in extended:
        yield path, SetMode(extended["new mode"].endswith(_EXECUTABLE))
