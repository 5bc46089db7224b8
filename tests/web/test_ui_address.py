"""`codecompanion ui`, as a container runs it: beyond loopback, called by the names it was given."""

import os
import signal
import subprocess
from collections.abc import Generator

import httpx2
import pytest

from command_line import COMMAND

NAME = "companion.example.org"


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    state = tmp_path_factory.mktemp("state")
    command = [COMMAND, "ui", "--host", "0.0.0.0", "--host-name", NAME, "--ui-port", "0", "--no-browser"]
    environ = {**os.environ, "CODECOMPANION_STATE_DIR": str(state)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(("name", "status"), [(NAME, 403), ("localhost", 403), ("elsewhere.example.org", 421)])
@pytest.mark.attack("A88")
def test_the_pages_answer_to_their_names_alone_and_let_nobody_in_without_the_link(link: str, name: str, status: int) -> None:
    address = link.partition("/login")[0]
    assert httpx2.get(address, headers={"Host": name}).status_code == status
