"""A change of files as a git patch, and what it counts."""

from collections.abc import Iterator, Sequence

from codecompanion.domain.artifacts import FileChange
from codecompanion.workspace.edits.line_diff import Change, changes_between
from codecompanion.workspace.edits.work import FileResult

CONTEXT = 3
_REGULAR, _EXECUTABLE = "100644", "100755"


def unified(results: Sequence[FileResult]) -> str:
    """Return a patch that `git apply` takes."""
    return "".join(map(_section, _paired(results)))


def changes(results: Sequence[FileResult]) -> tuple[FileChange, ...]:
    """Return each file with what happened to it and how many lines its diff adds and removes."""
    return tuple(map(_change, _paired(results)))


def _paired(results: Sequence[FileResult]) -> list[FileResult]:
    """Return the results in order of their paths, without the sources of what was moved."""
    removed = {result.path: result.before for result in results if result.after is None}
    moved = {result.source for result in results if result.source in removed}
    kept = [result for result in results if not (result.after is None and result.path in moved)]
    return sorted(kept, key=lambda result: result.path)


def _change(result: FileResult) -> FileChange:
    rows = [row for hunk in _hunks(result) for row in hunk[1:]]
    action = (
        "renamed" if result.source else "added" if result.before is None else "deleted" if result.after is None else "modified"
    )
    added, removed = (sum(row.startswith(sign) for row in rows) for sign in "+-")
    return FileChange(path=result.path, action=action, lines_added=added, lines_removed=removed)


def _section(result: FileResult) -> str:
    old, new = result.source or result.path, result.path
    rows = [f"diff --git {_quoted(f'a/{old}')} {_quoted(f'b/{new}')}", *_extended(result)]
    hunks = list(_hunks(result))
    if hunks:
        rows.append("--- " + ("/dev/null" if _begins(result) is None else _quoted(f"a/{old}")))
        rows.append("+++ " + ("/dev/null" if result.after is None else _quoted(f"b/{new}")))
    return "\n".join([*rows, *(row for hunk in hunks for row in hunk), ""])


def _extended(result: FileResult) -> Iterator[str]:
    if result.source:
        yield from (f"rename from {_quoted(result.source)}", f"rename to {_quoted(result.path)}")
    elif result.before is None:
        yield f"new file mode {_EXECUTABLE if result.executable else _REGULAR}"
    elif result.after is None:
        yield f"deleted file mode {_REGULAR}"
    elif result.executable is not None:
        modes = (_REGULAR, _EXECUTABLE) if result.executable else (_EXECUTABLE, _REGULAR)
        yield from (f"old mode {modes[0]}", f"new mode {modes[1]}")


def _begins(result: FileResult) -> bytes | None:
    return result.origin if result.source else result.before


def _hunks(result: FileResult) -> Iterator[list[str]]:
    old, new = _rows(_begins(result) or b""), _rows(result.after or b"")
    for group in _grouped(changes_between(old, new)):
        yield _hunk(group, old, new)


def _grouped(found: Sequence[Change]) -> Iterator[list[Change]]:
    """Return the changes that share a hunk, because hardly a line lies between them."""
    group: list[Change] = []
    for change in found:
        if group and change[0] - group[-1][1] > 2 * CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(group: Sequence[Change], old: Sequence[str], new: Sequence[str]) -> list[str]:
    before = min(group[0][0], CONTEXT)
    start, end = group[0][0] - before, min(group[-1][1] + CONTEXT, len(old))
    rows: list[str] = []
    at = start
    for a, b, c, d in group:
        rows += (f" {row}" for row in old[at:a])
        rows += (f"-{row}" for row in old[a:b])
        rows += (f"+{row}" for row in new[c:d])
        at = b
    rows += (f" {row}" for row in old[at:end])
    new_start = group[0][2] - before
    new_end = group[-1][3] + end - group[-1][1]
    return [f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@", *rows]


def _range(start: int, end: int) -> str:
    length = end - start
    begin = start + (1 if length else 0)
    return str(begin) if length == 1 else f"{begin},{length}"


def _rows(content: bytes) -> list[str]:
    text = content.decode("utf-8", "surrogateescape")
    rows = text.split("\n")
    last = rows.pop()
    return [*rows, f"{last}\n\\ No newline at end of file"] if last else rows


def _quoted(path: str) -> str:
    raw = path.encode("utf-8", "surrogateescape")
    if path.isascii() and path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    return '"' + "".join(_escaped(byte) for byte in raw) + '"'


def _escaped(byte: int) -> str:
    if byte in (0x22, 0x5C):
        return f"\\{chr(byte)}"
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"  # noqa: PLR2004 - what ASCII can print
