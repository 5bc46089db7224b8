"""Progress on stderr: a live line on a terminal, plain lines elsewhere; in stream-json mode the events go to stdout."""

import json
import sys
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from codecompanion.cli.failure import say, stop_writing
from codecompanion.cli.phases import Phases
from codecompanion.domain.counting import counted
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import SearchProgress


class Screen:
    """Shows how far a run is. `quiet` shows nothing; `stream_json` writes every event to stdout as one line of JSON."""

    def __init__(self, status: Status | None, *, quiet: bool, stream_json: bool) -> None:
        self._status = status
        self._quiet = quiet
        self._stream_json = stream_json
        self._phase, self._found = "", False
        self._phases = Phases()
        self._begun = time.monotonic()
        self._outcomes: Counter[str] = Counter()
        self.hearing = Hearing(self._on_test, self._on_search, on_wait=self._on_wait, say=self._say)

    def on_event(self, event: Event) -> None:
        """Show that an event was recorded."""
        if self._stream_json:
            self._write(event)
        phase = self._phases.after(event)
        if phase is not None and phase != self._phase:
            self._phase = phase
            self._outcomes.clear()
            self._line(phase)
        self._show(self._phases.detail)

    def ended(self) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()

    def _write(self, event: Event) -> None:
        try:
            sys.stdout.write(json.dumps({"schema_version": 1, "kind": "event", **event._asdict()}) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self._stream_json = False
            stop_writing(sys.stdout)
            say("note: nobody reads the events any more; the run goes on")
        except OSError as error:
            raise EnvironmentBroken("the events cannot be written to stdout", cause=str(error)) from error

    def _on_test(self, _test_id: str, outcome: str) -> None:
        self._outcomes[outcome] += 1
        self._show(", ".join(f"{count} {name}" for name, count in sorted(self._outcomes.items())))

    def _on_search(self, progress: SearchProgress) -> None:
        if progress.plausible and not self._found:
            self._found = True
            self._line("a patch passes the tests; looking for better ones")
        self._show(f"{progress.phase}, {counted(progress.candidates_tried, 'candidate')} tried, {progress.plausible} plausible")

    def _on_wait(self, why: str, seconds: float) -> None:
        words = f"waiting {seconds:.0f} s: {why}"
        self._line(words)
        self._show(words)

    def _say(self, sentence: str) -> None:
        if not self._quiet:
            say(f"[{self._elapsed()}] {sentence}")

    def _line(self, words: str) -> None:
        """Write a line where there is no live one."""
        if self._status is None and not self._quiet:
            say(f"[{self._elapsed()}] {words}")

    def _show(self, detail: str) -> None:
        if self._status is not None:
            self._status.update(f"{self._phase} ({detail}) {self._elapsed()}" if detail else f"{self._phase} {self._elapsed()}")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._begun:.1f} s"


@contextmanager
def open_screen(run_id: str, *, quiet: bool, stream_json: bool) -> Generator[Screen]:
    """Return a screen for one run; the live line is taken away in the end."""
    console = Console(stderr=True)
    # A live line takes stdout over, where the events belong.
    if quiet or stream_json or not console.is_terminal:
        if not quiet:
            say(f"run {run_id}")
        yield Screen(None, quiet=quiet, stream_json=stream_json)
        return
    with console.status(f"run {run_id}") as status:
        yield Screen(status, quiet=quiet, stream_json=stream_json)
