"""Read a response in the form it was said to have, or in the one it has."""

from collections.abc import Callable, Mapping

from codecompanion.domain.errors import BadInput
from codecompanion.workspace.edits.edit import Edit
from codecompanion.workspace.edits.formats import search_replace, tool_calls, unified, v4a, whole
from codecompanion.workspace.edits.refusal import EditRefused, refused

Parser = Callable[[str], list[Edit]]

FORMATS = ("search_replace", "udiff", "apply_patch", "str_replace", "whole", "git_patch")
MAX_CHARACTERS = 8 * 1024**2


def read_edits(response: str, fmt: str | None = None) -> list[Edit]:
    """Return the edits of a response. `fmt` is one of `FORMATS`; a response that has another form is read all the same.

    Raises:
        BadInput: The form is unknown, or the response too long.
        EditRefused: It holds no edit, or one that is cut off or contradicts itself.
        PolicyRefused: It holds a binary patch or a symlink.
    """
    if fmt is not None and fmt not in FORMATS:
        raise BadInput(f"{fmt!r} is no edit format", fix=f"one of {', '.join(FORMATS)}")
    if len(response) > MAX_CHARACTERS:
        raise BadInput(f"the response is longer than {MAX_CHARACTERS:,} characters")
    text = _normalised(response)
    order = [fmt] if fmt else []
    detected = detect(text)
    for name in dict.fromkeys([*order, detected]):
        if name is not None and (edits := _PARSERS[name](text)):
            return edits
    raise refused(
        "the response holds no edit",
        fix="Send a search/replace block, a unified diff, a '*** Begin Patch' envelope, a tool call, or a whole file in a fence with its path before it.",
    )


def detect(text: str) -> str | None:
    """Return the form of a response: that of the first line which can only belong to one; 'whole' when there is a fence."""
    if tool_calls.looks_like(text):
        return "str_replace"
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if v4a.looks_like(line):
            return "apply_patch"
        if search_replace.looks_like(line):
            return "search_replace"
        if line.startswith("diff --git "):
            return "git_patch"
        if line.startswith(("--- ", "+++ ", "@@")) and _is_diff(lines, at):
            return "udiff"
    if any(line.strip().startswith(("```", "~~~")) for line in lines):
        return "search_replace" if _parses(text) else "whole"
    return "search_replace" if _parses(text) else None


def _is_diff(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    if lines[at].startswith("--- "):
        return following.startswith("+++ ")
    if lines[at].startswith("+++ "):
        return following.startswith("@@")
    return any(line.startswith(("+", "-")) for line in lines[at + 1 : at + 200])


def _parses(text: str) -> bool:
    try:
        return bool(search_replace.parse(text))
    except EditRefused:
        return True


def _normalised(response: str) -> str:
    """Return a response without what its way here did to it: CRLF on every line, a BOM."""
    text = response.removeprefix("\ufeff")
    ends = text.count("\r\n")
    return text.replace("\r\n", "\n") if ends and ends * 10 >= text.count("\n") * 9 else text


def _tool_calls(text: str) -> list[Edit]:
    return tool_calls.parse(text, lambda patch: read_edits(patch, None) if not tool_calls.looks_like(patch) else [])


_PARSERS: Mapping[str, Parser] = {
    "search_replace": search_replace.parse,
    "udiff": unified.parse,
    "git_patch": unified.parse,
    "apply_patch": v4a.parse,
    "str_replace": _tool_calls,
    "whole": whole.parse,
}
