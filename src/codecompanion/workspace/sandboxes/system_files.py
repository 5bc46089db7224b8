"""What of the machine's own files a cage shows. Nothing here names the machine, its people or its network."""

from collections.abc import Iterator
from pathlib import Path

TOP_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC_FOLDERS = ("alternatives", "pki", "ssl")
ETC_FILES = ("ld.so.cache", "localtime", "mime.types", "nsswitch.conf", "os-release", "protocols", "services", "timezone")

HOSTS = b"127.0.0.1 localhost sandbox\n::1 localhost\n"


def mount_arguments() -> Iterator[str]:
    """Yield bubblewrap's arguments that show programs, libraries and folders of settings, read-only."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in TOP_FOLDERS:
        yield from _top_folder(Path("/", name))
    for folder in ("/nix/store", *(f"/etc/{name}" for name in ETC_FOLDERS)):
        yield from ("--ro-bind-try", folder, folder)


def _top_folder(path: Path) -> tuple[str, ...]:
    if path.is_symlink():
        return ("--symlink", str(path.readlink()), str(path))
    return ("--ro-bind-try", str(path), str(path))


def etc_files(uid: int, gid: int, home: str) -> dict[str, bytes]:
    """Return the content of each file of /etc by its path: the machine's, and accounts that know one user only.

    They are copied, because a mount for each would double what bubblewrap's start takes.
    """
    found = (Path("/etc", name) for name in ETC_FILES)
    return {
        **{str(path): path.read_bytes() for path in found if path.is_file()},
        "/etc/passwd": f"root:x:0:0:root:/:/bin/false\nsandbox:x:{uid}:{gid}:sandbox:{home}:/bin/sh\n".encode(),
        "/etc/group": f"root:x:0:\nsandbox:x:{gid}:\n".encode(),
        "/etc/hosts": HOSTS,
    }
