"""Search/replace blocks: `<<<<<<< SEARCH`, the old lines, `=======`, the new lines, `>>>>>>> REPLACE`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codecompanion.workspace.edits.edit import Action, Create, Edit, Swap
from codecompanion.workspace.edits.formats.fences import (
    Fence,
    fence_of,
    path_before,
    path_in,
    path_in_comment,
    path_in_info,
    path_in_prose,
)
from codecompanion.workspace.edits.formats.signed_lines import are_signed
from codecompanion.workspace.edits.refusal import EditRefused, refused

_INVISIBLE = r"[\u200b\u2060\ufeff]*"
_OLD = r"SEARCH|ORIGINAL|OLD|BEFORE|FIND|HEAD|CURRENT"
_NEW = r"REPLACE|UPDATED?|NEW|AFTER|MODIFIED|REPLACEMENT|INCOMING"
_BEGIN = re.compile(
    rf"^(?P<indent>[ \t]*){_INVISIBLE}(?:\*\*)?(?P<mark><{{3,12}}|-{{5,9}})"
    rf"[ \u00a0]*\[?(?:{_OLD})(?:[ _]BLOCK)?\b\]?:?>?(?P<rest>.*)$",
    re.IGNORECASE,
)
_BARE_BEGIN = re.compile(r"^(?P<indent>[ \t]*)(?P<mark><{5,9})(?P<rest>)\s*$")
_DIVIDER = re.compile(r"^[ \t]*(?:\*\*)?(={5,12})(?: ?(?:REPLACE|WITH|UPDATED|NEW)\b.{0,9}|\*\*)?\s*$")
_CONFLICT = re.compile(r"^<{7} HEAD\b")
_END = re.compile(
    rf"^[ \t]*{_INVISIBLE}(?:\*\*)?(?:>{{3,12}}|\+{{5,9}})[ \u00a0]*\[?(?:{_NEW})(?:[ _]BLOCK)?\b.*$", re.IGNORECASE
)
_OTHER_END = re.compile(r"^[ \t]*>{5,9} *(?:END|REPLACED|SEARCH|ORIGINAL|OLD|[\w./-]+)\s*$", re.IGNORECASE)
_BARE_END = re.compile(r"^[ \t]*>{5,9}\s*$")
_PLACE = re.compile(r"^:(?P<which>start|end)_line: ?(?P<line>\d{1,18})\s*$")
FIX = "close every block: '<<<<<<< SEARCH', the old lines, '=======', the new lines, '>>>>>>> REPLACE'."


@dataclass(frozen=True, slots=True)
class _Block:
    begin: int
    end: int
    mark: str
    indent: str
    rest: str


def looks_like(line: str) -> bool:
    """Whether a line begins a block."""
    return bool(_BEGIN.match(line))


def has_bare_blocks(text: str) -> bool:
    """Whether a text has blocks whose marks have no words."""
    lines = text.split("\n")
    return any(_bare(lines, at) for at in range(len(lines)))


def inside(lines: Sequence[str]) -> frozenset[int]:
    """Return which lines stand between the marks of a block: they are content, whatever they look like."""
    found: set[int] = set()
    at = 0
    while at < len(lines):
        begun = _BEGIN.match(lines[at])
        end = _end(lines, at, bare=begun is None) if begun or _bare(lines, at) else None
        if end is not None:
            found.update(range(at + 1, end))
        at = at + 1 if end is None else end + 1
    return frozenset(found)


def parse(response: str) -> list[Edit]:
    """Return the edits of a response; an empty list when it has no block.

    Raises:
        EditRefused: A block is not closed or not divided.
    """
    lines = response.split("\n")
    edits: list[Edit] = []
    path: str | None = None
    after = 0
    for number, block in enumerate(_blocks(lines), start=1):
        path = _path(lines, block, after) or path
        edits.append(Edit(number, path, _action(lines, block, number, path)))
        after = block.end + 1
    return edits


def _blocks(lines: Sequence[str]) -> list[_Block]:
    blocks: list[_Block] = []
    at = 0
    while at < len(lines):
        found = _BEGIN.match(lines[at]) or _bare(lines, at)
        if found is None:
            at += 1
            continue
        end = _end(lines, at, bare=_BEGIN.match(lines[at]) is None)
        if end is None:
            raise _unfinished(lines, at, len(blocks) + 1)
        if _goes_on(lines, end):
            raise refused(
                "behind the block there is another '>>>>>>> REPLACE': it cannot be told where the block ends",
                number=len(blocks) + 1,
                path=path_before(list(lines), at),
                fix="send the lines as a diff, or so that no new line looks like the end of the block",
            )
        blocks.append(_Block(at, end, found["mark"], found["indent"], found["rest"].strip()))
        at = end + 1
    _refuse_headless(lines, blocks)
    return blocks


def _refuse_headless(lines: Sequence[str], blocks: Sequence[_Block]) -> None:
    """Refuse a block whose beginning cannot be read, beside others that can.

    Raises:
        EditRefused: Between two blocks, or before or behind them, a divider and an end follow each other.
    """
    outside = zip([-1, *(block.end for block in blocks)], [*(block.begin for block in blocks), len(lines)], strict=True)
    for after, before in outside if blocks else ():
        divider = next((at for at in range(after + 1, before) if _DIVIDER.match(lines[at])), before)
        if any(_END.match(lines[at]) for at in range(divider + 1, before)):
            raise refused(
                "a block has no '<<<<<<< SEARCH' before its old lines",
                path=path_before(list(lines), divider),
                fix=FIX,
            )


def _bare(lines: Sequence[str], at: int) -> re.Match[str] | None:
    found = _BARE_BEGIN.match(lines[at])
    return found if found and _end(lines, at, bare=True) is not None else None


def _end(lines: Sequence[str], begin: int, *, bare: bool) -> int | None:
    other: int | None = None
    for at in range(begin + 1, len(lines)):
        if _END.match(lines[at]) or (_BARE_END.match(lines[at]) and (bare or _divided(lines, begin, at))):
            return at
        if (_BEGIN.match(lines[at]) and not _is_conflict(lines[begin], lines[at])) or (bare and _BARE_BEGIN.match(lines[at])):
            return other
        if other is None and _OTHER_END.match(lines[at]) and _divided(lines, begin, at):
            other = at  # unless its own end follows: then this one is of a conflict in the text
    return other


def _is_conflict(begun: str, line: str) -> bool:
    """Whether a mark within a block is that of a conflict in its text: git's own, where the block began with another."""
    return bool(_CONFLICT.match(line)) and not _CONFLICT.match(begun)


def _goes_on(lines: Sequence[str], end: int) -> bool:
    """Whether another end follows before another block begins or is divided, with more than blank lines and fences between."""
    for at in range(end + 1, len(lines)):
        if _BEGIN.match(lines[at]):
            return False
        if _END.match(lines[at]):
            between = lines[end + 1 : at]
            return not any(map(_DIVIDER.match, between)) and any(line.strip() and not fence_of(line) for line in between)
    return False


def _divided(lines: Sequence[str], begin: int, end: int) -> bool:
    return any(_DIVIDER.match(lines[at]) for at in range(begin + 1, end))


def _unfinished(lines: Sequence[str], begin: int, number: int) -> EditRefused:
    return refused(
        "the block is not closed by '>>>>>>> REPLACE': the response may have been cut off",
        number=number,
        path=path_before(list(lines), begin),
        fix=FIX,
    )


def _action(lines: Sequence[str], block: _Block, number: int, path: str | None) -> Action:
    inside = lines[block.begin + 1 : block.end]
    # Marks alone may be indented: then the lines stand as they are meant to.
    margin = block.indent if all(line.startswith(block.indent) for line in inside if line.strip()) else ""
    first, body = _placed([line.removeprefix(margin) for line in inside])
    dividers = [at for at, line in enumerate(body) if _DIVIDER.match(line)]
    if not dividers:
        raise refused("the block has no '=======' between the old and the new lines", number=number, path=path, fix=FIX)
    # A heading may be underlined with '=': the divider is as long as the mark that began the block.
    same = [at for at in dividers if body[at].count("=") == len(block.mark)] or dividers
    conflict = any(map(_CONFLICT.match, body))
    meant = [at for at in same if conflict or not any(later > at and not _underlines(body, later) for later in same)]
    if not meant:
        raise refused(f"the block has {len(same)} lines {body[same[0]].strip()!r}", number=number, path=path, fix=FIX)
    if meant[0] == 0:
        return Create(_closed(body[1:]))
    # The longest old side that is in the file is meant: new lines are not in it yet.
    (old, new), *others = (side for at in reversed(meant) for side in _sides(body[:at], body[at + 1 :]))
    return Swap(old, new, whole_lines=True, first_line=first, others=tuple(others))


def _placed(body: list[str]) -> tuple[int | None, list[str]]:
    """Return the line number that some tools want at the head of a block, and the lines without it."""
    first: int | None = None
    while body and (found := _PLACE.match(body[0])):
        first = int(found["line"]) if found["which"] == "start" else first
        body = body[1:]
        if body and (rule := re.match(r"-{5,9}", body[0])):
            rest = body[0][rule.end() :]
            body = [rest, *body[1:]] if rest.strip() else body[1:]
    return first, body


def _underlines(body: Sequence[str], at: int) -> bool:
    """Whether a divider can be the line under a heading, and so belong to the text."""
    return at > 0 and re.match(r"\w", body[at - 1]) is not None and len(body[at - 1].strip()) <= len(body[at].strip())


def _sides(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return both sides as they stand, and without the fences or blank lines that a model put around each of them.

    Those of a block whose lines have the signs of a diff come without them first: a file hardly has such lines.
    """
    if are_signed(old, new):
        yield _closed([line[1:] for line in old]), _closed([line[1:] for line in new])
    yield _closed(old), _closed(new)
    framed = [side[0].strip() == side[-1].strip() == "" for side in (old, new) if side]
    fenced = [(begun := fence_of(side[0])) is not None and begun.closed_by(side[-1]) for side in (old, new) if len(side) > 1]
    if len(new) > 1 and len(old) > 2 and (all(framed) or (len(fenced) == 2 and all(fenced))):  # noqa: PLR2004 - a line between two
        yield _closed(old[1:-1]), _closed(new[1:-1])


def _closed(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _path(lines: list[str], block: _Block, after: int) -> str | None:
    """Return the path that stands before a block, in its fence or behind its marker."""
    before = block.begin - 1
    between = lines[after : block.begin]
    nearest = path_in(lines[before]) if between and lines[before].strip() and not fence_of(lines[before]) else None
    if nearest is not None:
        return nearest
    at = next((n for n in range(before, max(after, before - 3) - 1, -1) if _opens(lines[n])), None)
    fence = _opens(lines[at]) if at is not None else None
    if at is not None and fence:
        inside = path_in_comment(lines[before]) if before > at else None
        return path_in_info(fence.info) or inside or _behind(block) or _before_fence(lines, at, after)
    named = path_before(lines[after : block.begin], block.begin - after) or _behind(block)
    return named or path_in_prose(lines[after : block.begin])


def _behind(block: _Block) -> str | None:
    return path_in(block.rest.strip("`*<> ")) if block.rest else None


def _opens(line: str) -> Fence | None:
    return fence_of(line)


def _before_fence(lines: list[str], at: int, after: int) -> str | None:
    return path_before(lines[after:at], at - after) or path_in_prose(lines[after:at])
