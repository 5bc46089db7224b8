"""Control groups of Linux, version 1, for tests: what the kernel lets the processes in one have."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from waiting import wait_until

ALL = Path("/sys/fs/cgroup")


@contextmanager
def control_group(controller: str, pid: int, **limits: str) -> Generator[Path]:
    """Put a process, and all that it starts from now on, into a group of its own until the block ends.

    `limits` are set before it is in there: below what a group has already, the kernel may refuse to set one.
    """
    folder = ALL / controller / f"codecompanion-test-{uuid4().hex[:12]}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group of version 1 can be made here: {error}")
    try:
        for name, value in limits.items():
            (folder / f"{controller}.{name}").write_text(value, encoding="ascii")
        (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")
        yield folder
    finally:
        wait_until(lambda: _is_left(folder), "empty")


def _is_left(folder: Path) -> bool:
    """Return whether the group could be removed; what its processes start while they are moved has to be moved as well."""
    with suppress(OSError):  # one of them ended meanwhile, or there is a new one
        for left in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            (folder.parent / "cgroup.procs").write_text(left, encoding="ascii")
        folder.rmdir()
    return not folder.exists()
