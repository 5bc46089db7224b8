"""Edits that the words right before them ask not to apply: what was not to be done, or is only offered."""

import re
from collections.abc import Iterator, Sequence

from codecompanion.workspace.edits.edit import Edit, Overwrite
from codecompanion.workspace.edits.formats import search_replace, tool_calls, v4a
from codecompanion.workspace.edits.formats.fences import fence_of, fenced, path_in, path_in_info
from codecompanion.workspace.edits.refusal import refused

MAX_LENGTH = 160
"""In characters. A longer line tells of more than the edit behind it."""
_WITHDRAWN = re.compile(
    r"(?:^|[(,;:\u2013\u2014-] ?)(?:please )?(?:do not|don['\u2019]t|never) "
    r"(?:do (?:this|that|it)\b|apply(?= (?:this|that|it|these|yet|the (?:change|edit|patch|following))\b|\W?$|[^\w\s]))"
    r"|(?:^|\()(?:for (?:comparison|reference|illustration) only|only for (?:comparison|reference|illustration))\b"
    r"|\(not (?:now|yet)[!.]?\)"
    r"|^(?:bad|wrong|incorrect) (?:example|way|approach)\b.{0,40}:$"
    r"|^(?:shall I|should I also|(?:do you want|would you like) me to) (?:also )?"
    r"(?:apply|make|change|update|edit|add|remove|fix|do)\b.*\?$",
    re.IGNORECASE,
)
"""Orders, and what is said in brackets; a sentence about what code does not do is none."""
_PROSE = re.compile(r"^(?:[-*#>_( ]|<\w+>)*(?=[A-Za-z])")
_TAG = re.compile(r"^</?\w+>$")
_DIFF = ("diff --git ", "--- ", "+++ ", "@@")


def refuse_withdrawn(text: str, edits: Sequence[Edit]) -> None:
    """Refuse a response that asks, in a short line right before an edit, not to apply it.

    Raises:
        EditRefused: There is such a line.
    """
    lines = text.split("\n")
    if not any(map(_is_withdrawing, lines)):
        return
    inside = {at for start, end in fenced(lines) for at in range(start, end)} | search_replace.inside(lines)
    whole = {edit.path for edit in edits if isinstance(edit.action, Overwrite)}
    for at, line in enumerate(lines):
        if at not in inside and _is_withdrawing(line) and _comes_next(lines, at + 1, whole):
            raise refused(
                f"the words before an edit, {line.strip()!r}, ask not to apply it",
                fix="send only the edits that are to be applied",
            )


def _is_withdrawing(line: str) -> bool:
    said = _PROSE.match(line)
    if said is None or len(line) > MAX_LENGTH:
        return False
    return _WITHDRAWN.search(_TAG.sub("", line[said.end() :].replace("*", "")).strip()) is not None


def _comes_next(lines: Sequence[str], at: int, whole: set[str | None]) -> bool:
    """Whether an edit is the next that stands in a response, behind no more than the path of its file."""
    path: str | None = None
    for start in _filled(lines, at):
        fence = fence_of(lines[start])
        if fence is not None:
            end = next((n for n in range(start + 1, len(lines)) if fence.closed_by(lines[n])), len(lines))
            return (
                (path or path_in_info(fence.info)) in whole - {None}
                or any(_begins(lines, inner) for inner in range(start + 1, end))
                or tool_calls.first_call("\n".join(lines[start + 1 : end])) is not None
            )
        if _begins(lines, start) or (lines[start][0] in "[{<" and tool_calls.first_call("\n".join(lines[start:])) == 0):
            return True
        path = path or path_in(lines[start])
        if path is None and not _TAG.match(lines[start].strip()):
            return False
    return False


def _filled(lines: Sequence[str], at: int) -> Iterator[int]:
    return (n for n in range(at, len(lines)) if lines[n].strip())


def _begins(lines: Sequence[str], at: int) -> bool:
    return search_replace.looks_like(lines[at]) or v4a.looks_like(lines[at]) or lines[at].startswith(_DIFF)
