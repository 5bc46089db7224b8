"""Edits of a file as a whole: create, overwrite, delete, rename, copy."""

from dataclasses import replace

from codecompanion.workspace.edits.draft import Draft
from codecompanion.workspace.edits.edit import Create, Delete, Edit, Overwrite, Rename
from codecompanion.workspace.edits.overwriting import created, overwritten
from codecompanion.workspace.edits.refusal import refused
from codecompanion.workspace.edits.source_text import SourceText
from codecompanion.workspace.edits.work import FileResult, Work, begin, text_of


def create(work: Work, edit: Edit, creation: Create) -> None:
    """Make a new file, or find that it is there already. One that an earlier block deletes is overwritten.

    Raises:
        EditRefused: Another file is there, or its text is none.
    """
    path = work.places.fresh(edit.path, edit.number, prefixed=edit.prefixed)
    if _is_deleted(work, path):
        del work.results[path]
        overwriting = Overwrite(creation.text)
        overwrite(work, replace(edit, path=path, action=overwriting), overwriting)
        return
    text = created(path, creation.text, edit.number)
    if path in work.places.files:
        if text_of(work.places.files, path).split() == text.split():
            return
        raise refused(
            "the file exists already" if text_of(work.places.files, path) else "the file exists and is empty",
            number=edit.number,
            path=path,
            fix="send the changed lines with the unchanged ones around them, or the whole file in a fence",
        )
    if path in work.drafts:
        raise refused("an earlier block creates the file too", number=edit.number, path=path, fix="send the file once")
    begin(work, path, text, edit.number)
    work.results[path] = FileResult(path, None, b"", executable=creation.executable)


def _is_deleted(work: Work, path: str) -> bool:
    """Whether an earlier block deletes a file, and does not move it."""
    result = work.results.get(path)
    return result is not None and result.after is None and all(other.source != path for other in work.results.values())


def overwrite(work: Work, edit: Edit, overwriting: Overwrite) -> None:
    """Make a file what the response says it is, also one that is new.

    Raises:
        EditRefused: An earlier block changes it, or the text is an excerpt.
    """
    path, before = overwritten(work.places, edit)
    if path in work.drafts:
        raise refused("an earlier block changes the file too", number=edit.number, path=path, fix="send the file once")
    if before is None:
        begin(work, path, created(path, overwriting.text, edit.number), edit.number)
        work.results[path] = FileResult(path, None, b"")
    else:
        work.drafts[path] = Draft(path, before, changed=True)


def delete(work: Work, edit: Edit, deletion: Delete) -> None:
    """Remove a file.

    Raises:
        EditRefused: There is none, an earlier block changes it, or it holds other lines than the response says.
    """
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
        if stated != [line.strip() for line in SourceText.of(text_of(work.places.files, path)).lines if line.strip()]:
            raise refused(
                "the file holds other lines than the block deletes", number=edit.number, path=path, fix="read the file again"
            )
    work.results[path] = FileResult(path, before, None)


def rename(work: Work, edit: Edit, renaming: Rename) -> None:
    """Move or copy a file, with what earlier blocks made of it.

    Raises:
        EditRefused: There is none, or the target exists.
    """
    source = work.places.existing(edit.path, edit.number)
    target = work.places.fresh(renaming.target, edit.number)
    if target == source:
        return
    if target in work.places.files or target in work.drafts:
        raise refused(
            f"{target!r} exists already", number=edit.number, path=source, fix="choose another path, or delete it first"
        )
    if source in work.drafts and not renaming.keep:
        work.drafts[target] = _moved(work.drafts.pop(source), target)
    else:
        begin(work, target, text_of(work.places.files, source), edit.number)
    before = work.places.files[source]
    if not renaming.keep:
        work.results[source] = FileResult(source, before, None)
    work.results[target] = FileResult(target, None, b"", source=source, origin=before)


def _moved(draft: Draft, path: str) -> Draft:
    """Return a draft under another path."""
    draft.path = path
    draft.changed = True
    return draft
