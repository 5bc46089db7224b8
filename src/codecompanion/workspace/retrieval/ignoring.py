"""The files that say which others are left out: `.gitignore`, and `.agentsignore` in the root."""

from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from codecompanion.domain.errors import BadInput
from codecompanion.safe_open import read_file

IGNORE_FILE = ".agentsignore"
"""Patterns in the syntax of `.gitignore`, in the root: what agents shall not read."""
_MOST_BYTES = 512 * 1024
_KEPT_SPECS = 512

Specs = tuple[tuple[str, GitIgnoreSpec], ...]
"""The patterns that hold in a folder, the innermost last; each beside the folder that it is in ("" or ending in "/")."""


def spec_of(root: Path, path: str) -> GitIgnoreSpec | None:
    """Return the patterns of an ignore file as it is now, the same object for the same text; None for no such file.

    Raises:
        BadInput: It has a pattern that cannot be read, or it is `.agentsignore` and no plain file.
    """
    try:
        return _patterns(read_file(root, path, most_bytes=_MOST_BYTES, links=True))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if path != IGNORE_FILE:
            return None
        # Without it agents would read what they shall not.
        raise BadInput(f"{path} cannot be read", cause=str(error), fix="make it a plain file in the root") from error
    except ValueError as error:
        fix = f"correct the pattern in {str(root / path)!r}"
        raise BadInput(f"{Path(path).name} cannot be read", cause=str(error), fix=fix) from error


def ignored(path: str, specs: Specs) -> bool:
    """Return whether patterns leave a path out (that of a folder ends in "/")."""
    # The innermost file that has an opinion decides, as in git.
    for prefix, spec in reversed(specs):
        opinion = spec.check_file(path.removeprefix(prefix)).include
        if opinion is not None:
            return opinion
    return False


@lru_cache(_KEPT_SPECS)
def _patterns(content: bytes) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(content.decode(errors="replace").splitlines())
