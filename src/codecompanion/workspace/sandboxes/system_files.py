"""What of the machine's own files a bubblewrap cage shows, as bubblewrap's arguments."""

from collections.abc import Iterator
from pathlib import Path

TOP_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

# Nothing here names the machine, its people or its network.
ETC = (
    "alternatives",
    "ca-certificates",
    "debian_version",
    "fonts",
    "host.conf",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki",
    "protocols",
    "services",
    "ssl",
    "timezone",
)

HOSTS = b"127.0.0.1 localhost sandbox\n::1 localhost\n"


def system_arguments() -> Iterator[str]:
    """Yield the arguments that show programs and libraries, read-only."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in TOP_FOLDERS:
        yield from _top_folder(Path("/", name))
    yield from ("--ro-bind-try", "/nix/store", "/nix/store")
    for name in ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")


def _top_folder(path: Path) -> tuple[str, ...]:
    if path.is_symlink():
        return ("--symlink", str(path.readlink()), str(path))
    return ("--ro-bind-try", str(path), str(path))


def accounts(uid: int, gid: int, home: str) -> dict[Path, bytes]:
    """Return the files that name the only user there is."""
    return {
        Path("/etc/passwd"): f"root:x:0:0:root:/:/bin/false\nsandbox:x:{uid}:{gid}:sandbox:{home}:/bin/sh\n".encode(),
        Path("/etc/group"): f"root:x:0:\nsandbox:x:{gid}:\n".encode(),
        Path("/etc/hosts"): HOSTS,
    }
