"""A01-A11: read what is nobody's business inside."""

import os

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try

MOST_DESCRIPTORS = 4096
OWN_VARIABLES = frozenset({"HOME", "TMPDIR", "PATH", "LANG", "PWD", "LC_CTYPE", "SHLVL", "_", "OLDPWD"})


def _read(path: str) -> str:
    with open(path, "rb") as file:
        return f"{path} was read: {len(file.read(4096))} bytes"


def _read_host_secret(aims: Aims) -> str:
    return _read(aims.secret)


def _read_home_ssh(aims: Aims) -> str:
    try:
        return _read(f"{aims.outside}/home/.ssh/id")
    except OSError:
        return f"{aims.home}/.ssh can be listed: {len(os.listdir(f'{aims.home}/.ssh'))} names"


def _env_api_key(_aims: Aims) -> str:
    foreign = sorted(set(os.environ) - OWN_VARIABLES)
    return f"the environment holds {', '.join(foreign)}" if foreign else ""


def _environment_of(pid: int | str) -> bytes:
    with open(f"/proc/{pid}/environ", "rb") as file:
        return file.read()


def _parent_environ(aims: Aims) -> str:
    names = {entry.partition(b"=")[0].decode() for entry in _environment_of(aims.parent).split(b"\0") if entry}
    return f"the environment of process {aims.parent} was read" if names - OWN_VARIABLES else ""


def _ppid_environ(_aims: Aims) -> str:
    # Two up: the direct parent is this program, before it forked.
    with open("/proc/self/stat", "rb") as file:
        parent = int(file.read().rpartition(b")")[2].split()[1])
    with open(f"/proc/{parent}/stat", "rb") as file:
        above = int(file.read().rpartition(b")")[2].split()[1])
    names = {entry.partition(b"=")[0].decode() for entry in _environment_of(above).split(b"\0") if entry}
    return f"the environment of process {above} holds {', '.join(sorted(names))}" if names - OWN_VARIABLES else ""


def _scan_all_environ(aims: Aims) -> str:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if aims.token.encode() in _environment_of(pid):
                return f"the bait was found in the environment of process {pid}"
        except OSError:
            continue
    return ""


def _inherited_fd(_aims: Aims) -> str:
    for number in range(3, MOST_DESCRIPTORS):
        try:
            os.fstat(number)
        except OSError:
            continue
        return f"descriptor {number} is open"
    return ""


def _symlink_out_of_workspace(aims: Aims) -> str:
    os.symlink(aims.outside, "link-to-the-outside")
    return _read("link-to-the-outside/secret")


def _hardlink_secret(aims: Aims) -> str:
    os.link(aims.secret, "second-name")
    return _read("second-name")


def _proc_self_root(aims: Aims) -> str:
    try:
        return _read(f"/proc/self/root{aims.secret}")
    except OSError:
        return _read(f"/proc/{aims.parent}/root{aims.secret}")


def _proc_cwd_dotdot(aims: Aims) -> str:
    upward = f"../{os.path.basename(aims.outside)}/secret"
    try:
        return _read(f"/proc/self/cwd/{upward}")
    except OSError:
        return _read(upward)


TRIES: dict[str, Try] = {
    "A01": _read_host_secret,
    "A02": _read_home_ssh,
    "A03": _env_api_key,
    "A04": _parent_environ,
    "A05": _ppid_environ,
    "A06": _scan_all_environ,
    "A07": _inherited_fd,
    "A08": _symlink_out_of_workspace,
    "A09": _hardlink_secret,
    "A10": _proc_self_root,
    "A11": _proc_cwd_dotdot,
}
