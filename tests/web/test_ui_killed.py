"""The pages are killed: the runs that were begun in them go on."""

import os
import signal
import subprocess
from typing import Any

from api_server import ENDED, api_server, begin, wait_for
from command_line import COMMAND


def test_f52_a_run_goes_on_when_the_pages_are_killed(place: Any) -> None:
    with api_server(place.environ, place.shop) as server, server.client() as client:
        command = [COMMAND, "ui", "--api", server.url, "--ui-port", "0", "--no-browser"]
        with subprocess.Popen(
            command, env={**os.environ, **place.environ}, stdout=subprocess.PIPE, start_new_session=True
        ) as pages:
            assert pages.stdout is not None
            assert b"/login?code=" in pages.stdout.readline()
            run_id = begin(client)
            os.killpg(pages.pid, signal.SIGKILL)  # and what it started
        assert wait_for(client, run_id, *ENDED)["status"] == "verified"
