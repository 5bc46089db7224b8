"""Opens files of a folder that a model or a stranger fills, and nothing outside of it.

A check of a path that comes before the open can be outrun: a folder on the way becomes a symlink in between. So the kernel
checks while it walks (openat2, Linux 5.6), or we walk ourselves, folder by folder, where it cannot. What is no regular file (a
pipe that never answers, a device) is refused without waiting for it.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from errno import EAGAIN, EFBIG, EINVAL, ELOOP, ENOSYS, EPERM, EXDEV
from pathlib import Path

OPENAT2 = 437
"""The number of the call, the same on every architecture."""
NO_MAGIC_LINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
MOST_LINKS = 40
"""So many links the kernel follows as well."""
MOST_TRIES = 100
"""A walk over ".." is begun anew when somebody renames a folder meanwhile."""
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_CREAT | os.O_TRUNC
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_LIBC = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def read_file(root: Path, path: str, *, most_bytes: int | None = None, links: bool = False) -> bytes:
    """Return the content of a regular file below a folder.

    Args:
        root: The folder; how it is reached itself is the caller's business.
        path: Relative to it, POSIX.
        most_bytes: Of a larger file nothing is read.
        links: Whether symlinks are followed, as long as they stay below the folder.

    Raises:
        OSError: There is none, it cannot be read, it is too large (EFBIG), no regular file (EINVAL), or the path leaves the
            folder or passes a symlink (EXDEV, ELOOP).
    """
    with _opened(root, path, READ, links=links) as descriptor:
        size = os.fstat(descriptor).st_size
        if most_bytes is not None and size > most_bytes:
            raise OSError(EFBIG, os.strerror(EFBIG), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # A file can grow after it was measured.
            return file.read() if most_bytes is None else file.read(most_bytes)


def read_beginning(root: Path, path: str, most_bytes: int) -> bytes:
    """Return the first bytes of a regular file below a folder, however large it is; symlinks are not followed.

    Raises:
        OSError: As of `read_file`.
    """
    with _opened(root, path, READ, links=False) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(most_bytes)


def write_file(root: Path, path: str, content: bytes, *, mode: int | None = None) -> None:
    """Replace the content of a regular file below a folder, or make the file; its folder must be there.

    `mode` are the permissions it has then; None leaves a file those it has and gives a new one 0o644.

    Raises:
        OSError: As of `read_file`.
    """
    with _opened(root, path, WRITE, links=False) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)
        if mode is not None:
            os.fchmod(descriptor, mode)


@contextmanager
def folder_of(root: Path, path: str) -> Generator[tuple[int, str]]:
    """Give a descriptor of the folder that holds a path, and the last part of the path, for calls that take a `dir_fd`.

    Whatever becomes of the path meanwhile, the descriptor stays that of the folder that was there.

    Raises:
        OSError: There is no such folder, or the path leaves the root or passes a symlink (EXDEV, ELOOP).
    """
    above, _, name = path.rpartition("/")
    descriptor = safe_open(root, above or ".", _FOLDER)
    try:
        yield descriptor, name
    finally:
        os.close(descriptor)


@contextmanager
def _opened(root: Path, path: str, flags: int, *, links: bool) -> Generator[int]:
    descriptor = safe_open(root, path, flags, links=links)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(EINVAL, "it is no regular file", path)
        yield descriptor
    finally:
        os.close(descriptor)


def safe_open(root: Path, path: str, flags: int = READ, *, links: bool = False) -> int:
    """Return a descriptor of what is at a path below a folder, whatever it is.

    Raises:
        OSError: As of `read_file`.
    """
    if "\0" in path:
        raise OSError(EINVAL, os.strerror(EINVAL), path)
    folder = os.open(root, _FOLDER)
    try:
        return _by_the_kernel(folder, path, flags, links=links)
    except OSError as error:
        # Old containers answer EPERM to calls that they do not know.
        if error.errno not in {ENOSYS, EPERM}:
            raise
        return _step_by_step(folder, path, flags, links=links)
    finally:
        os.close(folder)


def _by_the_kernel(folder: int, path: str, flags: int, *, links: bool) -> int:
    if sys.platform != "linux":
        raise OSError(ENOSYS, os.strerror(ENOSYS))
    mode = 0o644 if flags & os.O_CREAT else 0
    how = _How(flags, mode, BENEATH | NO_MAGIC_LINKS | (0 if links else NO_SYMLINKS))
    for _ in range(MOST_TRIES):
        answer: int = _LIBC.syscall(OPENAT2, folder, os.fsencode(path), ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how)))
        if answer >= 0:
            return answer
        if (error := ctypes.get_errno()) != EAGAIN:
            raise OSError(error, os.strerror(error), path)
    raise OSError(EAGAIN, os.strerror(EAGAIN), path)


def _step_by_step(folder: int, path: str, flags: int, *, links: bool) -> int:
    """Do what openat2 does: hold every folder that was passed, so that ".." leads back to it and never above the first."""
    passed, parts, left = [os.dup(folder)], _parts(path), MOST_LINKS if links else 0
    try:
        while parts:
            name = parts.pop(0)
            if name == "..":
                if len(passed) == 1:
                    raise OSError(EXDEV, os.strerror(EXDEV), path)
                os.close(passed.pop())
            elif target := _link(passed[-1], name):
                if left == 0:
                    raise OSError(ELOOP, os.strerror(ELOOP), path)
                left -= 1
                parts = [*_parts(target), *parts]
            elif parts:
                passed.append(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=passed[-1]))
            else:
                return os.open(name, flags | os.O_NOFOLLOW, 0o644, dir_fd=passed[-1])
        return os.open(".", flags, dir_fd=passed[-1])
    finally:
        for descriptor in passed:
            os.close(descriptor)


def _parts(path: str) -> list[str]:
    if path.startswith("/"):
        raise OSError(EXDEV, os.strerror(EXDEV), path)
    return [part for part in path.split("/") if part not in ("", ".")]


def _link(folder: int, name: str) -> str:
    """Return where a symlink points, "" for anything else."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return ""
