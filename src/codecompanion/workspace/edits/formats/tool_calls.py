"""Tool calls of text editors, as JSON or tags, in the words of whichever tool the model has in mind."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Insert, Overwrite, Rename, Swap
from codecompanion.workspace.edits.formats import tagged_calls
from codecompanion.workspace.edits.formats.lenient_json import TooDeep, read_value
from codecompanion.workspace.edits.refusal import EditRefused, refused

Json = Any
Call = dict[str, Json]
"""One call: its arguments by normalised key, and under "" the name of the tool."""

_PATH = (
    "path",
    "file",
    "filepath",
    "filename",
    "targetfile",
    "absolutepath",
    "relativepath",
    "relativeworkspacepath",
    "uri",
    "pathinproject",
)
_OLD = (
    "oldstr",
    "oldstring",
    "oldtext",
    "oldcode",
    "oldcontent",
    "old",
    "search",
    "searchtext",
    "searchstring",
    "searchblock",
    "find",
)
_OLD_RARE = ("original", "originaltext", "before", "target", "targetcontent", "oldlines", "pattern", "match")
_NEW = (
    "newstr",
    "newstring",
    "newtext",
    "newcode",
    "new",
    "replace",
    "replacement",
    "replacewith",
    "replacetext",
    "replaceblock",
)
_NEW_RARE = ("updated", "updatedtext", "after", "newlines", "replacementcontent", "newcontent", "inserttext")
_TEXT = (
    "filetext",
    "content",
    "contents",
    "filecontent",
    "filecontents",
    "text",
    "body",
    "code",
    "newcontent",
    "codecontent",
    "data",
)
_EVERYWHERE = ("replaceall", "allowmultiple", "all", "global", "everywhere")
_EXPECTED = ("expectedreplacements", "expectedoccurrences", "count")
_LINE = ("insertline", "line", "linenumber", "afterline", "insertafter")
_TARGET = ("newpath", "destination", "destinationpath", "dest", "to", "newname", "targetpath", "newfilepath")
_SOURCE = ("oldpath", "source", "sourcepath", "from", "src", "oldname")
_PATCH = ("patch", "input", "diff", "patchtext", "cmd", "command", "unifieddiff")
_NAMES = ("name", "command", "tool", "toolname", "action", "operation", "type", "function", "recipientname")
_ARGUMENTS = ("arguments", "input", "parameters", "args", "params", "kwargs", "argumentsjson", "toolinput")
_NESTED = (
    "edits",
    "toolcalls",
    "calls",
    "changes",
    "operations",
    "actions",
    "replacements",
    "content",
    "functioncall",
    "function",
    "files",
    "message",
    "choices",
    "tooluses",
)
_STARTS_CALL = re.compile(
    r"""^[\[{\s]*["'](?:name|command|path|file\w*|type|function|tool\w*|edits|arguments|id|old_\w+|action)["']\s*:""",
    re.IGNORECASE,
)
_VERBS = re.compile("create|delete|remove|replace|insert|write|edit|rename|move|undo|patch|diff")
_OPENING = re.compile(r"(?:^|(?<=[>\s=:(]))[\[{]")
_PATCH_TEXT = re.compile(r"^(?:\*{3} ?Begin Patch|diff --git |--- \S|@@|(?:<|-){5,9} ?\w)", re.MULTILINE)
TAGGED = "tagged"
FIX = "send each call as one JSON object, whole and with every backslash, quote and newline inside a string escaped."


def parse(response: str, parse_patch: Callable[[str], list[Edit]]) -> list[Edit]:
    """Return the edits of the calls in a response; an empty list when there is none.

    Raises:
        EditRefused: A call is cut off, cannot be read, or lacks an argument.
    """
    edits: list[Edit] = []
    for number, call in enumerate(_calls(response), start=1):
        patch = _patch_in(call)
        if patch is not None:
            named, count = path_of(call), len(edits) + 1
            edits += (replace(edit, number=count + n, path=edit.path or named) for n, edit in enumerate(parse_patch(patch)))
        elif (action := _action(call, number)) is not None:
            edits.append(Edit(number, path_of(call), action))
    return edits


def path_of(call: Call) -> str | None:
    """Return the path that a call names."""
    path = _text(call, *_PATH, *_SOURCE)
    return None if path is None else path.strip()


def first_call(response: str) -> int | None:
    """Return where the first call begins that edits something, None when there is none that can be read."""
    tagged = tagged_calls.first(response)
    if tagged is not None:
        return tagged
    for value, start in _readable(response):
        if any(_edits_something(call) for call in _calls_in(value, {})):
            return start
    return None


def looks_cut_off(response: str) -> bool:
    """Whether a response holds the beginning of a call that cannot be read to its end."""
    try:
        return not all(True for _ in _values(response))
    except EditRefused:
        return True


def _edits_something(call: Call) -> bool:
    if _patch_in(call) is not None:
        return True
    named = _text(call, *_PATH, *_SOURCE) is not None
    swaps = _text(call, *_OLD) is not None and _text(call, *_NEW) is not None
    return named and (swaps or bool(_VERBS.search(_key(str(call.get("", ""))))))


def _calls(response: str) -> Iterator[Call]:
    tagged = list(tagged_calls.calls(response))
    if tagged:
        yield from ({**_normalised(name, arguments), TAGGED: True} for name, arguments in tagged)
        return
    for value in _values(response):
        yield from _calls_in(value, {})


def _values(text: str) -> Iterator[Json]:
    """Return the JSON values in a text that begin where a call can begin.

    Raises:
        EditRefused: What begins like a call cannot be read.
    """
    for value, start in _readable(text):
        if isinstance(value, ValueError):
            if _STARTS_CALL.match(text[start : start + 200]):
                raise _unreadable(text, value) from value
        else:
            yield value


def _readable(text: str) -> Iterator[tuple[Json, int]]:
    """Return each JSON object and array with its place; in the place of one that cannot be read, the error."""
    at = 0
    while found := _OPENING.search(text, at):
        try:
            value, at = read_value(text, found.start())
        except TooDeep as error:
            yield error, found.start()
            at = error.args[1]  # what is nested so deeply is no call, and looking at each bracket of it takes for ever
        except ValueError as error:
            yield error, found.start()
            at = found.end()
        else:
            if _is_container(value):
                yield value, found.start()


def _is_container(value: Json) -> bool:
    return isinstance(value, dict | list) and bool(cast("dict[str, Json] | list[Json]", value))


def _unreadable(text: str, error: ValueError) -> EditRefused:
    why, at = error.args if len(error.args) == 2 else (str(error), len(text))  # noqa: PLR2004 - what and where
    if at >= len(text.rstrip()):
        return refused("the tool call ends too early: the response may have been cut off", fix="send the whole call again")
    line = text.count("\n", 0, at) + 1
    near = text[max(at - 30, 0) : at + 30].replace("\n", "\\n")
    return refused("the tool call is no JSON", cause=f"Line {line} of the response: {why}, near {near!r}.", fix=FIX)


def _calls_in(value: Json, inherited: Call) -> Iterator[Call]:
    if isinstance(value, list):
        for item in cast("list[Json]", value):
            yield from _calls_in(item, inherited)
    elif isinstance(value, dict):
        yield from _calls_in_object(cast("dict[str, Json]", value), inherited)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        for inner in _values(value):
            yield from _calls_in(inner, inherited)


def _calls_in_object(value: Mapping[str, Json], inherited: Call) -> Iterator[Call]:
    keys = {_key(key): inner for key, inner in value.items()}
    name = next((keys[key] for key in _NAMES if isinstance(keys.get(key), str) and not _PATCH_TEXT.search(keys[key])), None)
    known = {**inherited, **({"": name} if name and name not in ("function", "tool_use", "tool_call") else {})}
    arguments = next((keys[key] for key in _ARGUMENTS if _holds_call(keys.get(key))), None)
    within = next((key for key in _NESTED if isinstance(keys.get(key), dict | list)), None)
    if arguments is not None:
        yield from _calls_in(arguments, known)
    elif within is not None:
        shared = {key: inner for key, inner in keys.items() if key in _PATH}
        named = {"": "write_file", **known} if within == "files" else known
        yield from _calls_in(keys[within], {**named, **shared})
    elif len(value) == 1 and isinstance(only := next(iter(value.values())), dict):
        yield from _calls_in(only, {**known, "": next(iter(value))})
    else:
        yield {**known, **keys, "": known.get("", "")}


def _holds_call(value: Json) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and value.lstrip()[:1] == "{")


def _normalised(name: str, arguments: Mapping[str, Json]) -> Call:
    return {"": name, **{_key(key): value for key, value in arguments.items()}}


def _key(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _patch_in(call: Call) -> str | None:
    for key in _PATCH:
        value = call.get(key)
        words = cast("list[Json]", value) if isinstance(value, list) else [value]
        for word in words:
            if isinstance(word, str) and _PATCH_TEXT.search(word):
                return word
    return None


def _action(call: Call, number: int) -> Action | None:
    verb = _key(str(call.get("", "")))
    path = path_of(call)
    old, new = _text(call, *_OLD, *_OLD_RARE), _text(call, *_NEW, *_NEW_RARE)
    target = _text(call, *_TARGET)
    text = _text(call, *_TEXT)
    if TAGGED in call and text is not None:
        text = tagged_calls.unwrapped(text)
    if path is None and old is None:
        return None  # what the model says beside its calls
    if "undo" in verb:
        raise refused(
            "undo is not possible here: nothing is kept of earlier edits",
            number=number,
            path=path,
            fix="send the edit that restores the text",
        )
    if "insert" in verb or (_number(call, *_LINE) is not None and old is None):
        return _insertion(call, number, path)
    if target is not None and old is None and text is None and re.search("rename|move|copy", verb):
        return Rename(target, keep="copy" in verb)
    if re.search("delete|remove|unlink", verb) and old is None:
        return Delete()
    if old is not None and not (text is not None and new is None):
        return _swap(call, number, path, old, new)
    return _content(verb, text, number, path)


def _content(verb: str, text: str | None, number: int, path: str | None) -> Action | None:
    if re.search("strreplace|replace|searchreplace", verb) and "file" not in verb:
        raise refused("the text to replace is missing", number=number, path=path, fix="send both 'old_str' and 'new_str'")
    if text is None:
        if re.search("create|write|save|edit", verb):
            raise refused("the content of the file is missing", number=number, path=path, fix="send the text as 'file_text'")
        return None  # looking at a file, running a command: no edit
    return Create(text) if re.search("create|new|add", verb) else Overwrite(text)


def _insertion(call: Call, number: int, path: str | None) -> Insert:
    line = _number(call, *_LINE)
    text = _text(call, *_NEW, *_NEW_RARE, *_TEXT)
    if line is None or text is None:
        raise refused("an insertion needs a line and a text", number=number, path=path, fix="send 'insert_line' and 'new_str'")
    return Insert(line, text)


def _swap(call: Call, number: int, path: str | None, old: str, new: str | None) -> Swap:
    if new is None:
        raise refused("the new text is missing", number=number, path=path, fix="send 'new_str' too; \"\" deletes the old text.")
    if any(str(call.get(key)).lower() == "true" for key in _EVERYWHERE):
        return Swap(old, new, sites=None)
    if TAGGED in call:
        return _tagged_swap(old, new)
    return Swap(old, new, sites=_number(call, *_EXPECTED) or 1)


def _tagged_swap(old: str, new: str) -> Swap:
    """Return a swap of texts that may begin and end with newlines of their tags; where the two differ in that, of lines."""
    same = (old[:1] == "\n", old[-1:] == "\n") == (new[:1] == "\n", new[-1:] == "\n")
    inner = tagged_calls.unwrapped(old), tagged_calls.unwrapped(new)
    return Swap(old, new, whole_lines=not same, others=() if inner == (old, new) else (inner,))


def _text(call: Call, *keys: str) -> str | None:
    for key in keys:
        value = call.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(line, str) for line in cast("list[Json]", value)):
            return "\n".join(cast("list[str]", value))
    return None


def _number(call: Call, *keys: str) -> int | None:
    for key in keys:
        value = call.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().isdigit():
            return int(value)
    return None
