"""Checks a cage's paths before anything is started: a launcher's own words for a missing one are hard to understand."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage


def check_that_all_exist(cage: Cage) -> None:
    """Check that the paths of a cage are absolute and there.

    Raises:
        SandboxLost: One is not.
    """
    for path in (*cage.readable, *cage.writable):
        if not path.is_absolute():
            raise SandboxLost(f"{str(path)!r} is not an absolute path")
        if not path.exists():
            raise SandboxLost(f"{str(path)!r} does not exist")


def check_that_others_may_read(paths: Iterable[Path]) -> None:
    """Check that a user who is neither root nor in its group may read files and enter folders.

    Raises:
        SandboxLost: One is closed to others.
    """
    for path in paths:
        wanted = stat.S_IROTH | stat.S_IXOTH if path.is_dir() else stat.S_IROTH
        if path.stat().st_mode & wanted != wanted:
            raise SandboxLost(f"{str(path)!r} is closed to the sandbox's user", fix=f"chmod -R o+rX {str(path)!r}")


def check_that_none_is_inside(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Check that no path that is to be read only lies in a writable folder.

    Raises:
        SandboxLost: One does.
    """
    for path in readable:
        for folder in writable:
            if os.path.commonpath((path, folder)) == str(folder):
                raise SandboxLost(f"{str(path)!r} cannot be kept read-only, because {str(folder)!r} is writable")
