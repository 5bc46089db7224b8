"""Put the edits of a response into a mapping of files, all or none. Nothing here writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.draft import Draft
from codecompanion.workspace.edits.edit import Create, Delete, Edit, Hunk, Insert, Overwrite, Rename, SetMode, Swap
from codecompanion.workspace.edits.matching.readings import NUMBERS
from codecompanion.workspace.edits.overwriting import created, overwritten
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.refusal import EditRefused, refused
from codecompanion.workspace.edits.source_text import SourceText, decoded, encoded


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a file becomes. `before` None: it is new; `after` None: it is deleted.

    `source` is where it was moved or copied from and `origin` what it held there; `executable` None keeps what the file has.
    """

    path: str
    before: bytes | None
    after: bytes | None
    source: str | None = None
    origin: bytes | None = None
    executable: bool | None = None


@dataclass(slots=True)
class _Work:
    """The workspace while a response is applied."""

    places: Places
    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])
    results: dict[str, FileResult] = field(default_factory=dict[str, FileResult])


def apply_edits(edits: Sequence[Edit], places: Places) -> tuple[FileResult, ...]:
    """Return what the files become; an empty tuple when the response changes nothing.

    Raises:
        EditRefused: An edit does not fit, in exactly one place, what is there.
        PolicyRefused: An edit is of a file that is never written.
    """
    edits = _unrepeated(edits)
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


def _applied(edits: Iterable[Edit], places: Places, repair: str) -> _Work:
    work = _Work(places)
    later: list[Edit] = []
    for edit in edits:
        if isinstance(edit.action, Hunk) and all(line.sign == "+" for line in edit.action.lines):
            later.append(edit)  # nothing to find: what the other hunks show of the numbers decides
        else:
            _apply_one(work, edit, repair)
    for edit in later:
        _append(work, edit)
    return work


def _apply_one(work: _Work, edit: Edit, repair: str) -> None:
    match edit.action:
        case Hunk() | Swap() as block:
            _draft(work, edit).apply(block, edit.number, repair)
        case Insert() as insertion:
            _draft(work, edit).insert(insertion, edit.number)
        case Create() as creation:
            _create(work, edit, creation)
        case Overwrite() as overwrite:
            _overwrite(work, edit, overwrite)
        case Delete() as deletion:
            _delete(work, edit, deletion)
        case Rename() as rename:
            _rename(work, edit, rename)
        case SetMode(executable):
            path = _draft(work, edit).path
            work.results[path] = replace(_result(work, path), executable=executable)


def _append(work: _Work, edit: Edit) -> None:
    assert isinstance(edit.action, Hunk)
    hunk = edit.action
    starts = hunk.first_line in (None, 0, 1) and not hunk.scopes
    if edit.path is not None and starts and not _known(work, edit.path):
        _create(work, edit, Create("\n".join([*(line.text for line in hunk.lines), ""])))
        return
    _draft(work, edit).append_by_number(hunk, edit.number)


def _known(work: _Work, written: str) -> bool:
    try:
        return bool(work.places.existing(written, 0)) or written in work.drafts
    except EditRefused:
        return written in work.drafts


def _draft(work: _Work, edit: Edit) -> Draft:
    if edit.path is not None and (path := work.places.fresh(edit.path, edit.number)) in work.drafts:
        return work.drafts[path]
    path = work.places.existing(edit.path, edit.number)
    if path in work.results and work.results[path].after is None:
        raise refused(
            "an earlier block deletes or moves this file", number=edit.number, path=path, fix="leave one of the two out"
        )
    if path not in work.drafts:
        work.drafts[path] = Draft(path, SourceText.of(_text(work.places.files, path)))
    return work.drafts[path]


def _text(files: Mapping[str, bytes], path: str) -> str:
    text = decoded(files[path])
    if text is None:
        raise PolicyRefused(f"{path!r} is a binary file", fix="leave binary files out of the response")
    return text


def _create(work: _Work, edit: Edit, creation: Create) -> None:
    path = work.places.fresh(edit.path, edit.number, prefixed=edit.prefixed)
    text = created(path, creation.text, edit.number)
    if path in work.places.files:
        if _text(work.places.files, path).split() == text.split():
            return
        raise refused(
            "the file exists already" if _text(work.places.files, path) else "the file exists and is empty",
            number=edit.number,
            path=path,
            fix="send the changed lines with the unchanged ones around them, or the whole file in a fence",
        )
    if path in work.drafts:
        raise refused("an earlier block creates the file too", number=edit.number, path=path, fix="send the file once")
    _start(work, path, text, edit.number)
    work.results[path] = FileResult(path, None, b"", executable=creation.executable)


def _start(work: _Work, path: str, text: str, number: int) -> None:
    folder = path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if folder in work.places.files:
            raise refused(f"{folder!r} is a file, so nothing can be created in it", number=number, path=path)
    work.drafts[path] = Draft(path, SourceText.of(text), changed=True)


def _overwrite(work: _Work, edit: Edit, overwrite: Overwrite) -> None:
    path, before = overwritten(work.places, edit)
    if path in work.drafts:
        raise refused("an earlier block changes the file too", number=edit.number, path=path, fix="send the file once")
    if before is None:
        _start(work, path, created(path, overwrite.text, edit.number), edit.number)
        work.results[path] = FileResult(path, None, b"")
    else:
        work.drafts[path] = Draft(path, before, changed=True)


def _delete(work: _Work, edit: Edit, deletion: Delete) -> None:
    path = work.places.existing(edit.path, edit.number)
    if path in work.drafts:
        raise refused(
            "an earlier block changes the file that this one deletes",
            number=edit.number,
            path=path,
            fix="leave one of the two out",
        )
    before = work.places.files[path]
    if deletion.lines is not None:
        stated = [line.strip() for line in deletion.lines if line.strip()]
        if stated != [line.strip() for line in SourceText.of(_text(work.places.files, path)).lines if line.strip()]:
            raise refused(
                "the file holds other lines than the block deletes", number=edit.number, path=path, fix="read the file again"
            )
    work.results[path] = FileResult(path, before, None)


def _rename(work: _Work, edit: Edit, rename: Rename) -> None:
    source = work.places.existing(edit.path, edit.number)
    target = work.places.fresh(rename.target, edit.number)
    if target == source:
        return
    if target in work.places.files or target in work.drafts:
        raise refused(
            f"{target!r} exists already", number=edit.number, path=source, fix="choose another path, or delete it first"
        )
    if source in work.drafts and not rename.keep:
        work.drafts[target] = replace_path(work.drafts.pop(source), target)
    else:
        _start(work, target, _text(work.places.files, source), edit.number)
    before = work.places.files[source]
    if not rename.keep:
        work.results[source] = FileResult(source, before, None)
    work.results[target] = FileResult(target, None, b"", source=source, origin=before)


def replace_path(draft: Draft, path: str) -> Draft:
    """Return a draft under another path."""
    draft.path = path
    draft.changed = True
    return draft


def _result(work: _Work, path: str) -> FileResult:
    return work.results.get(path) or FileResult(path, work.places.files.get(path), b"")


def _results(work: _Work) -> Iterable[FileResult]:
    for path, draft in work.drafts.items():
        result = _result(work, path)
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
