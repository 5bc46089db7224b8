"""How tests call the installed command."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

COMMAND = Path(sys.executable).with_name("codecompanion")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return json.loads(self.stdout)


class Cli(Protocol):
    """Runs the installed command; `stdin` is what it reads, nothing by default; `env` is laid over the environment."""

    def __call__(self, *args: str | bytes, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done: ...
