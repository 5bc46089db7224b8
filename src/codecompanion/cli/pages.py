"""The web UI as a process of its own: Streamlit holds state that is global to its process, and costs a second to load."""

import os
import secrets
import subprocess
import sys
import time
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import create_server
from threading import Thread

import httpx2

from codecompanion.cli.failure import say
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.secret_shapes import without_secrets

UP_WITHIN_S = 30
STOP_WITHIN_S = 10


def require_pages() -> None:
    """Check that the web UI is installed.

    Raises:
        EnvironmentBroken: It is not.
    """
    if find_spec("streamlit") is None:
        raise EnvironmentBroken("the web UI is not installed", fix="pipx install '.[web]' in a clone of CodeCompanion")


@contextmanager
def serving_pages(api_url: str, token: str, port: int, *, browser: bool, log: Path) -> Generator[str]:
    """Serve the pages on this machine until the block ends; give the link that lets one browser in.

    Raises:
        EnvironmentBroken: The port cannot be had.
    """
    try:
        socket = create_server(("127.0.0.1", port))
    except OSError as error:
        raise EnvironmentBroken(
            f"port {port} cannot be listened on", cause=str(error), fix="choose another with --ui-port"
        ) from error
    code = secrets.token_urlsafe(32)
    given = {
        "CODECOMPANION_API_URL": api_url,
        "CODECOMPANION_API_TOKEN": token,
        "CODECOMPANION_UI_CODE": code,
    }
    with socket, log.open("ab") as output:
        command = [sys.executable, "-m", "codecompanion.web", str(socket.fileno())]
        process = subprocess.Popen(
            command,
            env={**without_secrets(os.environ), **given},
            pass_fds=[socket.fileno()],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"
        link = f"{address}/login?code={code}"
        Thread(target=_tell, args=(process, address, link, log), kwargs={"browser": browser}, daemon=True).start()
        try:
            yield link
        finally:
            _end(process)


def _tell(process: "subprocess.Popen[bytes]", address: str, link: str, log: Path, *, browser: bool) -> None:
    until = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx2.get(f"{address}/_stcore/health", timeout=2).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.2)
            continue
        print(link, flush=True)
        say("open this link once; it lets that browser in for a day")
        if browser:
            webbrowser.open(link)
        return
    say(f"the web UI did not start; {str(log)!r} has the reason")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
