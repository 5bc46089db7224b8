"""Tool calls of text editors, as JSON or tags, in the words of whichever tool the model has in mind."""

import re
from collections.abc import Callable
from dataclasses import replace

from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Insert, Overwrite, Rename, Swap
from codecompanion.workspace.edits.formats import tagged_calls
from codecompanion.workspace.edits.formats.call_arguments import (
    EVERYWHERE,
    EXPECTED,
    FILE_TEXT,
    INSERTED_LINE,
    LINE,
    NAMES,
    NEW,
    NEW_RARE,
    OLD,
    OLD_RARE,
    PATH,
    RANGE,
    REMARKS,
    SOURCE,
    TAGGED,
    TARGET,
    TEXT,
    Call,
    key_of,
    number_in,
    patch_in,
    path_of,
    text_in,
)
from codecompanion.workspace.edits.formats.call_values import calls, calls_in, readable, values
from codecompanion.workspace.edits.formats.fences import unfenced
from codecompanion.workspace.edits.formats.signed_lines import are_signed, hunk_of
from codecompanion.workspace.edits.formats.tool_names import Tool, changes_no_text, sounds_like_a_change, tool_of
from codecompanion.workspace.edits.refusal import EditRefused, refused
from codecompanion.workspace.edits.source_text import split_lines

_VERBS = re.compile("create|delete|remove|replace|insert|write|edit|rename|move|append|prepend|undo|patch|diff")
_EDITS = re.compile(
    "(?:str|string|search|text|file|multi|apply)*(?:and)?(?:replace|edit|insert|write|create|delete|patch|diff|update)"
    "(?:in|to|the|file|files|text|editor|tool|lines?|blocks?|content)*"
)
"""The name of a tool that does nothing but edit: what it was asked may not be passed over."""
_ALONE = re.compile(r"\s*(?:(?:```|~~~|<)[^\n]*\n\s*)?[\[{].*[\]}]\s*(?:(?:```|~~~|<)[^\n]*\s*)?", re.DOTALL)
"""A response of nothing but JSON, in a fence or a tag or without."""


def parse(response: str, parse_patch: Callable[[str], list[Edit]]) -> list[Edit]:
    """Return the edits of the calls in a response; an empty list when there is none.

    Raises:
        EditRefused: A call is cut off, cannot be read, or lacks an argument.
    """
    edits: list[Edit] = []
    for number, call in enumerate(calls(response), start=1):
        patch = patch_in(call)
        if patch is not None:
            named, count = path_of(call), len(edits) + 1
            edits += (replace(edit, number=count + n, path=edit.path or named) for n, edit in enumerate(parse_patch(patch)))
        elif (action := _action(call, number)) is not None:
            if isinstance(action, Overwrite) and _may_be_data(call) and not _ALONE.fullmatch(response):
                raise refused(
                    "the object names no tool, and stands among other words: it may be an example of data",
                    number=number,
                    path=path_of(call),
                    fix="send {'name': 'write_file', 'arguments': {'path': ..., 'content': ...}} as JSON; leave examples out",
                )
            edits.append(Edit(number, path_of(call), action))
    return edits


def _may_be_data(call: Call) -> bool:
    return not call.get("") and all(call.get(key) is None for key in FILE_TEXT)


def first_call(response: str) -> int | None:
    """Return where the first call begins that edits something, None when there is none that can be read."""
    tagged = tagged_calls.first(response)
    if tagged is not None:
        return tagged
    for value, start in readable(response):
        if any(_edits_something(call) for call in calls_in(value, {})):
            return start
    return None


def looks_cut_off(response: str) -> bool:
    """Whether a response holds the beginning of a call that cannot be read to its end."""
    try:
        return not all(True for _ in values(response))
    except EditRefused:
        return True


def _edits_something(call: Call) -> bool:
    if patch_in(call) is not None:
        return True
    named = text_in(call, *PATH, *SOURCE) is not None
    swaps = text_in(call, *OLD, *OLD_RARE) is not None and text_in(call, *NEW, *NEW_RARE) is not None
    writes = set(call) <= {"", *PATH, *TEXT, "language"} and text_in(call, *TEXT) is not None
    return named and (swaps or writes or bool(_VERBS.search(key_of(str(call.get("", ""))))))


def _action(call: Call, number: int) -> Action | None:
    name = str(call.get("", ""))
    path = path_of(call)
    old, new = text_in(call, *OLD, *OLD_RARE), text_in(call, *NEW, *NEW_RARE)
    text = text_in(call, *TEXT)
    if TAGGED in call and text is not None:
        text = tagged_calls.unwrapped(text)
    if path is None and old is None:
        if set(call) <= {"", TAGGED} and _EDITS.fullmatch(key_of(name)):
            raise refused("the arguments of the call cannot be read", number=number, fix="send 'path', 'old_str' and 'new_str'")
        return None  # what the model says beside its calls
    if "undo" in key_of(name):
        raise refused(
            "undo is not possible here: nothing is kept of earlier edits",
            number=number,
            path=path,
            fix="send the edit that restores the text",
        )
    tool = tool_of(name)
    if tool is Tool.INSERT or (number_in(call, *INSERTED_LINE) is not None and old is None):
        return _insertion(call, number, path)
    if old is not None and not (text is not None and new is None):
        if tool is None and changes_no_text(name):
            raise _no_tool(name, number, path)
        return _swap(call, number, path, old, new)
    if text is not None and any(call.get(key) is not None for key in (*RANGE, *LINE)):
        raise refused(
            "lines are named by their numbers alone, which may be those of another version of the file",
            number=number,
            path=path,
            fix="send the lines to replace as 'old_str' and the new ones as 'new_str'",
        )
    if tool in (Tool.DELETE, Tool.MOVE, Tool.COPY):
        return _whole_file(call, tool, number, path)
    return _content(call, text, number, path)


def _whole_file(call: Call, tool: Tool, number: int, path: str | None) -> Delete | Rename:
    """Return what removes, moves or copies a file, when the call asks for no more than that."""
    target = None if tool is Tool.DELETE else text_in(call, *TARGET)
    meant: set[str] = {"", TAGGED, *NAMES, *PATH, *SOURCE, *REMARKS, *(() if target is None else TARGET)}
    more = [key for key, value in call.items() if key not in meant and value is not False and value not in (None, "")]
    sources = [key for key in (*PATH, *SOURCE) if key in call]
    if more or len(sources) > 1:
        raise refused(
            f"beside the file the call {call['']!r} has {(more or sources)[-1]!r}, so it may be meant for a part of it",
            number=number,
            path=path,
            fix="send the lines to change as 'old_str' and 'new_str'; delete a file by its path alone, "
            "move it by 'old_path' and 'new_path'",
        )
    if target is None and tool is not Tool.DELETE:
        raise refused("the new path of the file is missing", number=number, path=path, fix="send it as 'new_path'")
    return Delete() if target is None else Rename(target, keep=tool is Tool.COPY)


def _content(call: Call, text: str | None, number: int, path: str | None) -> Action | None:
    name = str(call.get("", ""))
    tool = tool_of(name)
    if re.search("strreplace|replace|searchreplace", key_of(name)) and "file" not in key_of(name):
        raise refused("the text to replace is missing", number=number, path=path, fix="send both 'old_str' and 'new_str'")
    if text is None and not sounds_like_a_change(name):
        return None  # looking at a file, running a command: no edit
    if name and tool is None:
        raise _no_tool(name, number, path)
    if text is None:
        raise refused("the content of the file is missing", number=number, path=path, fix="send the text as 'file_text'")
    mode = str(call.get("mode") or "").lower()
    if tool is Tool.APPEND or mode in ("a", "append") or str(call.get("append")).lower() == "true":
        return hunk_of([f"+{line}" for line in split_lines(text)], at_end=True)
    if tool is Tool.PREPEND:
        return Insert(0, text)
    return Create(text) if tool is Tool.CREATE else Overwrite(text)


def _no_tool(name: str, number: int, path: str | None) -> EditRefused:
    return refused(
        f"there is no tool {name!r}",
        number=number,
        path=path,
        fix="change or delete lines with 'str_replace', and files with 'create', 'write', 'append', 'delete' or 'rename'",
    )


def _insertion(call: Call, number: int, path: str | None) -> Insert:
    line = number_in(call, *LINE)
    text = text_in(call, *NEW, *NEW_RARE, *TEXT)
    if line is None or text is None:
        raise refused("an insertion needs a line and a text", number=number, path=path, fix="send 'insert_line' and 'new_str'")
    return Insert(line, text)


def _swap(call: Call, number: int, path: str | None, old: str, new: str | None) -> Swap:
    if new is None:
        raise refused("the new text is missing", number=number, path=path, fix="send 'new_str' too; \"\" deletes the old text.")
    old, new = (side.replace("\r\n", "\n").removesuffix("\r") for side in (old, new))
    if any(str(call.get(key)).lower() == "true" for key in EVERYWHERE):
        return Swap(old, new, sites=None)
    if TAGGED in call:
        return _tagged_swap(old, new)
    sides = old.split("\n"), new.split("\n")
    inner = ["\n".join(unfenced(tuple(side))) for side in sides]
    others = [(inner[0], inner[1])] if inner[0] != old and inner[1] != new else []
    if are_signed(*sides):
        others.append(("\n".join(line[1:] for line in sides[0]), "\n".join(line[1:] for line in sides[1])))
    return Swap(old, new, sites=number_in(call, *EXPECTED) or 1, others=tuple(others))


def _tagged_swap(old: str, new: str) -> Swap:
    """Return a swap of texts that may begin and end with newlines of their tags; where the two differ in that, of lines."""
    same = (old[:1] == "\n", old[-1:] == "\n") == (new[:1] == "\n", new[-1:] == "\n")
    inner = tagged_calls.unwrapped(old), tagged_calls.unwrapped(new)
    return Swap(old, new, whole_lines=not same, others=() if inner == (old, new) else (inner,))
