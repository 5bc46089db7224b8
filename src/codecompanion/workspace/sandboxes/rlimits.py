"""The weak rung: limits of resources, a clean environment and a sweep; files and network are open.

It is for people who have seen what it does not do and asked for it.
"""

from codecompanion.ports import WEAK_RUNG
from codecompanion.workspace.sandboxes.cgroups import cgroups_or_none
from codecompanion.workspace.sandboxes.supervised import SupervisedSandbox


def rlimits_sandbox() -> SupervisedSandbox:
    """Return the sandbox of this rung."""
    return SupervisedSandbox(WEAK_RUNG, system=None, syscall_filter=b"", cgroups=cgroups_or_none())
