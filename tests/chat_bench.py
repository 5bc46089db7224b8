"""A chat with a model that answers from a script, on the shop of `projects`."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.providers.dev_server.server import DevServer
from command_line import Cli, Done, installed
from providers_bench import script

MODEL, OTHER = "openai-chat:gpt-6.1-sol", "anthropic:claude-sonnet-5-5"
LOOK: dict[str, Any] = {"tools": [{"name": "read_file", "args": {"path": "shop.py"}}]}
SILENT: dict[str, Any] = {"text": "x", "fault": {"kind": "stall", "after": None}}


def words(text: str) -> dict[str, Any]:
    """Return an answer in plain text."""
    return {"text": text}


def edit(old: str, new: str) -> dict[str, Any]:
    """Return an answer that replaces a line of shop.py."""
    return {"text": f"shop.py\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"}


MEND = edit("    if count > 10:", "    if count >= 10:")
BREAK = edit("        return 5", "        return 6")


@dataclass
class Bench:
    """The command, a repository, and the server that answers for every model."""

    cli: Cli
    environ: dict[str, str]
    shop: Path
    server: DevServer

    def answers(self, *turns: dict[str, Any]) -> None:
        """Let the server answer like this from now on."""
        self.server.script = script(turns)

    def args(self, *more: str) -> tuple[str, ...]:
        return ("chat", "-C", str(self.shop), "--model", MODEL, "--json", *more)

    def talk(self, *lines: str, more: tuple[str, ...] = ()) -> tuple[Done, list[dict[str, Any]]]:
        """Hold a new chat and return how it ended and what was answered to each line."""
        return answered(self.cli(*self.args(*more), stdin=typed(lines)))

    def go_on(self, *lines: str, more: tuple[str, ...] = ()) -> tuple[Done, list[dict[str, Any]]]:
        """Go on with the last chat."""
        return answered(self.cli("chat", "--resume", "last", "--json", *more, stdin=typed(lines)))

    def asked(self, place: int = -1) -> str:
        """The body of a request that arrived."""
        return self.server.requests[place].body.decode()

    def begin(self, *lines: str) -> subprocess.Popen[bytes]:
        """Begin a chat that goes on while the test does other things; stdin stays open."""
        process = subprocess.Popen(
            [*installed(self.environ), *self.args()],
            cwd=self.shop,
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(typed(lines))
        process.stdin.flush()
        return process

    def await_requests(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        until = time.monotonic() + 60
        while len(self.server.requests) < count:
            assert time.monotonic() < until, f"{len(self.server.requests)} requests arrived"
            time.sleep(0.05)

    def replays(self) -> None:
        """Check that the log verifies, and that it alone leads to the same conclusions."""
        verified = self.cli("audit", "verify")
        assert verified.exit_code == 0, verified.stderr
        replayed = self.cli("replay", "last", "--offline", "--json")
        assert replayed.exit_code == 0, replayed.stderr


def typed(lines: tuple[str, ...]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def answered(done: Done) -> tuple[Done, list[dict[str, Any]]]:
    return done, [json.loads(line) for line in done.stdout.splitlines()]
