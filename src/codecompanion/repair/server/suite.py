"""What the server needs of a test framework."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Frame = tuple[str, int, str]

MESSAGE_LENGTH = 4000
real_path = functools.lru_cache(maxsize=None)(os.path.realpath)


class Result:
    """How one test ended: "passed", "failed" or "skipped", the failure's text and its frames, the innermost last."""

    def __init__(self, outcome: str, message: str = "", frames: list[Frame] = []) -> None:  # noqa: B006 - never changed
        self.outcome = outcome
        self.message = message[:MESSAGE_LENGTH]
        self.frames = frames


class Suite:
    """A collected set of tests. `ids` are in the order of collection; `errors` maps what could not be collected to why."""

    ids: list[str]
    errors: dict[str, str]

    def run(self, test_id: str, next_id: str) -> Result:
        """Run one test; `next_id` ("" for none) lets shared fixtures live on."""
        raise NotImplementedError

    def screen(self, test_id: str, next_id: str) -> Result:
        """Run one test as fast as can be; what passes here is confirmed by `run`."""
        return self.run(test_id, next_id)


class EmptySuite(Suite):
    """Stands for tests of which none can be collected."""

    def __init__(self, failure: str) -> None:
        self.ids = []
        self.errors = {".": failure}


def frames_of(traceback: Any) -> list[Frame]:
    """Return (file, line, function) of a traceback, the innermost last."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append((real_path(code.co_filename), traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return frames


def loads(file: str, test_id: str) -> bool:
    """Whether a file (or a unittest module, or a conftest of a folder, or "." for all) is loaded before a test can run."""
    folder = file[: -len("conftest.py")].rstrip("/") if file.endswith("conftest.py") else file
    return folder in ("", ".") or test_id.startswith((folder + "::", folder + "/", folder + "."))
