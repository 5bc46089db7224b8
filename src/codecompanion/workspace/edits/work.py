"""The files of a workspace while a response is applied: what each one becomes so far. Nothing here writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.draft import Draft
from codecompanion.workspace.edits.edit import Edit
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.refusal import EditRefused, refused
from codecompanion.workspace.edits.source_text import SourceText, decoded


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
class Work:
    """The workspace while a response is applied."""

    places: Places
    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])
    results: dict[str, FileResult] = field(default_factory=dict[str, FileResult])


def known(work: Work, written: str) -> bool:
    """Return whether a path, as written, leads to a file that is there or that an earlier block made."""
    try:
        return bool(work.places.existing(written, 0)) or written in work.drafts
    except EditRefused:
        return written in work.drafts


def draft_of(work: Work, edit: Edit) -> Draft:
    """Return the draft of the file that an edit is of, begun when this is its first.

    Raises:
        EditRefused: There is no such file, or an earlier block deletes it.
        PolicyRefused: It is binary, or may not be written.
    """
    if edit.path is not None and (path := work.places.fresh(edit.path, edit.number)) in work.drafts:
        return work.drafts[path]
    path = work.places.existing(edit.path, edit.number)
    if path in work.results and work.results[path].after is None:
        raise refused(
            "an earlier block deletes or moves this file", number=edit.number, path=path, fix="leave one of the two out"
        )
    if path not in work.drafts:
        work.drafts[path] = Draft(path, SourceText.of(text_of(work.places.files, path)))
    return work.drafts[path]


def text_of(files: Mapping[str, bytes], path: str) -> str:
    """Return the text of a file.

    Raises:
        PolicyRefused: It is binary.
    """
    text = decoded(files[path])
    if text is None:
        raise PolicyRefused(f"{path!r} is a binary file", fix="leave binary files out of the response")
    return text


def begin(work: Work, path: str, text: str, number: int) -> None:
    """Begin the draft of a new file.

    Raises:
        EditRefused: A file stands where one of its folders would.
    """
    folder = path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if folder in work.places.files:
            raise refused(f"{folder!r} is a file, so nothing can be created in it", number=number, path=path)
    work.drafts[path] = Draft(path, SourceText.of(text), changed=True)


def result_of(work: Work, path: str) -> FileResult:
    """Return what a file becomes so far; `after` is filled in at the end."""
    return work.results.get(path) or FileResult(path, work.places.files.get(path), b"")
