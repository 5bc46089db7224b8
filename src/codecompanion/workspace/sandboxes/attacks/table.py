"""The attacks: what each tries. What must happen is the same for all: it comes to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `quick` ones are tried whenever a sandbox is chosen, the others by `sandbox test`."""

    number: str
    name: str
    tries: str
    quick: bool = False


ATTACKS = (
    Attack("A01", "read_host_secret", "read a file outside that everyone may read", quick=True),
    Attack("A02", "read_home_ssh", "read a key in a home folder, list the user's own ~/.ssh", quick=True),
    Attack("A03", "env_api_key", "find a variable in the environment that the cage did not set", quick=True),
    Attack("A04", "parent_environ", "read our environment through /proc", quick=True),
    Attack("A05", "ppid_environ", "read the environment of the launcher through /proc"),
    Attack("A06", "scan_all_environ", "find a secret in the environment of any process"),
    Attack("A07", "inherited_fd", "find a descriptor that was left open", quick=True),
    Attack("A08", "symlink_out_of_workspace", "read the secret through a symlink", quick=True),
    Attack("A09", "hardlink_secret", "give the secret a second name inside", quick=True),
    Attack("A10", "proc_self_root", "read the secret through /proc/PID/root", quick=True),
    Attack("A11", "proc_cwd_dotdot", "read the secret through /proc/self/cwd/..", quick=True),
    Attack("A12", "write_outside", "write into a folder outside that everyone may write", quick=True),
    Attack("A13", "write_home_bashrc", "write to a .bashrc, open the user's own for writing"),
    Attack("A14", "git_hook_plant", "plant a git hook in the workspace"),
    Attack("A15", "git_config_fsmonitor", "name a program in the workspace's git configuration"),
    Attack("A16", "setuid_file", "become another user by a setuid program"),
    Attack("A17", "mknod_disk", "make a device file of the disk", quick=True),
    Attack("A18", "writable_site_packages", "write beside the interpreter's packages", quick=True),
    Attack("A19", "kill_host_process", "kill a process outside"),
    Attack("A20", "ptrace_host_process", "trace a process outside", quick=True),
    Attack("A21", "proc_mem_victim", "open the memory of a process outside", quick=True),
    Attack("A22", "process_vm_readv", "read the memory of a process outside by a system call"),
    Attack("A23", "unix_path_socket", "talk to a server by a socket in a folder", quick=True),
    Attack("A24", "unix_abstract_socket", "talk to a server by an abstract socket", quick=True),
    Attack("A25", "container_socket", "talk to docker, containerd or podman"),
    Attack("A26", "dev_shm_shared", "read shared memory of the machine in /dev/shm"),
    Attack("A27", "sysv_shm", "use a System V shared memory segment of the machine"),
    Attack("A28", "tiocsti", "type into the terminal", quick=True),
    Attack("A29", "process_list", "read the command lines of processes outside", quick=True),
    Attack("A30", "list_temporary", "list the folder beside the workspace"),
    Attack("A31", "tcp_loopback", "talk TCP to a server of the machine", quick=True),
    Attack("A32", "udp_loopback", "send a datagram to the machine", quick=True),
    Attack("A33", "metadata_ip", "talk to the cloud's metadata service"),
    Attack("A34", "listen_port_all", "listen on a network that others reach"),
    Attack("A35", "raw_packet", "make a raw socket", quick=True),
    Attack("A36", "netlink", "read the machine's network interfaces"),
    Attack("A37", "vsock", "talk to the hypervisor"),
    Attack("A38", "af_alg", "use the kernel's cryptography sockets"),
    Attack("A39", "hostname_leak", "learn the machine's name"),
    Attack("A40", "new_user_namespace", "make a user namespace", quick=True),
    Attack("A41", "unshare_program", "make a user namespace by unshare(1)"),
    Attack("A42", "mount_tmpfs", "mount a file system"),
    Attack("A43", "chroot_escape", "change the root folder"),
    Attack("A44", "bpf", "load a program into the kernel", quick=True),
    Attack("A45", "io_uring", "make an io_uring", quick=True),
    Attack("A46", "keyctl", "use the kernel's key rings"),
    Attack("A47", "userfaultfd", "handle page faults"),
    Attack("A48", "perf_event", "watch the kernel's performance events"),
    Attack("A49", "core_pattern", "set the program that the kernel starts at a crash", quick=True),
    Attack("A50", "kernel_memory", "read the kernel's memory"),
    Attack("A51", "disk_device", "open a disk"),
    Attack("A52", "cgroup_release_agent", "set the program that the kernel starts for a cgroup"),
    Attack("A53", "kernel_log", "read the kernel's log"),
    Attack("A54", "memory_bomb", "take twice the memory of the cage", quick=True),
    Attack("A55", "fork_bomb", "start three times the processes of the cage"),
    Attack("A56", "large_file", "write a file larger than the cage allows", quick=True),
    Attack("A57", "many_files", "fill the disk with files that are each small enough"),
    Attack("A58", "cpu_spin", "never end"),
    Attack("A59", "many_descriptors", "open twice the files that the cage allows"),
    Attack("A60", "daemon_survives", "live on after the command has ended"),
    Attack("A61", "renice_up", "take a higher priority", quick=True),
    Attack("A62", "oom_score", "make the kernel kill others first when memory runs out", quick=True),
    Attack("A63", "accounts", "read the names of the machine's accounts", quick=True),
    Attack("A79", "own_configuration", "plant configuration of CodeCompanion or of the CI in the workspace"),
    Attack("A101", "memory_bomb_of_many", "take twice the memory of the cage by processes that are each small"),
)

ACCEPTED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "landlock": {"A39": "Landlock has no namespaces; the name opens nothing, and a cage without sockets cannot tell it on"},
    }
)
"""By rung, the attacks that may get through, and why. Of the weak rung nothing is claimed."""
