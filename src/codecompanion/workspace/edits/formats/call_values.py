"""Finds the tool calls in a response: JSON values that begin where a call can, unwrapped of whatever holds them, or tags."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from codecompanion.workspace.edits.formats import tagged_calls
from codecompanion.workspace.edits.formats.call_arguments import (
    ARGUMENTS,
    NAMES,
    NESTED,
    NEW,
    NEW_RARE,
    OLD,
    OLD_RARE,
    PATCH,
    PATCH_TEXT,
    PATH,
    SOURCE,
    TAGGED,
    TARGET,
    TEXT,
    Call,
    Json,
    key_of,
)
from codecompanion.workspace.edits.formats.lenient_json import TooDeep, read_value
from codecompanion.workspace.edits.refusal import EditRefused, refused

_STARTS_CALL = re.compile(
    r"""[\[{\s]*+["'](?:name|command|path|file\w*|type|function|tool\w*|edits|arguments|id|old_\w+|action)["']\s*:""",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"[A-Za-z]_?(\d{1,3})$")
_QUOTED_TWICE = re.compile(r"""\s*"\s*[\[{]""")
_BRACES = re.compile(r"\{(?:\s*+\{)++")
"""Of several braces in a row only the last can begin an object."""
_BRACKETS = re.compile(r"[\[{\s]*+")
_OPENING = re.compile(r"(?:^|(?<=[>\s=:(]))[\[{]")
FIX = "send each call as one JSON object, whole and with every backslash, quote and newline inside a string escaped."


def calls(response: str) -> Iterator[Call]:
    """Return the calls of a response; those in tags count alone when there are any.

    Raises:
        EditRefused: What begins like a call cannot be read.
    """
    tagged = list(tagged_calls.calls(response))
    if tagged:
        yield from ({**_normalised(name, arguments), TAGGED: True} for name, arguments in tagged)
        return
    for value in values(response):
        yield from calls_in(value, {})


def values(text: str) -> Iterator[Json]:
    """Return the JSON values in a text that begin where a call can begin.

    Raises:
        EditRefused: What begins like a call cannot be read.
    """
    looked_at = 0
    for value, start in readable(text):
        if isinstance(value, ValueError):
            if start < looked_at:
                continue  # one of many brackets before the same word, which has been looked at
            if _STARTS_CALL.match(text, start):
                raise _unreadable(text, value) from value
            brackets = _BRACKETS.match(text, start)
            assert brackets
            looked_at = brackets.end()
        else:
            yield value


def readable(text: str) -> Iterator[tuple[Json, int]]:
    """Return each JSON object and array with its place; in the place of one that cannot be read, the error."""
    at = 0
    while found := _OPENING.search(text, at):
        if run := _BRACES.match(text, found.start()):
            yield ValueError("a name is missing", found.end()), found.start()
            at = run.end() - 1
            continue
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


def calls_in(value: Json, inherited: Call) -> Iterator[Call]:
    """Return the calls in a JSON value; `inherited` is what the values around it say of all of them.

    Raises:
        EditRefused: A string in it begins like a call and cannot be read.
    """
    if isinstance(value, list):
        for item in cast("list[Json]", value):
            yield from calls_in(item, inherited)
    elif isinstance(value, dict):
        yield from _calls_in_object(cast("dict[str, Json]", value), inherited)
    elif isinstance(value, str) and (inside := out_of_string(value)).lstrip()[:1] in ("{", "["):
        for inner in values(inside):
            yield from calls_in(inner, inherited)


def out_of_string(text: str) -> str:
    """Return a text without the quotes and escapes of a string, when it was made one twice; as it is when it was not."""
    if not _QUOTED_TWICE.match(text):
        return text
    try:
        inner, end = read_value(text, 0)
    except ValueError:
        return text
    return inner if isinstance(inner, str) and not text[end:].strip() else text


def _calls_in_object(value: Mapping[str, Json], inherited: Call) -> Iterator[Call]:
    if len(several := _by_number(value)) > 1:
        for one in several:
            yield from _calls_in_object(one, inherited)
        return
    keys = {key_of(key): inner for key, inner in value.items()}
    name = next((keys[key] for key in NAMES if isinstance(keys.get(key), str) and not PATCH_TEXT.search(keys[key])), None)
    known = {**inherited, **({"": name} if name and name not in ("function", "tool_use", "tool_call") else {})}
    arguments = next((keys[key] for key in ARGUMENTS if _holds_call(keys.get(key))), None)
    within = next(
        (key for key in NESTED if isinstance(keys.get(key), dict | list) or _is_list_of_calls(key, keys.get(key))), None
    )
    if arguments is not None:
        yield from list(calls_in(arguments, known)) or [known]
    elif within is not None:
        shared = {key: inner for key, inner in keys.items() if key in PATH}
        yield from list(calls_in(keys[within], {**known, **shared})) or [known]
    elif len(value) == 1 and isinstance(only := next(iter(value.values())), dict):
        yield from calls_in(only, {**known, "": next(iter(value))})
    elif not any(key in keys for key in (*PATH, *OLD, *OLD_RARE, *NEW, *NEW_RARE, *TEXT, *PATCH)) and not _moves(keys, known):
        # An envelope that no dialect has: what it holds may be calls.
        within_it = list(calls_in([inner for inner in value.values() if isinstance(inner, dict | list)], known))
        unread = any(isinstance(keys.get(key), str) for key in ARGUMENTS)
        yield from within_it or ([known] if unread else [])
    else:
        yield {**known, **keys, "": known.get("", "")}


def _moves(keys: Mapping[str, Json], known: Call) -> bool:
    """Whether a call moves or copies a file: it names two, and none of them as the one it changes."""
    named = any(key in keys for key in SOURCE) and any(key in keys for key in TARGET)
    return named and re.search("rename|move|copy", key_of(str(known.get("", "")))) is not None


def _by_number(value: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return an object for each number behind its keys, as in `old_str_1` and `old_str_2`, with what has none in each."""
    numbered = {key: found[1] for key in value if (found := _NUMBERED.search(key))}
    shared = {key: inner for key, inner in value.items() if key not in numbered}
    numbers = dict.fromkeys(numbered.values())
    return [shared | {key: value[key] for key, other in numbered.items() if other == number} for number in numbers]


def _holds_call(value: Json) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and re.match(r'\s*"?\s*\{', value) is not None)


def _is_list_of_calls(key: str, value: Json) -> bool:
    """Whether an argument that is a list in all dialects came as the text of one."""
    return key in ("edits", "changes", "replacements") and isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def _normalised(name: str, arguments: Mapping[str, Json]) -> Call:
    return {"": name, **{key_of(key): value for key, value in arguments.items()}}
