"""Apply what a model wrote: read it in any form, find the one place of each edit, write all files or none.

docs/EDITS.md tells which forms are read and what is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.domain.artifacts import FileChange
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.workspace.edits.apply import apply_edits
from codecompanion.workspace.edits.detect import FORMATS, normalised, read_edits
from codecompanion.workspace.edits.folder_files import FolderFiles
from codecompanion.workspace.edits.passed_over import refuse_passed_over
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.refusal import EditRefused, message_of, refused
from codecompanion.workspace.edits.rendering import changes, unified
from codecompanion.workspace.edits.withdrawn import refuse_withdrawn
from codecompanion.workspace.edits.work import FileResult
from codecompanion.workspace.edits.write import write_results

__all__ = ["FORMATS", "Applied", "EditRefused", "apply_response", "change_of", "write"]

LARGEST = 2_000_000
"""In characters. No model writes so much at once, and reading what is made to be slow to read must end soon."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a response does to a folder: each file, and all of it as a patch that `git apply` takes."""

    results: tuple[FileResult, ...]
    files_changed: tuple[FileChange, ...]
    diff_unified: str


def change_of(root: Path, response: str, fmt: str | None = None, chat_files: Sequence[str] = ()) -> Applied:
    """Return what a response does to the files of a folder; nothing is written.

    Args:
        root: The folder; it need not be a repository.
        response: What the model wrote, prose and all.
        fmt: One of `FORMATS`, None to detect it.
        chat_files: The files that the model was shown, relative to the folder.

    Raises:
        BadInput: There is no such folder or format.
        EditRefused: The response has no edit, or one that fits nowhere or in several places.
        PolicyRefused: An edit leaves the folder, or is of a file that is never written.
        EnvironmentBroken: A file cannot be read.
    """
    if len(response) > LARGEST:
        raise refused(f"the response has {len(response):,} characters, more than {LARGEST:,}", fix="send fewer edits at once")
    files = FolderFiles(root)
    text = normalised(response)
    edits = read_edits(text, fmt)
    refuse_withdrawn(text, edits)
    results = apply_edits(edits, Places(files, str(files.root), tuple(chat_files)))
    refuse_passed_over(text, edits, files, {result.path: result.after or b"" for result in results})
    return Applied(results, changes(results), unified(results))


def write(root: Path, applied: Applied) -> None:
    """Write what a response does, or nothing when one file cannot be written. Raises like `change_files`."""
    write_results(root.resolve(), applied.results)


def apply_response(root: str | Path, response: str, fmt: str | None = None, chat_files: Sequence[str] = ()) -> dict[str, Any]:
    """Apply a response to the files of a folder and say how it went; never raises for what a response holds.

    Arguments are those of `change_of`. The answer has `ok`, `message` (words for the model), `files_changed` (path, action,
    lines added and removed) and `diff_unified`. Without `ok` nothing was changed.
    """
    try:
        applied = change_of(Path(root), response, fmt, chat_files)
        write(Path(root), applied)
    except CodeCompanionError as error:
        return {"ok": False, "message": message_of(error), "files_changed": [], "diff_unified": ""}
    return {
        "ok": True,
        "message": _message(applied),
        "files_changed": [change.model_dump() for change in applied.files_changed],
        "diff_unified": applied.diff_unified,
    }


def _message(applied: Applied) -> str:
    if not applied.files_changed:
        return "Nothing to do: the files already are as the response wants them."
    return "\n".join(
        f"{change.action} {change.path} (+{change.lines_added} -{change.lines_removed})" for change in applied.files_changed
    )
