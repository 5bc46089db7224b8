"""Leave a run to the workers."""

import getpass
from pathlib import Path

from codecompanion.domain.events import RunQueued
from codecompanion.ports import RepositoryState
from codecompanion.runs.starting import Ask, start
from codecompanion.wiring import App


async def queue_run(app: App, ask: Ask, repository: RepositoryState) -> str:
    """Record that a run has started and waits for a worker, and return its id.

    Raises:
        BadInput: The repository is too large to be sent to workers.
    """
    queued = await queued_for(
        app, f"user:{this_user()}", repository.root, repository.head, include_uncommitted=ask.include_uncommitted
    )
    return await start(app, ask, repository, queued=queued)


async def queued_for(app: App, principal: str, repo: Path, commit: str, *, include_uncommitted: bool) -> RunQueued:
    """Return the fact that a run waits for a worker. A database serves many machines, so the repository goes into it.

    Raises:
        BadInput: The repository is too large for that.
    """
    if not app.settings.database_url:
        return RunQueued(principal=principal)
    packed = await app.packing.pack_repository(repo, commit, include_uncommitted=include_uncommitted)
    sha256 = await app.blobs.put(packed.content)
    return RunQueued(principal=principal, pack_sha256=sha256, uncommitted=packed.uncommitted)


def this_user() -> str:
    """Return what the user of this machine is called, "unknown" without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "unknown"
