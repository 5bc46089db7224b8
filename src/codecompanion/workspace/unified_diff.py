"""Say what differs between two commits, as text that `git apply` takes."""

import re
import tempfile
from pathlib import Path

from codecompanion.workspace.git import Git

_OPTIONS = (
    "-r",
    "--patch",
    "--binary",
    "--full-index",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=none",
)
_SECTION = re.compile(rb"^(?=diff --git )", re.MULTILINE)


async def unified_diff(git: Git, before: str, after: str) -> str:
    """Return the unified diff between two commits, "" when they are equal.

    Files that are no UTF-8 are shown as binary ones, so that the text can be stored and sent, and still applies.
    """
    with tempfile.TemporaryDirectory(prefix="codecompanion-diff-") as folder:
        # In an empty folder no attributes but those we name have a say.
        bare = git.on(Path(folder), Path(folder, "index"))
        sections = _sections(await bare.run("diff-tree", *_OPTIONS, before, after))
        if not all(map(_is_text, sections)):
            as_binary = bare.configured(core__attributesFile=_attributes(Path(folder)), core__quotePath="true")
            safe = _sections(await as_binary.run("diff-tree", *_OPTIONS, before, after))
            sections = [section if _is_text(section) else other for section, other in zip(sections, safe, strict=True)]
    return b"".join(sections).decode()


def _attributes(folder: Path) -> str:
    file = folder / "all-binary"
    file.write_text("* -diff\n")
    return str(file)


def _sections(diff: bytes) -> list[bytes]:
    return [section for section in _SECTION.split(diff) if section]


def _is_text(section: bytes) -> bool:
    try:
        section.decode()
    except UnicodeDecodeError:
        return False
    return True
