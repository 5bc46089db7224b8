"""How a record of the log is written: as JSON for programs, as text for people, and in both without secrets.

Everything that logs, ours and the libraries', goes through one chain. It masks secrets twice: in each value, before an escape
can hide one, and in the whole line at the very end.
"""

import json
import logging
from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from structlog.processors import format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from codecompanion.observability.log_fields import fields_here

Line = MutableMapping[str, Any]
_FIRST = ("ts", "level", "event")


def formatter(*, as_json: bool, redact: Callable[[str], str]) -> logging.Formatter:
    """Return what writes records; `redact` masks secrets."""

    def masked(_logger: Any, _name: str, line: Line) -> Line:
        return {name: _masked(value, redact) for name, value in line.items()}

    def masked_text(_logger: Any, _name: str, line: Line) -> str:
        return redact(_as_json(line) if as_json else _as_text(line))

    return ProcessorFormatter(
        foreign_pre_chain=[add_log_level, add_logger_name, ExtraAdder()],
        processors=[_with_place, ProcessorFormatter.remove_processors_meta, format_exc_info, masked, masked_text],
    )


def _with_place(_logger: Any, _name: str, line: Line) -> Line:
    at = datetime.fromtimestamp(line["_record"].created, UTC)
    line.pop("color_message", None)  # uvicorn's second text of the same
    ordered = {"ts": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "level": line.pop("level"), "event": line.pop("event")}
    return {**ordered, **fields_here(), **line}


def _masked(value: Any, redact: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_masked(one, redact) for one in cast("Sequence[Any]", value)]
    if isinstance(value, dict):
        return {redact(str(name)): _masked(one, redact) for name, one in cast("dict[Any, Any]", value).items()}
    return redact(str(value))


def _as_json(line: Line) -> str:
    return json.dumps(line)  # all that is not ASCII is escaped, and so is everything that steers a terminal


def _as_text(line: Line) -> str:
    rest = " ".join(f"{name}={_word(value)}" for name, value in line.items() if name not in (*_FIRST, "exception"))
    head = f"{line['ts']} {line['level'].upper():7} {_visible(str(line['event']))}"
    trace = "\n".join(map(_visible, str(line.get("exception", "")).splitlines()))
    return "\n".join(filter(None, (f"{head}  {rest}".rstrip(), trace)))


def _word(value: Any) -> str:
    text = _visible(str(value))
    return text if text and " " not in text else json.dumps(text, ensure_ascii=False)


def _visible(text: str) -> str:
    """Return a text on one line in which nothing steers a terminal."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
