"""Paths as diffs write them: quoted, with octal escapes, with `a/` and `b/` before and a time behind."""

import re

from codecompanion.domain.quoted_paths import unquoted

_TIME = re.compile(
    r"(?:\t.*| +\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*| +\((?:revision|working copy|nonexistent).*|(?<=\w) +\([a-z ]+\))$"
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def header_path(text: str) -> str:
    """Return the path of a `---` or `+++` line, its prefix kept and its time dropped."""
    quoted = _QUOTED.match(text)
    return unquoted(quoted[0]) if quoted else _TIME.sub("", text).strip().strip("`*")


def git_pair(line: str) -> tuple[str | None, str | None]:
    """Return the old and the new path of a `diff --git` line, Nones when they cannot be told apart."""
    rest = line.removeprefix("diff --git ").strip()
    quoted = _QUOTED.findall(rest)
    if len(quoted) == 2:  # noqa: PLR2004 - old and new
        return unquoted(quoted[0]), unquoted(quoted[1])
    words = rest.split(" ")
    if len(words) == 2:  # noqa: PLR2004 - old and new
        return words[0], words[1]
    middle = len(rest) // 2  # the same path twice, with blanks in it
    old, new = rest[:middle], rest[middle + 1 :]
    return (old, new) if old[2:] == new[2:] else (None, None)


def without_prefix(path: str) -> str:
    """Return a path without the `a/`, `b/` or another single letter that diffs put before it."""
    return path[2:] if re.match(r"^[abciow12]/.", path) else path
