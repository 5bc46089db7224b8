"""Logs a call of the command line as the settings say, and what no verb expected."""

import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.observability.logs import Logging, open_logs
from codecompanion.settings import Settings

_log = logging.getLogger(__name__)


@contextmanager
def logged(settings: Settings, redact: Callable[[str], str], level: str) -> Generator[None]:
    """Log until the block ends; `level` is from where on when the settings do not say, "" for nothing on stderr."""
    wanted = settings.log_level or level
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[wanted.upper()] if wanted else None
    with open_logs(Logging(number, as_json), settings.state_dir, redact):
        try:
            yield
        except CodeCompanionError as error:
            _log.info("the command ends with an error: %s", error.what, extra={"code": error.code, "cause": error.cause})
            raise
        except Exception:
            _log.exception("a fault of CodeCompanion")
            raise
