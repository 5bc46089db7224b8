"""Picks the strongest sandbox that holds on this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import anyio.to_thread

from codecompanion.domain.errors import BadInput, SandboxLost
from codecompanion.ports import WEAK_RUNG, Sandbox
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.sandboxes.attacks.attacking import attack
from codecompanion.workspace.sandboxes.attacks.finding import Finding
from codecompanion.workspace.sandboxes.attacks.table import ATTACKS, Attack
from codecompanion.workspace.sandboxes.bubblewrap import bubblewrap_sandbox
from codecompanion.workspace.sandboxes.landlock import landlock_sandbox
from codecompanion.workspace.sandboxes.rlimits import rlimits_sandbox

RUNGS: Mapping[str, Callable[[], Sandbox]] = MappingProxyType(
    {"bubblewrap": bubblewrap_sandbox, "landlock": landlock_sandbox, WEAK_RUNG: rlimits_sandbox}
)
QUICK = tuple(one for one in ATTACKS if one.quick)
FIX = "apt-get install bubblewrap, or accept with --allow-weak-sandbox that the project's code can do whatever you can"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a rung withstood. `sandbox` is None when it cannot be had here, and `lost` says why."""

    rung: str
    sandbox: Sandbox | None
    findings: tuple[Finding, ...] = ()
    lost: SandboxLost | None = None

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The attacks that got through although the rung says that they do not; of the weak one nothing is claimed."""
        return () if self.rung == WEAK_RUNG else tuple(one for one in self.findings if one.breaks(self.rung))

    @property
    def why_not(self) -> str:
        """Why it cannot be had here, "" when it can."""
        return "" if self.lost is None else self.lost.what + (f" ({self.lost.cause})" if self.lost.cause else "")

    def held(self) -> Sandbox:
        """Return the sandbox.

        Raises:
            SandboxLost: It cannot be had here, or something of it does not hold.
        """
        if self.broken:
            raise SandboxLost("it does not hold: " + ", ".join(f"{one.attack.name} ({one.detail})" for one in self.broken))
        if self.sandbox is None:
            raise self.lost or SandboxLost(f"there is no {self.rung} here")
        return self.sandbox


@os_errors_explained
async def choose_sandbox(*, allow_weak: bool = False, wanted: str | None = None, attacks: Sequence[Attack] = QUICK) -> Sandbox:
    """Return the strongest sandbox that holds, proven by attacks from inside.

    Without `allow_weak` this is what a worker or a server asks before it takes anybody's code.

    Args:
        allow_weak: Whether the rung "rlimits" will do when no better one holds.
        wanted: The only rung to try, None for all; naming "rlimits" allows it.
        attacks: What it must withstand.

    Raises:
        SandboxLost: None holds; the cause says of each rung why.
        BadInput: There is no rung called `wanted`.
    """
    reasons: list[str] = []
    for name in _rungs_to_try(wanted, allow_weak=allow_weak):
        try:
            return (await prove(name, attacks)).held()
        except SandboxLost as lost:
            reasons.append(f"{name}: {lost.what}" + (f" ({lost.cause})" if lost.cause else ""))
    raise SandboxLost("no sandbox holds on this machine", cause="; ".join(reasons), fix=FIX)


async def prove(name: str, attacks: Sequence[Attack] = QUICK) -> Proof:
    """Attack one rung and return what it withstood."""
    try:
        sandbox = await anyio.to_thread.run_sync(RUNGS[name])
        return Proof(name, sandbox, await attack(sandbox, attacks))
    except SandboxLost as lost:
        return Proof(name, None, lost=lost)


def _rungs_to_try(wanted: str | None, *, allow_weak: bool) -> list[str]:
    if wanted is None:
        return [name for name in RUNGS if allow_weak or name != WEAK_RUNG]
    if wanted not in RUNGS:
        raise BadInput(f"there is no sandbox {wanted!r}", fix=f"choose one of {', '.join(RUNGS)}")
    return [wanted]
