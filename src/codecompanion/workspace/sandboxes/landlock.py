"""The rung for machines without bubblewrap or user namespaces: Landlock, seccomp and a user id of its own.

Weaker than bubblewrap in this: commands see that other processes and files exist, though not what is in them; an ordinary
user's commands can change the mode and times of the user's files; there is no /dev/shm, so `multiprocessing` has no locks;
there are no sockets at all, not even to themselves.
"""

from pathlib import Path

from codecompanion.domain.errors import SandboxLost
from codecompanion.workspace.sandboxes.cgroups import cgroups_or_none
from codecompanion.workspace.sandboxes.launcher.landlock_rules import LEAST_VERSION, version
from codecompanion.workspace.sandboxes.seccomp import syscall_filter
from codecompanion.workspace.sandboxes.supervised import SupervisedSandbox
from codecompanion.workspace.sandboxes.system_files import ETC_FILES, ETC_FOLDERS, TOP_FOLDERS

# Single files of /proc: the folder as a whole would show the command lines of all processes.
PROC = (
    "cpuinfo",
    "filesystems",
    "loadavg",
    "meminfo",
    "stat",
    "uptime",
    "version",
    "sys/kernel/osrelease",
    "sys/kernel/random",
)


def landlock_sandbox() -> SupervisedSandbox:
    """Return the sandbox of this rung.

    Raises:
        SandboxLost: The kernel has no Landlock or an old one, or libseccomp is missing.
    """
    _check_the_kernel()
    shown = (Path("/usr"), Path("/nix/store"), Path("/sys/devices/system/cpu"))
    folders = (Path("/", name) for name in TOP_FOLDERS)
    files = (*(Path("/etc", name) for name in (*ETC_FOLDERS, *ETC_FILES)), *(Path("/proc", name) for name in PROC))
    system = tuple(str(path) for path in (*shown, *folders, *files) if path.exists())
    rules = syscall_filter(namespaced=False)
    return SupervisedSandbox("landlock", system=system, syscall_filter=rules, cgroups=cgroups_or_none())


def _check_the_kernel() -> None:
    try:
        found = version()
    except OSError as error:
        raise SandboxLost("the kernel has no Landlock", cause=str(error)) from error
    if found < LEAST_VERSION:
        raise SandboxLost(
            f"the kernel's Landlock is version {found}",
            cause=f"version {LEAST_VERSION} is the first that keeps signals inside",
            fix="use Linux 6.12 or later",
        )
