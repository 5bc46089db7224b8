"""A12-A18 and A79: write where it would be believed or run later."""

import os
import shutil
import stat
import subprocess

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try

EVIL = "#!/bin/sh\ntouch /tmp/pwned\n"
DISK = os.makedev(8, 0)


def _write(path: str, mode: str = "w") -> None:
    with open(path, mode) as file:
        file.write(EVIL)


def _write_outside(aims: Aims) -> str:
    _write(f"{aims.outside}/planted")
    return f"{aims.outside}/planted was written"


def _write_home_bashrc(aims: Aims) -> str:
    try:
        _write(f"{aims.outside}/home/.bashrc", "a")
    except OSError:
        # Only opened: it is a person's own.
        os.close(os.open(f"{aims.home}/.bashrc", os.O_WRONLY))
    return "a .bashrc can be written"


def _plant_git_hook(_aims: Aims) -> str:
    """The host looks whether it is there afterwards."""
    try:
        os.rename(".git/hooks", ".git/old-hooks")
        os.mkdir(".git/hooks")
    except OSError:
        pass
    _write(".git/hooks/pre-commit")
    os.chmod(".git/hooks/pre-commit", 0o755)
    return ""


def _plant_fsmonitor(_aims: Aims) -> str:
    """The host looks whether it is there afterwards."""
    try:
        os.rename(".git", ".git-away")
        shutil.copytree(".git-away", ".git")
    except OSError:
        pass
    with open(".git/config", "a") as file:
        file.write("[core]\n\tfsmonitor = touch /tmp/pwned\n")
    return ""


def _plant_configuration(_aims: Aims) -> str:
    """The host looks whether it is there afterwards."""
    for folder, name in ((".codecompanion", "config.toml"), (".github", "workflow.yml")):
        os.makedirs(folder, exist_ok=True)
        _write(f"{folder}/{name}")
    return ""


def _setuid_file(_aims: Aims) -> str:
    shutil.copy("/usr/bin/id", "own-id")
    os.chmod("own-id", 0o6755)
    answer = subprocess.run(["./own-id", "-u"], capture_output=True, text=True, check=False).stdout.strip()
    return f"a setuid program became user {answer}" if answer and answer != str(os.getuid()) else ""


def _make_disk(_aims: Aims) -> str:
    os.mknod("disk", stat.S_IFBLK | 0o600, DISK)
    return "a block device was made"


def _write_packages(aims: Aims) -> str:
    path = f"{aims.packages}/planted-{aims.token}.pth"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    os.unlink(path)
    return f"{aims.packages} can be written"


TRIES: dict[str, Try] = {
    "A12": _write_outside,
    "A13": _write_home_bashrc,
    "A14": _plant_git_hook,
    "A15": _plant_fsmonitor,
    "A16": _setuid_file,
    "A17": _make_disk,
    "A18": _write_packages,
    "A79": _plant_configuration,
}
