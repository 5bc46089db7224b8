"""Whole files: which one is meant, and whether the text really is all of it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from textwrap import dedent

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.edit import Edit, Overwrite
from codecompanion.workspace.edits.entities import without_entities
from codecompanion.workspace.edits.excerpts import is_excerpt, is_foreign
from codecompanion.workspace.edits.formats.fences import MARKDOWN
from codecompanion.workspace.edits.line_diff import changes_between
from codecompanion.workspace.edits.matching.line_numbers import is_numbered
from codecompanion.workspace.edits.matching.placeholders import is_placeholder
from codecompanion.workspace.edits.matching.readings import NUMBERS, REPAIRS
from codecompanion.workspace.edits.matching.tolerance import typographic
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.refusal import EditRefused, refused
from codecompanion.workspace.edits.source_text import SourceText, Splice, decoded

SAME_FILE = 0.5
ALMOST_THE_SAME = 0.8
TABS = (4, 2, 8)
"""Blanks that a tab is shown with, the most usual first."""


_MARK = re.compile(
    r"^(?:\W{0,4}[<-]{3,20}|&lt;&lt;&lt;)\W{0,3}(?:SEARCH|ORIGINAL|FIND)\b|^\W{0,4}[>+]{3,20}\W{0,3}(?:REPLACE|UPDATED?)\b"
    r"|^[^\w\s#/]{3,20} ?(?:SEARCH|REPLACE)\b|^(?:SEARCH|REPLACE)(?: BLOCK)?:\s*$|^(?:<{7}|>{7}|\|{7}|%{7}) \S"
)
"""A mark of a search/replace block, in whatever way a model has damaged it, or of a conflict."""


def created(path: str, text: str, number: int) -> str:
    """Return the text of a new file.

    Raises:
        EditRefused: It is empty though empty files are rare, or a line of it stands for code.
    """
    if not text.strip() and not path.endswith(("__init__.py", ".gitkeep", ".keep", "py.typed", ".nojekyll")):
        raise refused("the new file has no content", number=number, path=path, fix="send its lines")
    _refuse_placeholders(path, SourceText.of(text).lines, (), number)
    return text


def overwritten(places: Places, edit: Edit) -> tuple[str, SourceText | None]:
    """Return the path of a file that is sent as a whole, and its new text; None when there is no such file yet.

    Raises:
        EditRefused: It is not told which file is meant, or the text is not all of it.
        PolicyRefused: The file is never written.
    """
    assert isinstance(edit.action, Overwrite)
    path = _meant(places, edit, edit.action.text)
    if path not in places.files:
        _refuse_words_as_name(places, edit, path)
        return path, None
    text = decoded(places.files[path])
    if text is None:
        raise PolicyRefused(f"{path!r} is a binary file", fix="leave binary files out of the response")
    return path, _new_text(SourceText.of(text), edit.action, path, edit.number)


def _refuse_words_as_name(places: Places, edit: Edit, path: str) -> None:
    """Refuse words as the name of a new file: a folder with blanks that there is not, or a first line that may be code.

    No file has such an ending as code has, as in `result.value`.
    """
    assert isinstance(edit.action, Overwrite)
    folder = path.partition("/")[0]
    if edit.action.bare and " " in folder.strip() and not any(other.startswith(f"{folder}/") for other in places.files):
        raise refused(
            f"there is no folder {folder!r}: {path!r} may be words and a path",
            number=edit.number,
            fix="write the path of the file alone on the line before the fence",
        )
    name = edit.action.heading.strip().strip("*`:")
    ending = PurePosixPath(path).suffix or path
    if name == edit.path and ("/" not in path or not any(other.endswith(ending) for other in places.files)):
        raise refused(
            f"the fence names no file, and its first line, {name!r}, may be code",
            number=edit.number,
            fix="write the path of the file on the line before the fence",
        )


def _meant(places: Places, edit: Edit, text: str) -> str:
    if edit.path is None:
        path = places.existing(None, edit.number)
        if _share(text, _read(places, path), of=max) < SAME_FILE:
            raise refused(
                "the fence names no file", number=edit.number, fix="write the path of the file on the line before the fence"
            )
        return path
    path = places.fresh(edit.path, edit.number)
    if path in places.files:
        return path
    found = _existing(places, edit)
    if found is not None and _share(text, _read(places, found)) >= SAME_FILE:
        return found
    alike = next((other for other in places.similar(path) if _share(text, _read(places, other)) >= ALMOST_THE_SAME), None)
    if alike is None and (inner := places.behind_a_new_folder(path)) is not None:
        raise refused(
            f"there is no folder {path.removesuffix(f'/{inner}')!r}, but a file {inner!r}",
            number=edit.number,
            fix=f"send it with the path {inner!r}, or create the new file by a diff or a call",
        )
    if alike is None:
        return path
    raise refused(
        f"there is no file {path!r}, and its text is that of {alike!r}",
        number=edit.number,
        fix=f"send it with the path {alike!r}.",
    )


def _existing(places: Places, edit: Edit) -> str | None:
    try:
        return places.existing(edit.path, edit.number)
    except EditRefused as error:
        if "can be" in error.what:
            raise
        return None


def _read(places: Places, path: str) -> str:
    return decoded(places.files[path]) or ""


def _share(text: str, other: str, of: Callable[[int, int], int] = min) -> float:
    """Return which part of the lines of two texts is in both, 0 to 1: of the shorter text, or with `of=max` of the longer."""
    one, two = (Counter(line.strip() for line in SourceText.of(each).lines if line.strip()) for each in (text, other))
    lines = of(one.total(), two.total())
    return (one & two).total() / lines if lines else 0.0


def _new_text(before: SourceText, overwrite: Overwrite, path: str, number: int) -> SourceText:
    text = overwrite.text.replace("\r\n", "\n")
    if overwrite.heading and before.lines[:1] == (overwrite.heading,):
        text = f"{overwrite.heading}\n{text}"  # it names the file in the file itself
    after = SourceText.of(_mended(before, text))
    if before.text.strip() and not after.text.strip():
        raise refused(
            "the file would be empty", number=number, path=path, fix="send its lines, or delete the file if that is meant"
        )
    _refuse_placeholders(path, after.lines, before.lines, number)
    if is_excerpt(before.lines, after.lines) or (overwrite.bare and is_foreign(before.lines, after.lines)):
        raise refused(
            f"only {len(after.lines)} of {len(before.lines)} lines came, and no end or beginning of the file: "
            "it looks like an excerpt",
            number=number,
            path=path,
            fix="send the whole file, or delete lines by an edit that shows them",
        )
    if overwrite.goes_on and not _has_both_ends(before.lines, after.lines):
        raise refused(
            "the response says in words that the rest of the file stays, and its text is not all of it",
            number=number,
            path=path,
            fix="send the whole file, or only the changed lines as an edit",
        )
    lines = _without_margins(before.lines, after.lines) if overwrite.bare else after.lines
    ended = _final_newline(before, after, overwrite)
    # What stays keeps the line end that it has.
    splices = [Splice(a, b, tuple(lines[c:d])) for a, b, c, d in changes_between(before.lines, lines)]
    return before.spliced(splices, final_newline=ended)


def _has_both_ends(before: Sequence[str], after: Sequence[str]) -> bool:
    old, new = ([line.strip() for line in side if line.strip()] for side in (before, after))
    return len(new) >= len(old) or {*old[:1], *old[-1:]} <= set(new)


def _without_margins(before: Sequence[str], after: Sequence[str]) -> Sequence[str]:
    """Return new lines without the blank ones that a model puts between them and their fence, where the file has none."""
    first, last = 0, len(after)
    while before and before[0].strip() and first + 1 < last and not after[first].strip():
        first += 1
    while before and before[-1].strip() and last > first + 1 and not after[last - 1].strip():
        last -= 1
    return after[first:last]


def _final_newline(before: SourceText, after: SourceText, overwrite: Overwrite) -> bool:
    return before.final_newline if overwrite.bare else after.final_newline or before.final_newline


def _mended(before: SourceText, text: str) -> str:
    """Return the text without entities, curled quotes, numbers or another indentation when only so its lines are the file's."""
    known = Counter(before.lines)
    numbered = [REPAIRS[name](text) for name in NUMBERS] if is_numbered(text) else []
    plain = "\n".join(map(typographic, text.split("\n")))
    indented = [dedent(text), *(_tabbed(text, width) for width in TABS), *(text.expandtabs(width) for width in TABS)]
    return max(
        (text, without_entities(text), plain, *numbered, *indented),
        key=lambda each: (Counter(each.split("\n")) & known).total(),
    )


def _tabbed(text: str, width: int) -> str:
    """Return a text with a tab in the place of so many blanks at the beginning of its lines."""
    return re.sub(
        r"^ +", lambda found: "\t" * (len(found[0]) // width) + " " * (len(found[0]) % width), text, flags=re.MULTILINE
    )


def _refuse_placeholders(path: str, lines: Sequence[str], known: Sequence[str], number: int) -> None:
    old = set(map(str.strip, known))
    mark = next((line for line in lines if _MARK.match(line) and line.strip() not in old), None)
    begins = mark is not None and mark == next(filter(str.strip, lines), None)  # a document may show such blocks
    if mark is not None and (begins or not path.lower().endswith(MARKDOWN)):
        raise refused(
            f"{mark.strip()!r} is no line of a file but a mark of an edit that cannot be read",
            number=number,
            path=path,
            fix="write the marks of each block as '<<<<<<< SEARCH', '=======' and '>>>>>>> REPLACE'.",
        )
    python = path.endswith((".py", ".pyi"))
    for at, line in enumerate(lines):
        if line.strip() not in old and is_placeholder(line, python=python):
            raise refused(
                f"line {at + 1} of the file, {line.strip()!r}, stands for code that is left out",
                number=number,
                path=path,
                fix="send every line of the file, or only the changed lines as an edit",
            )
