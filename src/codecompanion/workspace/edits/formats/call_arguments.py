"""One tool call as an editor's dialect words it: which names its arguments may have, and what they hold."""

import re
from typing import Any, cast

Json = Any
Call = dict[str, Json]
"""One call: its arguments by normalised key, and under "" the name of the tool."""

PATH = (
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
OLD = (
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
    "originalcode",
    "existingcode",
    "currentcode",
    "findtext",
    "findstring",
    "oldblock",
    "oldsnippet",
    "oldvalue",
    "searchcontent",
    "originalblock",
    "originalsnippet",
    "originalstring",
    "texttoreplace",
    "stringtoreplace",
    "codetoreplace",
)
OLD_RARE = (
    "original",
    "originaltext",
    "originallines",
    "before",
    "target",
    "targetcontent",
    "oldlines",
    "pattern",
    "match",
    "current",
)
NEW = (
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
    "updatedcode",
    "improvedcode",
    "modifiedcode",
    "modifiedtext",
    "newblock",
    "newsnippet",
    "newvalue",
    "replacecontent",
    "replacestring",
    "replacementtext",
    "replacementcode",
    "updatedblock",
    "updatedsnippet",
    "updatedstring",
)
NEW_RARE = (
    "updated",
    "updatedtext",
    "updatedlines",
    "modified",
    "proposed",
    "after",
    "newlines",
    "replacementcontent",
    "newcontent",
    "inserttext",
)
FILE_TEXT = ("filetext", "filecontent", "filecontents")
"""Data that is no call hardly has these."""
TEXT = (
    *FILE_TEXT,
    "content",
    "contents",
    "text",
    "body",
    "code",
    "newcontent",
    "codecontent",
    "data",
)
EVERYWHERE = ("replaceall", "allowmultiple", "all", "global", "everywhere")
EXPECTED = ("expectedreplacements", "expectedoccurrences", "count")
INSERTED_LINE = ("insertline", "afterline", "insertafter")
LINE = (*INSERTED_LINE, "line", "linenumber")
RANGE = (
    "startline",
    "endline",
    "linestart",
    "lineend",
    "start",
    "end",
    "fromline",
    "toline",
    "linerange",
    "lines",
    "range",
    "startlinenumber",
    "endlinenumber",
)
"""Which lines are meant, by number alone."""
REMARKS = (
    "id",
    "reason",
    "description",
    "explanation",
    "instruction",
    "instructions",
    "comment",
    "message",
    "note",
    "thought",
    "force",
    "confirm",
)
"""What a call may say beside the file that it removes or moves: it asks for nothing else."""
TARGET = ("newpath", "destination", "destinationpath", "dest", "to", "newname", "targetpath", "newfilepath")
SOURCE = ("oldpath", "source", "sourcepath", "from", "src", "oldname")
PATCH = ("patch", "input", "diff", "patchtext", "cmd", "command", "unifieddiff")
NAMES = ("name", "command", "tool", "toolname", "action", "operation", "type", "function", "recipientname")
ARGUMENTS = ("arguments", "input", "parameters", "args", "params", "kwargs", "argumentsjson", "toolinput")
NESTED = (
    "edits",
    "toolcalls",
    "calls",
    "changes",
    "operations",
    "actions",
    "replacements",
    "replacementchunks",
    "strreplaceentries",
    "content",
    "functioncall",
    "function",
    "files",
    "message",
    "choices",
    "tooluses",
)
PATCH_TEXT = re.compile(r"^(?:\*{3} ?Begin Patch|diff --git |--- \S|@@|(?:<|-){5,9} ?\w)", re.MULTILINE)
TAGGED = "tagged"
"""The key that marks a call written in tags."""


def key_of(key: str) -> str:
    """Return a key as all dialects write it: its letters in lower case."""
    return re.sub(r"[^a-z]", "", key.lower())


def path_of(call: Call) -> str | None:
    """Return the path that a call names."""
    path = text_in(call, *PATH, *SOURCE)
    return None if path is None else path.strip()


def patch_in(call: Call) -> str | None:
    """Return the patch that a call hands over in place of arguments of its own, None when it does not."""
    for key in PATCH:
        value = call.get(key)
        words = cast("list[Json]", value) if isinstance(value, list) else [value]
        for word in words:
            if isinstance(word, str) and PATCH_TEXT.search(word):
                return word
    return None


def text_in(call: Call, *keys: str) -> str | None:
    """Return the text of the first of these arguments that a call has, a list of lines joined; None when it has none."""
    for key in keys:
        value = call.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(line, str) for line in cast("list[Json]", value)):
            return "\n".join(cast("list[str]", value))
    return None


def number_in(call: Call, *keys: str) -> int | None:
    """Return the whole number of the first of these arguments that a call has; None when it has none."""
    for key in keys:
        value = call.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value):
            return int(value)
    return None
