"""System calls that no caged command needs and that widen what the kernel lets it attack."""

from errno import ENOSYS, EPERM
from socket import AF_INET, AF_INET6, AF_NETLINK, AF_UNIX

from codecompanion.workspace.sandboxes.libseccomp import (
    AT_LEAST,
    EQUAL,
    MASKED_EQUAL,
    NOT_EQUAL,
    Comparison,
    FilterBuilder,
    filter_builder,
)

LOCAL_FAMILIES = frozenset({AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
NETWORK_FAMILIES = frozenset({AF_INET, AF_INET6})
"""Where some hosts are allowed: what talks to the proxy, and nothing else."""

FAMILIES = 64  # Linux knows 46; those above are refused as well

TIOCSTI = 0x5412
TIOCLINUX = 0x541C
# CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_NAMESPACES = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)

DENIED = (
    *("acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime", "delete_module", "fanotify_init"),
    *("finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register"),
    *("io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount"),
    *("mount_setattr", "move_mount", "move_pages", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree"),
    *("perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise", "process_vm_readv"),
    *("process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname"),
    *("setns", "settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup"),
)
SHARED_IPC = ("mq_open", "mq_unlink", "msgget", "semget", "shmat", "shmget")


def syscall_filter(*, namespaced: bool, network: bool = False) -> bytes:
    """Return a BPF program that refuses dangerous system calls with EPERM and allows all others.

    Args:
        namespaced: Whether network and IPC lie in namespaces of the cage's own. If not, sockets (but for `socketpair()`)
            and System V IPC are refused as well, because they would reach what is outside.
        network: Whether some hosts are allowed: only internet sockets can be made then.

    Raises:
        SandboxLost: libseccomp is missing.
    """
    with filter_builder() as building:
        for name in DENIED if namespaced else (*DENIED, *SHARED_IPC):
            building.refuse(name, EPERM)
        _refuse_namespaces(building)
        for request in (TIOCSTI, TIOCLINUX):
            building.refuse("ioctl", EPERM, [Comparison(1, MASKED_EQUAL, 0xFFFFFFFF, request)])
        _refuse_sockets(building, allowed=_families(namespaced=namespaced, network=network))
        # With a process id it would change the limits of others: Landlock does not look at that.
        building.refuse("prlimit64", EPERM, [Comparison(0, NOT_EQUAL, 0), Comparison(2, NOT_EQUAL, 0)])
        return building.program()


def _families(*, namespaced: bool, network: bool) -> frozenset[int]:
    if network:
        return NETWORK_FAMILIES
    return LOCAL_FAMILIES if namespaced else frozenset()


def _refuse_namespaces(building: FilterBuilder) -> None:
    for namespace in NEW_NAMESPACES:
        building.refuse("clone", EPERM, [Comparison(0, MASKED_EQUAL, namespace, namespace)])
    # The flags of clone3 lie in memory, where no filter sees them; at ENOSYS libc falls back on clone.
    building.refuse("clone3", ENOSYS)


def _refuse_sockets(building: FilterBuilder, *, allowed: frozenset[int]) -> None:
    for family in frozenset(range(FAMILIES)) - allowed:
        building.refuse("socket", EPERM, [Comparison(0, EQUAL, family)])
    building.refuse("socket", EPERM, [Comparison(0, AT_LEAST, FAMILIES)])
