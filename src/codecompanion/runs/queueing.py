"""Leave a run to the workers."""

import getpass

from codecompanion.domain.events import RunQueued
from codecompanion.ports import RepositoryState
from codecompanion.runs.work import Ask, start
from codecompanion.wiring import App


async def queue_run(app: App, ask: Ask, repository: RepositoryState) -> str:
    """Record that a run has started and waits for a worker, and return its id."""
    return await start(app, ask, repository, queued=RunQueued(principal=f"user:{_user()}"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "unknown"
