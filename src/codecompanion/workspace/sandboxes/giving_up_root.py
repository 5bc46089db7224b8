"""What stands before bubblewrap when root starts it: programs that give root up.

bubblewrap as root is no boundary, so setpriv becomes `SANDBOX_UID` before it. That user cannot pass folders such as /root
(mode 0700), where interpreters and worktrees of root often are. So another bubblewrap stands before setpriv: in a mount
namespace of its own it covers such folders with empty ones and puts back what the cage needs. Its PID namespace sees to it
that all others end when it ends; the kernel would not let it, uid 0 without rights, kill processes of the sandbox's user.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.ownership import SANDBOX_UID, closed_folders


def giving_up_root(*, bwrap: str, setpriv: str, cage: Cage, status_fd: int) -> tuple[str, ...]:
    """Return the beginning of a command line; the program that has no rights follows. `status_fd` hears of its start."""
    namespaces = ("--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/")
    ids = ("--reuid", str(SANDBOX_UID), "--regid", str(SANDBOX_UID), "--clear-groups", "--no-new-privs")
    return (bwrap, *namespaces, *_opened_folders(cage), "--json-status-fd", str(status_fd), "--", setpriv, *ids, "--")


def _opened_folders(cage: Cage) -> Iterator[str]:
    needed = sorted({path.resolve() for path in (*cage.readable, *cage.writable)})
    for folder in sorted(closed_folders(needed)):
        yield from ("--tmpfs", str(folder))
        for path in needed:
            if folder in path.parents:
                yield from _put_back(path, folder)


def _put_back(path: Path, folder: Path) -> Iterable[str]:
    between = (parent for parent in reversed(path.parents) if folder in parent.parents)
    # Named one by one: those that bubblewrap makes on its own account are closed to others.
    made = (part for parent in between for part in ("--dir", str(parent)))
    return (*made, "--bind", str(path), str(path))
