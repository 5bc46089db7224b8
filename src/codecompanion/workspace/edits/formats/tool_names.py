"""Which tool the name of a call means: one that editors have, and none that only sounds like it, such as `delete_lines`."""

import re
from collections.abc import Mapping
from enum import Enum, auto


class Tool(Enum):
    """What a tool does to a file of which a call gives the path."""

    WRITE = auto()
    CREATE = auto()
    APPEND = auto()
    PREPEND = auto()
    INSERT = auto()
    DELETE = auto()
    MOVE = auto()
    COPY = auto()


_SPACE = re.compile(r"__|[./:]")
"""Between the names of a server, or of the list that a tool is in, and its own."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FILE = frozenset(
    (
        *("file", "files", "document", "path", "disk", "fs", "filesystem", "workspace", "project", "repo", "local", "builtin"),
        *("a", "an", "the", "to", "in", "into", "on", "at", "from", "by", "with", "and", "or", "tool", "editor"),
    )
)
"""What a name says beside the verb when a whole file is meant."""
_TEXT = _FILE | {
    "text",
    "content",
    "contents",
    "code",
    "source",
    "string",
    "str",
    "full",
    "whole",
    "entire",
    "complete",
    "existing",
}
_CREATES = frozenset(("create", "new", "add", "make"))
_WRITES = _CREATES | {
    *("write", "overwrite", "rewrite", "save", "put", "update", "edit", "modify", "change", "replace", "set", "upsert")
}
_INSERTS = frozenset(("insert", "add", "line", "lines", "after"))
_VERBS: Mapping[Tool, tuple[frozenset[str], frozenset[str]]] = {
    Tool.DELETE: (frozenset(("delete", "remove", "unlink", "rm", "del")), _FILE),
    Tool.MOVE: (frozenset(("rename", "move", "mv")), _FILE),
    Tool.COPY: (frozenset(("copy", "cp", "duplicate")), _FILE),
    Tool.APPEND: (frozenset(("append",)), _TEXT | {"line", "lines", "end", "of"}),
    Tool.PREPEND: (frozenset(("prepend",)), _TEXT | {"line", "lines"}),
    Tool.INSERT: (frozenset(("insert",)), _TEXT | _INSERTS),
    Tool.CREATE: (_CREATES, _TEXT | _WRITES),
    Tool.WRITE: (_WRITES | _TEXT, _TEXT),
}
"""The verbs of which a name has one, and the words that it may have beside them."""
_CHANGES = frozenset(word for verbs, _ in _VERBS.values() for word in verbs) - _TEXT
_KNOWN = "|".join(sorted(_WRITES.union(*(verbs | beside for verbs, beside in _VERBS.values())), key=len, reverse=True))
_WRITTEN_TOGETHER = re.compile(f"(?:{_KNOWN})+")


def tool_of(name: str) -> Tool | None:
    """Return what the tool of a name does to a file, None when none is known by that name."""
    words = _words(name)
    return next((tool for tool, (verbs, beside) in _VERBS.items() if words & verbs and words <= verbs | beside), None)


def sounds_like_a_change(name: str) -> bool:
    """Whether a tool changes something, as far as its name tells."""
    return not _CHANGES.isdisjoint(_words(name))


def changes_no_text(name: str) -> bool:
    """Whether a tool moves or removes something, so that old and new text are no lines of a file: `rename_symbol`."""
    return not _words(name).isdisjoint(_VERBS[Tool.MOVE][0] | _VERBS[Tool.DELETE][0])


def _words(name: str) -> frozenset[str]:
    """Return the words of a name without that of its server, also where known ones are written together."""
    own = [part for part in _SPACE.split(name) if _WORD.search(part)]
    words = [word.lower() for word in _WORD.findall(own[-1])] if own else []
    return frozenset(
        part for word in words for part in (re.findall(_KNOWN, word) if _WRITTEN_TOGETHER.fullmatch(word) else [word])
    )
