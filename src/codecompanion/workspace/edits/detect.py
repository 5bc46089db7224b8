"""Read a response in the form it was said to have, or in the one it has."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import takewhile

from codecompanion.domain.errors import BadInput
from codecompanion.workspace.edits.edit import Edit
from codecompanion.workspace.edits.entities import without_entities
from codecompanion.workspace.edits.formats import indented, search_replace, tagged_calls, tool_calls, unified, v4a, whole
from codecompanion.workspace.edits.formats.call_values import out_of_string
from codecompanion.workspace.edits.formats.fences import dedented, fence_of, fenced, path_in, unfenced
from codecompanion.workspace.edits.matching.indentation import indent_of
from codecompanion.workspace.edits.refusal import refused

Parser = Callable[[str], list[Edit]]

FORMATS = ("search_replace", "udiff", "apply_patch", "str_replace", "whole", "git_patch")
MAX_CHARACTERS = 8 * 1024**2


def read_edits(text: str, fmt: str | None = None) -> list[Edit]:
    """Return the edits of a response, which is as `normalised` returns it.

    `fmt` is one of `FORMATS`; a response that has another form is read all the same.

    Raises:
        BadInput: The form is unknown, or the response too long.
        EditRefused: It holds no edit, or one that is cut off or contradicts itself.
        PolicyRefused: It holds a binary patch or a symlink.
    """
    if fmt is not None and fmt not in FORMATS:
        raise BadInput(f"{fmt!r} is no edit format", fix=f"one of {', '.join(FORMATS)}")
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"the response is longer than {MAX_CHARACTERS:,} characters")
    if len(mixed := _by_form(text)) > 1:
        edits = [edit for name, part in mixed.items() for edit in _PARSERS[name](part)]
        return [replace(edit, number=number) for number, edit in enumerate(edits, start=1)]
    found = detect(text)
    within = "udiff" if found == "apply_patch" else None  # an envelope without an operation may hold a diff
    if fmt == "whole" and found == "str_replace" and not whole.names_files(text):
        fmt = None  # the files are in calls; a fence beside them holds something else
    if fmt == "search_replace" and found == "str_replace" and tagged_calls.first(text) is not None:
        fmt = None  # the blocks are an argument of the call, whose tags name the file
    for name in dict.fromkeys([fmt, found, within]):
        if name is not None and (edits := _PARSERS[name](text)):
            return edits
    raise refused(
        "the response holds no edit",
        fix="send search/replace blocks, a unified diff, a '*** Begin Patch' envelope, tool calls, "
        "or whole files, each in a fence with its path on the line before.",
    )


def detect(text: str) -> str | None:
    """Return the form of a response: that of the first place which can only belong to one; 'whole' when there is a fence."""
    marker, at = _first_marker(text)
    call = tool_calls.first_call(text)
    if call is not None and (marker is None or call <= at):
        return "str_replace"
    if marker is not None:
        return marker
    if search_replace.has_bare_blocks(text):
        return "search_replace"
    if whole.names_files(text):
        return "whole"
    if tool_calls.looks_cut_off(text):
        return "str_replace"
    return "whole" if any(line.strip().startswith(("```", "~~~")) for line in text.split("\n")) else None


def _by_form(text: str) -> dict[str, str]:
    """Return, for each form of a response, the response without the fences that hold another."""
    lines = text.split("\n")
    shown = _without_blocks(lines) if _first_marker(text)[0] == "search_replace" else lines
    patch = _form_outside(shown) in _PATCHES
    forms = [
        (start, end, _FAMILY.get(name, name))
        for start, end in fenced(shown)
        # What is indented may be a context line of a patch.
        if not (patch and lines[start][0] == " ") and (name := _first_marker("\n".join(lines[start:end]))[0])
    ]
    parts: dict[str, str] = {}
    for form in dict.fromkeys(form for _, _, form in forms):
        others = {at for start, end, other in forms if other != form for at in range(start, end)}
        parts[form] = "\n".join("" if at in others else line for at, line in enumerate(lines))
    rest = _blanked(lines, ((start, end) for start, end, _ in forms))
    outside = _first_marker(_blanked(shown, ((start, end) for start, end, _ in forms)))[0] or (
        "str_replace" if parts and tool_calls.first_call(rest) is not None else None
    )
    family = _FAMILY.get(outside or "", outside)
    return parts if family is None or family in parts else {family: rest, **parts}


def _without_blocks(lines: list[str]) -> list[str]:
    """Return lines without what stands between the marks of search/replace blocks, which is content."""
    content = search_replace.inside(lines)
    return ["" if at in content else line for at, line in enumerate(lines)]


def _form_outside(lines: list[str]) -> str | None:
    """Return the form of what stands outside of the fences, None when it has none."""
    return _first_marker(_blanked(lines, fenced(lines)))[0]


def _blanked(lines: list[str], spans: Iterable[tuple[int, int]]) -> str:
    hidden = {at for start, end in spans for at in range(start, end)}
    return "\n".join("" if at in hidden else line for at, line in enumerate(lines))


def _first_marker(text: str) -> tuple[str | None, int]:
    """Return the form of the first line that can only belong to one, and where that line begins."""
    lines = text.split("\n")
    offset = 0
    for at, line in enumerate(lines):
        if v4a.looks_like(line):
            return "apply_patch", offset
        if search_replace.looks_like(line):
            return "search_replace", offset
        if line.startswith("diff --git "):
            return "git_patch", offset
        if line.startswith(("--- ", "+++ ", "@@")) and _is_diff(lines, at):
            return "udiff", offset
        offset += len(line) + 1
    return None, offset


def _is_diff(lines: list[str], at: int) -> bool:
    following = next((lines[n] for n in range(at + 1, len(lines)) if lines[n].strip()), "")
    if lines[at].startswith("--- "):
        return following.startswith("+++ ")
    if lines[at].startswith("+++ "):
        return following.startswith("@@")
    body = takewhile(lambda line: not line.startswith("@@"), lines[at + 1 : at + 200])
    return any(line.startswith(("+", "-")) for line in body)


def normalised(response: str) -> str:
    """Return a response without what its way here did to it: CRLF on every line, a BOM or other invisible beginning."""
    text = _END_OF_TURN.sub(r"\1", out_of_string(_without_thoughts(response.lstrip("\ufeff\u200b\u2060"))))
    ends = text.count("\r\n")
    text = text.replace("\r\n", "\n") if ends and ends * 10 >= text.count("\n") * 9 else text
    if tagged_calls.first(text) is None:
        text = _TAGGED_SIDES.sub(r"<<<<<<< SEARCH\n\1=======\n\2>>>>>>> REPLACE", text)
    lines = _with_patches_at_the_margin(_out_of_its_fence(_at_the_margin(text.split("\n"))))
    text = "\n".join(lines)
    # Behind the sign of a patch's context line, and in a call's argument, a fence is content, and at the place where it stands.
    outside = _blanked(lines, fenced(lines))
    if _first_marker(outside)[0] in _PATCHES or tool_calls.first_call(outside) is not None:
        return text
    return "\n".join(dedented(lines, search_replace.inside(lines)))


def _without_thoughts(text: str) -> str:
    """Return a response without the thoughts that stand before its first edit, also those whose beginning is not in it."""
    while found := _THOUGHTS.search(text):
        if _holds_edit(text[: found.start()]):
            break
        text = text[: found.start()] + text[found.end() :]
    lines = text.split("\n")
    _refuse_open_thoughts(text)
    ends = [at for at, line in enumerate(lines) if _END_OF_THOUGHTS.match(line)]
    content = {at for start, end in fenced(lines) for at in range(start, end)} | search_replace.inside(lines)
    if len(ends) == 1 and ends[0] not in content and _OPENING_OF_THOUGHTS.search(text) is None:
        behind = "\n".join(lines[ends[0] + 1 :])
        return behind if _holds_edit(behind) else text
    return text


def _refuse_open_thoughts(text: str) -> None:
    """Refuse a response whose thoughts have no end: what looks like an edit in them may be a draft."""
    opened = _OPENED_THOUGHTS.search(text)
    if opened is not None and f"</{opened[1]}>" not in text and not _holds_edit(text[: opened.start()]):
        raise refused(
            f"the thoughts have no '</{opened[1]}>', so what stands in them may be a draft: the response may have been cut off",
            fix="end the thoughts before the edits, or send the edits alone",
        )


def _holds_edit(text: str) -> bool:
    return _first_marker(text)[0] is not None or any(map(fence_of, text.split("\n"))) or tool_calls.first_call(text) is not None


def _out_of_its_fence(lines: list[str]) -> list[str]:
    """Return the lines of a response without a fence around all of it, when files are named before fences inside."""
    fence = next((fence_of(line) for line in lines if line.strip()), None)
    inner = list(unfenced(tuple(lines))) if fence and fence.info in ("", "markdown", "md", "text") else lines
    first = next((line for line in inner if line.strip()), "")
    # What begins with a heading is a document, which may show files itself.
    named = path_in(first) or (not first.startswith(("#", "---")) and whole.names_files("\n".join(inner)))
    return inner if len(inner) < len(lines) and named and any(map(fence_of, inner)) else lines


def _at_the_margin(lines: list[str]) -> list[str]:
    """Return the lines of a response without what stands before each of them: colours, a mail's marks, an indentation."""
    if any(map(_COLOURED.match, lines)):
        lines = [_COLOUR.sub("", line) for line in lines]
    if any(map(_ESCAPED_MARK.match, lines)):
        lines = [without_entities(line) for line in lines]
    filled = [line for line in lines if line.strip()]
    if len(filled) > 1 and (all(map(_QUOTED.match, filled)) or _is_quoted_in_part(lines)):
        return _at_the_margin([_QUOTED.sub("", line, count=1) for line in lines])
    margin = min(map(indent_of, filled), key=len, default="")
    return [line.removeprefix(margin) for line in lines]


def _is_quoted_in_part(lines: list[str]) -> bool:
    """Whether the edits of a response stand in a quotation, behind words that are in none."""
    rest = "\n".join(line for line in lines if not _QUOTED.match(line))
    return any(map(_QUOTED_EDIT.match, lines)) and not _holds_edit(rest)


def _with_patches_at_the_margin(lines: list[str]) -> list[str]:
    """Return the lines of a response with its indented patches at the margin, when nothing there is of any form."""
    outermost = "\n".join(line if line[:1] not in (" ", "\t") else "" for line in lines)
    text = "\n".join(lines)
    other = _first_marker(outermost)[0] or whole.names_files(outermost) or tool_calls.first_call(text) is not None
    return lines if other or search_replace.inside(lines) else indented.at_margin(lines)


def _tool_calls(text: str) -> list[Edit]:
    return tool_calls.parse(text, _edits_of_patch)


def _edits_of_patch(text: str) -> list[Edit]:
    name = _first_marker(text)[0]
    return _PARSERS[name](text) if name else []


_THOUGHT_TAGS = r"think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis|antthinking"
_THOUGHTS = re.compile(rf"^[ \t]*<({_THOUGHT_TAGS})>.*?</\1>[ \t]*\n?", re.DOTALL | re.MULTILINE)
_OPENED_THOUGHTS = re.compile(rf"^[ \t]*<({_THOUGHT_TAGS})>", re.MULTILINE)
_OPENING_OF_THOUGHTS = re.compile(rf"<(?:{_THOUGHT_TAGS})>")
_END_OF_THOUGHTS = re.compile(rf"^</(?:{_THOUGHT_TAGS})>[ \t]*$")
_COLOUR = re.compile(r"\x1b\[[\d;]*[mK]")
_COLOURED = re.compile(r"^\x1b\[[\d;]*m[-+@<>]")
_ESCAPED_MARK = re.compile(r"^\s*(?:&lt;){5,9} ?[A-Z]")
_END_OF_TURN = re.compile(r"(^(?:`{3,}|~{3,}))(?:<\|\w+\|>|</s>)\s*\Z", re.MULTILINE)
"""What a model ends its turn with, behind the end of a fence."""
_QUOTED_EDIT = re.compile(r"^> ?(?:`{3}|<{5,9} |diff --git |\*{3} Begin Patch)")
_QUOTED = re.compile(r"^> ?")
_TAGGED_SIDES = re.compile(
    r"^<search>\n((?:(?!</?(?:search|replace)>).*\n)*+)</search>\n\n?"
    r"<replace>\n((?:(?!</?(?:search|replace)>).*\n)*+)</replace>[ \t]*$",
    re.MULTILINE,
)
_PATCHES = ("apply_patch", "udiff", "git_patch")
_FAMILY = {"git_patch": "udiff"}
_PARSERS: Mapping[str, Parser] = {
    "search_replace": search_replace.parse,
    "udiff": unified.parse,
    "git_patch": unified.parse,
    "apply_patch": v4a.parse,
    "str_replace": _tool_calls,
    "whole": whole.parse,
}
