"""Picks the strongest sandbox that holds on this machine."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import anyio.to_thread

from codecompanion.domain.errors import BadInput, SandboxLost
from codecompanion.ports import Sandbox
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.sandboxes.bubblewrap import bubblewrap_sandbox
from codecompanion.workspace.sandboxes.landlock import landlock_sandbox
from codecompanion.workspace.sandboxes.probe import probe
from codecompanion.workspace.sandboxes.rlimits import rlimits_sandbox

WEAK = "rlimits"
RUNGS: Mapping[str, Callable[[], Sandbox]] = MappingProxyType(
    {"bubblewrap": bubblewrap_sandbox, "landlock": landlock_sandbox, WEAK: rlimits_sandbox}
)
FIX = "apt-get install bubblewrap, or accept with --allow-weak-sandbox that the project's code can do whatever you can"


@os_errors_explained
async def choose_sandbox(*, allow_weak: bool = False, wanted: str | None = None) -> Sandbox:
    """Return the strongest sandbox that holds, tried by an attack from inside.

    Args:
        allow_weak: Whether the rung "rlimits" will do when no better one holds.
        wanted: The only rung to try, None for all; naming "rlimits" allows it.

    Raises:
        SandboxLost: None holds; the cause says of each rung why.
        BadInput: There is no rung called `wanted`.
    """
    reasons: list[str] = []
    for name in _rungs_to_try(wanted, allow_weak=allow_weak):
        try:
            return await open_rung(name)
        except SandboxLost as lost:
            reasons.append(f"{name}: {lost.what}" + (f" ({lost.cause})" if lost.cause else ""))
    raise SandboxLost("no sandbox holds on this machine", cause="; ".join(reasons), fix=FIX)


async def open_rung(name: str) -> Sandbox:
    """Return the sandbox of one rung after a probe; of the weak one only that it runs is asked.

    Raises:
        SandboxLost: It cannot be had here, or something of it does not hold.
    """
    sandbox = await anyio.to_thread.run_sync(RUNGS[name])
    broken = [held for held, holds in (await probe(sandbox)).items() if not holds]
    if broken and name != WEAK:
        raise SandboxLost(f"it does not hold: {', '.join(broken)}")
    return sandbox


def _rungs_to_try(wanted: str | None, *, allow_weak: bool) -> list[str]:
    if wanted is None:
        return [name for name in RUNGS if allow_weak or name != WEAK]
    if wanted not in RUNGS:
        raise BadInput(f"there is no sandbox {wanted!r}", fix=f"choose one of {', '.join(RUNGS)}")
    return [wanted]
