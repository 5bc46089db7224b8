"""Whether the folder `.venv` of a project may be installed into."""

import re
from pathlib import Path

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.git import Git

_OWN_PLACE = re.compile(r"""^\s*(?:export\s+)?VIRTUAL_ENV=["']?([^"'\n$]+)["']?\s*$""", re.MULTILINE)


async def own_venv(root: Path, git: Git | None) -> bool:
    """Whether the project has a virtual environment of its own in `.venv`; False when there is nothing yet.

    Raises:
        PolicyRefused: Something else is there: not an environment, a link, one that is in the repository or of another place.
    """
    folder = root / ".venv"
    if folder.is_symlink():
        raise PolicyRefused(
            ".venv is a link: what it leads to may not be this project's", fix=f"rm {folder}   and run it again"
        )
    if not folder.exists():
        return False
    if not (folder / "pyvenv.cfg").is_file():
        raise PolicyRefused(".venv is there and is no virtual environment", fix=f"move {folder} away and run it again")
    if git is not None and await git.paths("ls-files", "-z", "--", ".venv"):
        raise PolicyRefused(".venv is in the repository: it may be anybody's", fix="git rm -r --cached .venv, and remove it")
    other = _place_of(folder)
    if other is not None and other.resolve() != folder.resolve():
        raise PolicyRefused(f".venv was made for {other}", fix=f"rm -r {folder}   and run it again")
    return True


def _place_of(folder: Path) -> Path | None:
    """Return where an environment says that it lies, None when it does not say."""
    try:
        found = _OWN_PLACE.search((folder / "bin" / "activate").read_text(errors="replace"))
    except OSError:
        return None
    return Path(found[1]) if found else None
