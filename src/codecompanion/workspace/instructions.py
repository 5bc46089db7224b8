"""Read what a project tells agents: AGENTS.md from the root down to a folder, or what stands in its place."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codecompanion.domain.errors import BadInput
from codecompanion.safe_open import read_beginning
from codecompanion.workspace.project_text import ProjectText

MAX_BYTES = 32 * 1024
NAMES = ("AGENTS.md", "CLAUDE.md", "GEMINI.md")
"""Files of instructions, the first kind that is found anywhere on the way is read and the others are not."""

CUT = "\n[cut: the project's instructions are longer than 32 KiB]"


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a project says to agents, and the paths it was read from, in the order in which it stands in the text."""

    text: ProjectText
    sources: tuple[str, ...] = ()


def read_instructions(root: Path, folder: str | None = None) -> Instructions:
    """Return the instructions that hold in a folder of a project, the root's first and the nearest last, so that it wins.

    Args:
        root: The project's folder.
        folder: Relative to it, POSIX; None for the root itself. It need not exist.

    The text is at most 32 KiB; when there is more, the nearest file is kept whole as far as it fits and what was cut is
    said. A file that is binary, or that is reached through a symlink out of the project, is passed over.

    Raises:
        BadInput: The folder is outside of the project.
    """
    folders = _folders(folder)
    for name in NAMES:
        found = [(path, text) for one in folders if (text := read_inside(root, path := (one / name).as_posix())) is not None]
        if found:
            return Instructions(ProjectText.of(_together(found)), tuple(path for path, _ in found))
    return Instructions(ProjectText.of(""))


def read_inside(root: Path, path: str, most_bytes: int = MAX_BYTES) -> str | None:
    """Return the beginning of a text file of a project, None when there is none.

    What is not UTF-8 is read as UTF-16 where the file says so, else byte by byte with replacement characters. A file with
    NUL bytes is binary and counts as none, and so does anything that is no regular file or lies outside of the project.
    """
    try:
        real = (root / path).resolve(strict=True)
        if not real.is_relative_to(root.resolve()) or ".git" in real.relative_to(root.resolve()).parts:
            return None
        content = read_beginning(root, real.relative_to(root.resolve()).as_posix(), most_bytes + 1)
    except (OSError, ValueError, RuntimeError):
        return None
    return _decoded(content)


def _decoded(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return None if b"\0" in content else content.decode("utf-8-sig", "replace")


def _folders(folder: str | None) -> list[PurePosixPath]:
    path = PurePosixPath(folder or ".")
    if path.is_absolute() or ".." in path.parts or "\0" in str(path):
        raise BadInput(f"{folder!r} is outside the project")
    return [*reversed(path.parents), path] if path.parts else [path]


def _together(found: list[tuple[str, str]]) -> str:
    """Join the texts, root first, each under its path; the nearest has the first claim to the room there is."""
    left, kept = MAX_BYTES - len(CUT.encode()), list[str]()
    for path, text in reversed(found):
        part = f"# {path}\n\n{text.strip()}\n"
        content = part.encode("utf-8", "replace")
        if len(content) > left:
            kept.append(content[:left].decode("utf-8", "ignore") + CUT)
            break
        kept.append(part)
        left -= len(content) + 1  # and the line between two files
    return "\n".join(reversed(kept))
