"""Picks the strongest sandbox that holds on this machine."""

import shutil

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Sandbox
from codecompanion.workspace.sandboxes.bubblewrap import BubblewrapSandbox, Tools
from codecompanion.workspace.sandboxes.seccomp import syscall_filter


async def choose_sandbox(*, allow_weak: bool = False, wanted: str | None = None) -> Sandbox:  # noqa: ARG001 - rungs below follow
    """Return the strongest sandbox that holds on this machine.

    Raises:
        SandboxLost: There is none.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxLost("no sandbox can be had", fix="apt-get install bubblewrap")
    return BubblewrapSandbox(Tools(bwrap, shutil.which("setpriv"), disables_userns=True), syscall_filter())
