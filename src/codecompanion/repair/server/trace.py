"""Which lines of the project a test runs."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from .suite import real_path

if TYPE_CHECKING:
    from collections.abc import Callable

TOOL = 4  # an id of sys.monitoring that no profiler or debugger claims


class LineTracer:
    """Collects lines by file. One at a time per process."""

    def __init__(self, root: str) -> None:
        self._inside = root + os.sep
        self._by_filename = {}
        self._start, self._stop = _monitoring(self) if hasattr(sys, "monitoring") else _settrace(self)

    def start(self) -> None:
        """Begin with empty sets."""
        for lines in self._by_filename.values():
            if lines is not None:
                lines.clear()
        self._start()

    def stop(self) -> dict[str, list[int]]:
        """End and return the sorted lines by real path."""
        self._stop()
        return {real_path(name): sorted(lines) for name, lines in self._by_filename.items() if lines}

    def lines_of(self, filename: str) -> set[int] | None:
        """Return where to note lines of a code's file, None when it is not the project's."""
        try:
            return self._by_filename[filename]
        except KeyError:
            lines = set() if not filename.startswith("<") and str(real_path(filename)).startswith(self._inside) else None
            self._by_filename[filename] = lines
            return lines


def _settrace(tracer: LineTracer) -> tuple[Callable[[], None], Callable[[], None]]:
    def enter(frame: Any, _event: str, _arg: Any) -> Any:
        lines = tracer.lines_of(frame.f_code.co_filename)
        if lines is None:
            return None

        def step(frame: Any, event: str, _arg: Any) -> Any:
            if event == "line":
                lines.add(frame.f_lineno)
            return step

        return step

    def start() -> None:
        threading.settrace(enter)
        sys.settrace(enter)

    def stop() -> None:
        sys.settrace(None)
        threading.settrace(None)

    return start, stop


def _monitoring(tracer: LineTracer) -> tuple[Callable[[], None], Callable[[], None]]:
    monitoring = sys.monitoring  # type: ignore[attr-defined]

    def line(code: Any, number: int) -> Any:
        lines = tracer.lines_of(code.co_filename)
        if lines is not None:
            lines.add(number)
        return monitoring.DISABLE

    def start() -> None:
        monitoring.use_tool_id(TOOL, "codecompanion")
        monitoring.register_callback(TOOL, monitoring.events.LINE, line)
        monitoring.restart_events()
        monitoring.set_events(TOOL, monitoring.events.LINE)

    def stop() -> None:
        monitoring.set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)

    return start, stop
