"""Whole files: a path and a fence with all of the file's lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from codecompanion.workspace.edits.edit import Edit, Hunk, Overwrite, Swap
from codecompanion.workspace.edits.formats import tagged_calls
from codecompanion.workspace.edits.formats.fences import (
    MARKDOWN,
    Fence,
    fence_of,
    fenced,
    path_before,
    path_in,
    path_in_comment,
    path_in_info,
    unfenced,
)
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.matching.placeholders import says_what_is_left_out
from codecompanion.workspace.edits.refusal import refused

_DIFF = re.compile(r"^(?:@@ -\d|diff --git |--- \S.*\n\+\+\+ )")
_COMMAND = re.compile(r"^\s*(?:[$#] )?(?:cat|tee)\b.*<<-?\s*[\"']?\w")
_MAGIC = re.compile(r"^%%(?:write)?file +(?P<path>[^\s-]\S*)\s*$")
"""What a notebook writes the rest of its cell to."""
DIFF_LANGUAGES = ("diff", "patch", "udiff")
_SIDES = ("search", "replace", "find", "before", "after", "old", "new", "original", "updated")
DIFFS = (".diff", ".patch", ".rej")
_PROSE = frozenset(("", "markdown", "md", "mdx", "rst", "text", "txt", "yaml", "yml"))
"""In these a marked name may be a line of the file: an item of a list, a key."""


@dataclass(frozen=True, slots=True)
class _Fenced:
    """The lines between a fence and its end, which may stand on the last of them."""

    fence: Fence
    path: str | None
    lines: tuple[str, ...]
    closed: bool
    nested: bool
    heading: str

    @property
    def language(self) -> str:
        """The first word behind the marks, "" when there is none."""
        return self.fence.info.split()[0].lower() if self.fence.info else ""

    @property
    def is_diff(self) -> bool:
        """Whether it holds a change of the file and not the file."""
        return bool(self.lines) and bool(_DIFF.match("\n".join(self.lines[:2]))) and not (self.path or "").endswith(DIFFS)

    @property
    def is_signed(self) -> bool:
        """Whether each line has the sign of a diff, and some stay, go and come: no file has such lines."""
        signs = {line[0] for line in self.lines if line.strip()}
        return signs == {" ", "-", "+"} and not (self.path or "").lower().endswith(MARKDOWN)


def names_files(text: str) -> bool:
    """Whether a text has a fence that names a file."""
    return any(one.path is not None for one in _fenced(text.split("\n")))


def parse(response: str) -> list[Edit]:
    """Return an edit for each fence that names a file, or for the only fence when none does.

    Raises:
        EditRefused: A fence is not closed, or it cannot be told where it ends.
    """
    fenced = [one for one in _with_paths(_fenced(response.split("\n"))) if not one.is_diff]
    named = [one for one in fenced if one.path is not None]
    chosen = named or (fenced if len(fenced) == 1 else [])
    found = ((one.path, action) for one in chosen for action in _swaps(one) or [_action(one)])
    edits = [Edit(number, path, action) for number, (path, action) in enumerate(found, start=1)]
    return [_going_on(edit) for edit in edits] if _says_more(response.split("\n")) else edits


def _says_more(lines: list[str]) -> bool:
    """Whether a line that stands in no fence says that there is more of a file."""
    inside = {at for start, end in fenced(lines) for at in range(start, end)}
    return any(says_what_is_left_out(line) for at, line in enumerate(lines) if at not in inside)


def _going_on(edit: Edit) -> Edit:
    return replace(edit, action=replace(edit.action, goes_on=True)) if isinstance(edit.action, Overwrite) else edit


def _swaps(one: _Fenced) -> list[Swap]:
    """Return the edits whose sides a fence holds in tags, an empty list when it holds the file."""
    sides = tagged_calls.pairs("\n".join(one.lines)) if one.closed and one.path is not None else []
    return [Swap(tagged_calls.unwrapped(old), tagged_calls.unwrapped(new)) for old, new in sides]


def _with_paths(fenced: Iterable[_Fenced]) -> Iterator[_Fenced]:
    """Return fences, each diff without a path with that of the one before."""
    path: str | None = None
    for one in fenced:
        yield replace(one, path=path) if one.path is None and one.language in DIFF_LANGUAGES else one
        path = one.path or path


def _action(one: _Fenced) -> Overwrite | Hunk:
    """Return what a fence asks for: a fence of the language of diffs holds a change, also one without any header."""
    signs = {line[:1] for line in one.lines if line.strip()}
    if one.language in _SIDES and len(one.fence.info.split()) == 1:
        raise refused(
            f"the fence holds a side of an edit, {one.language!r}, and not the file",
            path=one.path,
            fix="send both sides as a block: '<<<<<<< SEARCH', the old lines, '=======', the new lines, '>>>>>>> REPLACE'",
        )
    if (one.language in DIFF_LANGUAGES or one.is_signed) and not (one.path or "").endswith(DIFFS):
        if not one.closed or not signs & {"+", "-"}:
            raise refused(
                "the fence of a diff has no hunk, or is cut off", path=one.path, fix="send the diff with its '@@' lines"
            )
        return hunk_of(one.lines)
    return _content(one)


def _content(one: _Fenced) -> Overwrite:
    if not one.closed:
        raise refused(
            "the fence around the file is not closed: the response may have been cut off",
            path=one.path,
            fix="send the whole file again and close the fence, or send only the changed lines as an edit",
        )
    if one.lines and _COMMAND.match(one.lines[0]) and not (one.path or "").endswith((".sh", ".bash")):
        raise refused(
            "the fence holds a command and not the file",
            path=one.path,
            fix="write the path of the file on the line before the fence, and only its lines inside",
        )
    if one.nested:
        raise refused(
            "the file holds fences as long as the one around it, so its end cannot be told",
            path=one.path,
            fix="put a longer fence around the file, such as ````.",
        )
    lines = one.lines if (one.path or "").lower().endswith(MARKDOWN) else unfenced(one.lines)
    return Overwrite("\n".join([*lines, ""]) if lines else "", bare=True, heading=one.heading)


def _fenced(lines: list[str]) -> Iterator[_Fenced]:
    at = after = 0
    while at < len(lines):
        fence = fence_of(lines[at])
        if fence is None:
            at += 1
            continue
        path = path_in_info(fence.info) or path_before(lines[after:at], at - after)
        end, last = _end(lines, at, fence)
        body = [line.removeprefix(fence.indent) for line in lines[at + 1 : end]] + ([last] if last else [])
        inside, rest = _named_inside(path, body, fence.info)
        heading = body[0] if len(rest) < len(body) else ""
        path, body = inside, rest
        if path is not None or len(body) > 1 or path_in(body[0] if body else "") is None:
            yield _Fenced(fence, path, tuple(body), end < len(lines), _nested(lines, at, end, fence, path), heading)
        at = end + 1
        after = at if path is not None or end - after > 2 else after  # noqa: PLR2004 - a fence around a name alone belongs to the next
    return


def _end(lines: Sequence[str], at: int, fence: Fence) -> tuple[int, str]:
    """Return the line that closes a fence, and what of the file stands on it before the marks."""
    for end in range(at + 1, len(lines)):
        if fence.closed_by(lines[end]):
            return end, ""
    for end in range(len(lines) - 1, at, -1):
        text = lines[end].rstrip()
        if text.endswith(fence.mark) and not fence_of(text):
            return end, text.removesuffix(fence.mark)
        if text and end < len(lines) - 1 and fence_of(text):
            break
    return len(lines), ""


def _named_inside(path: str | None, body: list[str], info: str) -> tuple[str | None, list[str]]:
    magic = _MAGIC.match(body[0]) if body else None
    if magic is not None:
        return path or magic["path"], body[1:]
    if path is not None or not body:
        return path, body
    inside = path_in(body[0]) if "/" in body[0] or "." in body[0] else None
    marked = body[0].strip() if info.lower() in _PROSE else body[0].strip().strip("*`").removesuffix(":").strip("*`")
    if inside is not None and " " not in inside and marked == inside and len(body) > 1:
        return inside, body[1:]
    comment = path_in_comment(body[0])
    return (comment, body[1:]) if comment is not None and len(body) > 1 else (None, body)


def _nested(lines: Sequence[str], at: int, end: int, fence: Fence, path: str | None) -> bool:
    """Whether another fence of the same kind begins inside, or, in a document, stands behind the end."""
    inner = [other for line in lines[at + 1 : end] if (other := fence_of(line)) and other.mark[0] == fence.mark[0]]
    if any(other.info and len(other.mark) >= len(fence.mark) for other in inner):
        return True
    if path is None or not path.lower().endswith(MARKDOWN):
        return False
    behind = [other for line in lines[end + 1 :] if (other := fence_of(line)) and len(other.mark) >= len(fence.mark)]
    return bool(behind) and not _paired(behind)


def _paired(fences: Sequence[Fence]) -> bool:
    opened = fences[::2]
    return len(fences) % 2 == 0 and all(fence.info for fence in opened)
