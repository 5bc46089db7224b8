"""A real `codecompanion up` and a real browser in front of it."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_line import COMMAND

CHROMIUM = "/usr/bin/chromium"
HOW = "the pages are tried in Chromium; install it with: apt-get install chromium"


def require_chromium() -> None:
    """Skip where there is no browser; in CI that is a failure."""
    if shutil.which(CHROMIUM) is None:
        if os.environ.get("CI"):
            pytest.fail(HOW)
        pytest.skip(HOW)


@dataclass(frozen=True)
class Pages:
    """Where the pages are, the link that lets a browser in, and where the API is."""

    url: str
    link: str
    api: str


@contextmanager
def pages(environ: Mapping[str, str], repo: Path) -> Generator[Pages]:
    """Serve the API and the pages of a repository until the block ends."""
    command = [COMMAND, "up", "-C", str(repo), "--port", "0", "--ui-port", "0", "--no-browser"]
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        try:
            api = re.search(r"http://[\d.:]+", process.stderr.readline())
            link = process.stdout.readline().strip()
            assert api is not None
            assert "/login?code=" in link, process.stderr.read()
            yield Pages(link.partition("/login")[0], link, api[0])
            process.send_signal(signal.SIGINT)
            assert process.wait(40) == 0
        finally:
            process.kill()
            process.wait()
