"""An engine whose steps are logged, timed and counted."""

import logging
import re
import time
from typing import Protocol

from codecompanion.domain.errors import BUG_CODE, CodeCompanionError
from codecompanion.domain.state import Running
from codecompanion.domain.steps import Step
from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.watching import Watchers

_log = logging.getLogger(__name__)
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Performs(Protocol):
    """What does the steps."""

    async def perform(self, run_id: str, state: Running, step: Step) -> None:
        """Do one step."""
        ...


class SeenEngine:
    """An engine around another one."""

    def __init__(self, engine: Performs, watchers: Watchers) -> None:
        self._engine = engine
        self._watchers = watchers

    async def perform(self, run_id: str, state: Running, step: Step) -> None:
        """Do one step."""
        name, begun = _WORD.sub("_", type(step).__name__).lower(), time.monotonic()
        with log_fields(step=name, task=getattr(step, "task_id", "")):
            try:
                await self._engine.perform(run_id, state, step)
            except CodeCompanionError as error:
                _log.warning("step stopped: %s", error.what, extra={"code": error.code, "cause": error.cause})
                self._watchers.stopped(error.code)
                raise
            except Exception:
                _log.exception("a fault of CodeCompanion", extra={"code": BUG_CODE})
                self._watchers.stopped(BUG_CODE)
                raise
            seconds = time.monotonic() - begun
            self._watchers.performed(name, seconds)
            _log.info("step done", extra={"seconds": round(seconds, 3)})
