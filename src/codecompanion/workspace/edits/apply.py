"""Put the edits of a response into a mapping of files, all or none. Nothing here writes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from codecompanion.workspace.edits.blocks import changed_lines, single_signed
from codecompanion.workspace.edits.edit import Action, Create, Delete, Edit, Hunk, Insert, Overwrite, Rename, SetMode, Swap
from codecompanion.workspace.edits.file_actions import create, delete, overwrite, rename
from codecompanion.workspace.edits.matching.readings import NUMBERS
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.reasons import no_code_any_more
from codecompanion.workspace.edits.refusal import EditRefused, refused
from codecompanion.workspace.edits.rereading import rereadings
from codecompanion.workspace.edits.source_text import SourceText, encoded
from codecompanion.workspace.edits.syntax import broken_line, has_macros
from codecompanion.workspace.edits.work import FileResult, Work, draft_of, known, result_of


def apply_edits(edits: Sequence[Edit], places: Places) -> tuple[FileResult, ...]:
    """Return what the files become; an empty tuple when the response changes nothing.

    Raises:
        EditRefused: An edit does not fit, in exactly one place, what is there; or a file cannot be parsed any more.
        PolicyRefused: An edit is of a file that is never written.
    """
    results = _single_signed(edits, places)
    broken = _broken(results)
    if not broken:
        return results
    for other in rereadings(edits):
        try:
            reread = _apply(other, places)
        except EditRefused:
            continue
        if not _broken(reread):
            return reread
    for result, line in broken:
        if not has_macros(result.path):
            raise no_code_any_more(result.path, SourceText.of((result.after or b"").decode("utf-8", "replace")).lines, line)
    return results


def _broken(results: Iterable[FileResult]) -> list[tuple[FileResult, int]]:
    """Return the files that were of their language and are not any more, each with the line where that shows."""
    return [(result, line) for result in results if (line := broken_line(result)) is not None]


def _single_signed(edits: Sequence[Edit], places: Places) -> tuple[FileResult, ...]:
    single = single_signed(edits)
    if single == list(edits):
        return _apply(edits, places)
    if any(line.sign == "-" for line in changed_lines(edits)):
        try:
            return _apply(edits, places)  # the lines that go tell whether the second sign is theirs
        except EditRefused:
            pass
    return _apply(single, places)


def _apply(edits: Sequence[Edit], places: Places) -> tuple[FileResult, ...]:
    edits = _unrepeated(edits)
    _refuse_choices(edits)
    work = _applied(edits, places, "")
    repairs = {repair for draft in work.drafts.values() for repair in draft.repairs if repair not in NUMBERS}
    if len(repairs) == 1:
        # A response that is escaped in one place is escaped in all of them, also where the old lines do not show it.
        work = _applied(edits, places, repairs.pop())
    return tuple(_results(work))


def _unrepeated(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits without those that say the same again."""
    seen: set[tuple[str | None, object]] = set()
    kept: list[Edit] = []
    for edit in edits:
        same = (edit.path, edit.action)
        if same not in seen or isinstance(edit.action, Insert):
            kept.append(edit)
        seen.add(same)
    return kept


def _refuse_choices(edits: Iterable[Edit]) -> None:
    """Refuse two blocks that look for the same lines and put different ones there: the model offers a choice."""
    seen: dict[tuple[object, ...], int] = {}
    for edit in edits:
        sought = _sought(edit.action)
        if sought is not None and not _changes_nothing(edit.action):
            other = seen.setdefault((edit.path, *sought), edit.number)
            if other != edit.number:
                raise refused(
                    f"block {other} looks for the same lines, and puts others there",
                    number=edit.number,
                    path=edit.path,
                    fix="send one block for these lines; if both places are meant, add unchanged lines around each",
                )


def _changes_nothing(action: Action) -> bool:
    """Whether both sides of an edit are the same: it may show the lines that another one changes."""
    if isinstance(action, Swap):
        return action.old == action.new
    return isinstance(action, Hunk) and all(line.sign == " " for line in action.lines)


def _sought(action: Action) -> tuple[object, ...] | None:
    """Return what tells which lines an edit looks for, None when it looks for none of its own."""
    if isinstance(action, Swap):
        return (action.old, action.first_line) if action.sites == 1 and action.old.strip() else None
    if not isinstance(action, Hunk):
        return None
    old = tuple(line.text for line in action.lines if line.sign != "+")
    return (old, action.first_line, action.scopes) if any(map(str.strip, old)) else None


def _applied(edits: Iterable[Edit], places: Places, repair: str) -> Work:
    work = Work(places)
    later: list[Edit] = []
    for edit in edits:
        if isinstance(edit.action, Hunk) and all(line.sign == "+" for line in edit.action.lines):
            later.append(edit)  # nothing to find: what the other hunks show of the numbers decides
        else:
            _apply_one(work, edit, repair)
    for edit in later:
        _append(work, edit)
    return work


def _apply_one(work: Work, edit: Edit, repair: str) -> None:
    match edit.action:
        case Swap(old="", new=text) if edit.path is not None and text.strip() and not known(work, edit.path):
            create(work, edit, Create(text))  # how some tools are asked for a new file
        case Hunk() | Swap() as block:
            draft_of(work, edit).apply(block, edit.number, repair)
        case Insert() as insertion:
            draft_of(work, edit).insert(insertion, edit.number)
        case Create() as creation:
            create(work, edit, creation)
        case Overwrite() as overwriting:
            overwrite(work, edit, overwriting)
        case Delete() as deletion:
            delete(work, edit, deletion)
        case Rename() as renaming:
            rename(work, edit, renaming)
        case SetMode(executable):
            path = draft_of(work, edit).path
            work.results[path] = replace(result_of(work, path), executable=executable)


def _append(work: Work, edit: Edit) -> None:
    assert isinstance(edit.action, Hunk)
    hunk = edit.action
    starts = hunk.first_line in (None, 0, 1) and not hunk.scopes
    if edit.path is not None and starts and not known(work, edit.path):
        create(work, edit, Create("\n".join([*(line.text for line in hunk.lines), ""])))
        return
    draft_of(work, edit).append_by_number(hunk, edit.number)


def _results(work: Work) -> Iterable[FileResult]:
    for path, draft in work.drafts.items():
        result = result_of(work, path)
        after = encoded(draft.finished().text)
        if after is None or b"\0" in after:
            raise refused("its new lines hold a character that cannot be written", path=path, fix="send the lines without it")
        if result.before and not after.strip():
            raise refused("the file would be empty", path=path, fix="delete the file if that is meant")
        if after != result.before or result.executable is not None:
            yield replace(result, after=after)
    for path, result in work.results.items():
        if path not in work.drafts:
            yield result
