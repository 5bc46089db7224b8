"""The banner that nobody who works in a weak sandbox can overlook."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codecompanion.ports import Sandbox

WORDS = "WEAK SANDBOX: the project's code can read your files and use the network; only resource limits hold it"


def warned_of_weakness(sandbox: "Sandbox") -> "Sandbox":
    """Return a sandbox after saying, if it is so, that it is a weak one."""
    from rich.console import Console

    from codecompanion.ports import WEAK_RUNG

    if sandbox.rung == WEAK_RUNG:
        Console(stderr=True).print(WORDS, style="bold white on red", highlight=False)
    return sandbox
