"""The V4A envelope: `*** Begin Patch`, operations on files, `*** End Patch`."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Hunk, Rename
from codecompanion.workspace.edits.formats.fences import fence_of
from codecompanion.workspace.edits.formats.signed_lines import hunk_of
from codecompanion.workspace.edits.refusal import refused

_BEGIN = re.compile(r"^\s*\*{2,5} ?Begin Patch\b", re.IGNORECASE)
_END = re.compile(r"^\s*\*{2,5} ?End (?:of )?Patch\b", re.IGNORECASE)
_OPERATION = re.compile(
    r"^\s*(?!\*\*\w.*\*\*\s*$)\*{2,5} ?(?P<verb>Add|Create|New|Update|Modify|Edit|Change|Delete|Remove) File: *"
    r"(?P<path>.+?)(?: \*{2,5})?\s*$",
    re.IGNORECASE,
)
"""A bold line is none: it is a label."""
_UNKNOWN = re.compile(r"^\*{3} ?(?P<verb>\w+) File: *\S")
_MOVE = re.compile(r"^\s*\*{2,5} ?(?:Move|Rename) (?:File )?to: *(?P<path>.+?)(?: \*{2,5})?\s*$", re.IGNORECASE)
_END_OF_FILE = re.compile(r"^\s*\*{2,5} ?End of File\b", re.IGNORECASE)
_HUNK = re.compile(r"^@@+ *(?P<heading>.*?) *@{0,3}\s*$")
_NUMBERS = re.compile(r"^-(\d{1,18})(?:,(\d{1,18}))? \+\d{1,18}(?:,(\d{1,18}))? *(?:@@ ?)?(.*)$")
_NAMES = re.compile(r"^(?:(?:---|\+\+\+) \S|diff --git \S|index [0-9a-f]+\.\.[0-9a-f])")


def looks_like(line: str) -> bool:
    """Whether a line can only be part of an envelope."""
    return bool(_BEGIN.match(line) or _OPERATION.match(line))


def parse(response: str) -> list[Edit]:
    """Return the edits of all envelopes in a response; an empty list when there is none.

    Raises:
        EditRefused: The end of an envelope, or what an operation needs, is missing.
    """
    edits: list[Edit] = []
    for operation in _operations(_inside(response.split("\n"))):
        for path, action in _actions(operation):
            edits.append(Edit(len(edits) + 1, path, action))
    return edits


def _inside(lines: Sequence[str]) -> list[str]:
    begun, ended = _marks(_BEGIN, lines), _marks(_END, lines)
    if not begun:
        return _unwrapped(lines)
    inside: list[str] = []
    within: set[int] = set()
    for begin in begun:
        end = next((at for at in sorted({*begun, *ended}) if at > begin), None)
        if end in begun and not any(map(str.strip, lines[begin + 1 : end])):
            continue  # the same mark again
        if end is None or end not in ended:
            raise refused(
                "the patch has no '*** End Patch': it may have been cut off",
                fix="send the whole patch again, from '*** Begin Patch' to '*** End Patch'",
            )
        inside += lines[begin + 1 : end]
        within.update(range(begin, end))
    _refuse_outside(lines, within)
    return inside


def _refuse_outside(lines: Sequence[str], within: Collection[int]) -> None:
    """Refuse operations behind the first envelope that stand in none: the mark before them is lost."""
    for at in range(min(within, default=0), len(lines)):
        if at not in within and lines[at][:1] == "*" and (found := _OPERATION.match(lines[at])):
            raise refused(
                "an operation stands outside of the patch",
                path=found["path"],
                fix="send all operations between one '*** Begin Patch' and one '*** End Patch'",
            )


def _marks(pattern: re.Pattern[str], lines: Sequence[str]) -> list[int]:
    """Return which lines are marks. Where some stand at the margin, one behind a blank is a line that stays."""
    found = [at for at, line in enumerate(lines) if pattern.match(line)]
    return [at for at in found if lines[at][:1] == "*"] or found


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Return the lines from the first operation to the end, or to the fence that closes around them."""
    start = next((at for at, line in enumerate(lines) if _OPERATION.match(line)), len(lines))
    found: list[str] = []
    for line in lines[start:]:
        if _END.match(line) or (fence_of(line) and line[:1] in "`~"):
            break
        found.append(line)
    return found


def _operations(lines: Sequence[str]) -> Iterator[list[str]]:
    begun = [*_marks(_OPERATION, lines), len(lines)]
    for at, after in pairwise(begun):
        yield list(lines[at:after])


def _actions(operation: Sequence[str]) -> Iterator[tuple[str, Action]]:
    found = _OPERATION.match(operation[0])
    assert found
    path, body = found["path"].strip("`\"'* "), list(operation[1:])
    match found["verb"].lower():
        case "add" | "create" | "new":
            yield path, _creation(path, body)
        case "delete" | "remove":
            yield path, Delete()
        case _:
            yield from _update(path, body)


def _creation(path: str, body: list[str]) -> Create:
    body = [line for line in body if not _END_OF_FILE.match(line)]
    while body and not body[-1]:
        body.pop()
    if not body:
        raise refused("the new file has no content", path=path, fix="write its lines, each with '+' before it")
    if len(body) > 1 and body[0].startswith("--- ") and body[1].startswith("+++ "):
        body = body[2:]
    signed = any(line.startswith("+") for line in body)
    lines = [line.removeprefix("+") if signed else line for line in body if not line.startswith("@@")]
    # No file has all of its lines one blank from the margin: it belongs to the sign.
    if signed and min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0) == 1:
        lines = [line.removeprefix(" ") for line in lines]
    return Create("\n".join(lines) + "\n")


def _update(path: str, body: list[str]) -> Iterator[tuple[str, Action]]:
    target = next((found["path"] for line in body if (found := _MOVE.match(line))), None)
    unknown = next((found["verb"] for line in body if (found := _UNKNOWN.match(line))), None)
    if unknown is not None:
        raise refused(
            f"there is no operation '*** {unknown} File'",
            path=path,
            fix="use '*** Add File', '*** Update File' with or without '*** Move to', or '*** Delete File'",
        )
    hunks = [hunk for hunk in _hunks([line for line in body if not _MOVE.match(line)]) if hunk.lines]
    if target is None and not hunks:
        raise refused("the update has no hunk", path=path, fix="add '@@' and the lines to change, or leave the file out")
    if target is not None:
        yield path, Rename(target.strip("`\"'* "))
    for hunk in hunks:
        yield target or path, hunk


def _hunks(body: Sequence[str]) -> Iterator[Hunk]:
    scopes: list[str] = []
    lines: list[str] = []
    numbers: re.Match[str] | None = None
    for at, line in enumerate(body):
        found = _HUNK.match(line)
        if _END_OF_FILE.match(line):
            yield _hunk(lines, scopes, numbers, at_end=True)
            scopes, lines, numbers = [], [], None
        elif found:
            if any(map(str.strip, lines)):
                yield _hunk(lines, scopes, numbers)
                scopes = []
            lines = []
            numbers = _NUMBERS.match(found["heading"])
            heading = (numbers[4] if numbers else found["heading"]).strip()
            scopes += [heading] if heading.strip(".\u2026 ") else []
        elif lines or not _is_header(body, at):
            lines.append(line)
    yield _hunk(lines, scopes, numbers)


def _is_header(body: Sequence[str], at: int) -> bool:
    """Whether a line before a hunk is one of a diff's names; alone, `--- x` takes away a comment of SQL or Lua."""
    sides = [body[n][:4] for n in (at - 1, at, at + 1) if 0 <= n < len(body)]
    return bool(_NAMES.match(body[at])) and (body[at][:4] not in ("--- ", "+++ ") or {"--- ", "+++ "} <= set(sides))


def _hunk(lines: list[str], scopes: list[str], numbers: re.Match[str] | None, *, at_end: bool = False) -> Hunk:
    first = int(numbers[1]) if numbers else None
    return hunk_of(lines, first_line=first, scopes=tuple(scopes), at_end=at_end)
