"""Remember what runs teach: after each run, and for who asks."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from codecompanion.memory.learning import Learner
from codecompanion.memory.memory import ProjectMemory
from codecompanion.wiring import App
from codecompanion.wiring.memory import learner_of
from codecompanion.wiring.memory import open_memory as open_project_memory

LEARNING_S = 5.0
"""What is not learned by then is learned before the memory is next asked."""
_log = logging.getLogger(__name__)


async def remember(app: App, run_id: str) -> None:
    """Learn from a run that has ended. It is recorded and over: whatever goes wrong here is logged and changes nothing."""
    if not app.settings.memory:
        return
    with anyio.move_on_after(LEARNING_S, shield=True):
        try:
            await _learner(app).catch_up()
        except Exception as error:  # noqa: BLE001 - a memory that cannot be written must not take a result away
            _log.warning("run %s is not remembered: %s", run_id, error)


@asynccontextmanager
async def open_memory(app: App, folder: Path, environ: Mapping[str, str]) -> AsyncGenerator[ProjectMemory]:
    """Open the memory of the project whose repository holds a folder; raises as `wiring.memory.open_memory`."""
    async with open_project_memory(app.settings, environ, _learner(app), folder, shared=app.vectors) as memory:
        yield memory


def _learner(app: App) -> Learner:
    return learner_of(app.settings, app.store, app.redactor.text)
