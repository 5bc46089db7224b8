"""Calls written as tags: `<invoke name=..>`, `<function=..>`, `<str_replace><path>..`, `<file path=..>`."""

import re
from collections.abc import Iterator

from codecompanion.workspace.edits.formats.fences import MARKDOWN, unfenced
from codecompanion.workspace.edits.refusal import refused

_INVOKE = re.compile(
    r"<(?:\w+:)?(?:invoke name|function|tool name|tool_call name|call name)\s*=\s*[\"']?(?P<name>[\w.-]+)[\"']?\s*>"
)
_PARAMETER = re.compile(r"<(?:\w+:)?(?:parameter name|parameter|arg name|param name)\s*=\s*[\"']?(?P<key>\w+)[\"']?[^>\n]*>")
_TOOL = re.compile(
    r"^[ \t]*<(?P<name>str_replace\w*|replace_in_file|search_replace|search_and_replace|edit_file|edit|apply_diff|write_to_file"
    r"|write_file|create_file|create|delete_file|delete|insert|rename_file|move_file|file(?=>\s*<(?:path|name|file_?path|filename)>))\s*>",
    re.MULTILINE,
)
_PAIRED = re.compile(r"<tool_call>\s*(?P<name>[\w.-]+)\s*(?=<arg_key>)")
_ARGUMENT = re.compile(r"\s*<arg_key>\s*(?P<key>\w+)\s*</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>", re.DOTALL)
_CHILD = re.compile(r"<(?P<key>[a-zA-Z_]\w*)>")
_CDATA = re.compile(r"\s*<!\[CDATA\[(?P<text>.*?)\]\]>\s*", re.DOTALL)
_WRAPPERS = ("args", "arguments", "parameters", "input", "file")
_FILE = re.compile(
    r"^[ \t]*<(?P<tag>file|code|document|source)\s+(?:path|name|file\w*|src)\s*=\s*[\"'](?P<path>[^\"']+)[\"'][^>\n]*>",
    re.MULTILINE,
)
_PAIR = re.compile(
    r"<(search|old|original|find)>(.*?)</\1>\s*<(replace|new|updated|replacement)>(.*?)</\3>", re.DOTALL | re.IGNORECASE
)
"""Both sides of an edit in the tag of their file."""
_ELEMENT = re.compile(f"{_TOOL.pattern}|{_FILE.pattern}", re.MULTILINE)


def first(response: str) -> int | None:
    """Return where the first call begins, None when there is none."""
    invoked = _INVOKE.search(response) if _PARAMETER.search(response) else None
    found = [one.start() for one in (invoked, _PAIRED.search(response), _ELEMENT.search(response)) if one]
    return min(found, default=None)


def calls(response: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the name and the arguments of each call.

    Raises:
        EditRefused: A tag is not closed.
    """
    if any(True for _ in _INVOKE.finditer(response)) and _PARAMETER.search(response):
        yield from _invocations(response)
    elif _PAIRED.search(response):
        yield from _paired(response)
    elif _ELEMENT.search(response):
        yield from _elements(response)


def _invocations(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    begun = list(_INVOKE.finditer(text))
    for found, end in zip(begun, [*(later.start() for later in begun[1:]), len(text)], strict=True):
        arguments: dict[str, str] = {}
        at = found.end()
        while parameter := _PARAMETER.search(text, at, end):
            close = re.compile(r"</(?:\w+:)?(?:parameter|arg|param)\s*>").search(text, parameter.end(), end)
            if close is None:
                raise _cut_off(parameter[0])
            arguments[parameter["key"]] = text[parameter.end() : close.start()]
            at = close.end()
        yield found["name"], arguments


def _paired(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for found in _PAIRED.finditer(text):
        arguments: dict[str, str] = {}
        at = found.end()
        while argument := _ARGUMENT.match(text, at):
            arguments[argument["key"]] = argument["value"]
            at = argument.end()
        if not text[at:].lstrip().startswith("</tool_call>"):
            raise _cut_off(found[0].strip())
        yield found["name"], arguments


def _elements(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    at = 0
    while found := _ELEMENT.search(text, at):
        named = found.groupdict()
        tag = named.get("name") or named.get("tag") or ""
        end = text.find(f"</{tag}>", found.end())
        if end < 0:
            raise _cut_off(found[0].strip())
        inside = _plain(text[found.end() : end])
        if named.get("path") and (pairs := _PAIR.findall(inside)):
            yield from (("edit", {"path": named["path"] or "", "search": old, "replace": new}) for _, old, _, new in pairs)
        elif named.get("path"):
            path = named["path"] or ""
            yield "write_file", {"path": path, "content": _file_text(path, unwrapped(inside))}
        else:
            yield tag, _children(inside)
        at = end


def pairs(text: str) -> list[tuple[str, str]]:
    """Return both sides of each edit when a text is nothing but such sides in tags, an empty list when it is more."""
    found = _PAIR.findall(text)
    return [] if _PAIR.sub("", text).strip() else [(old, new) for _, old, _, new in found]


def _children(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while child := _CHILD.search(text, at):
        close = text.find(f"</{child['key']}>", child.end())
        if close < 0:
            raise _cut_off(child[0])
        inside = _plain(text[child.end() : close])
        found |= _children(inside) if child["key"] in _WRAPPERS and _CHILD.match(inside.strip()) else {child["key"]: inside}
        at = close + len(child["key"]) + 3
    return found


def _plain(text: str) -> str:
    """Return what a section of character data holds, when a text is one."""
    found = _CDATA.fullmatch(text)
    return found["text"] if found else text


def _file_text(path: str, text: str) -> str:
    """Return the text of a file without a fence around it."""
    lines = tuple(text.split("\n"))
    inner = lines if path.lower().endswith(MARKDOWN) else unfenced(lines)
    return text if inner == lines else "\n".join([*inner, ""])


def unwrapped(text: str) -> str:
    """Return a text without the newline behind its opening tag, when there is one before the closing tag too."""
    return text[1:] if len(text) > 1 and text[0] == text[-1] == "\n" else text


def _cut_off(tag: str) -> Exception:
    return refused(f"the tag {tag} is not closed: the response may have been cut off", fix="send the whole call again")
