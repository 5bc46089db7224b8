"""Serve the pages: `python -m codecompanion.web FD`, on the open socket with this number.

The API's address, its token, the login code and names of the server come in the environment.
`codecompanion up` and `ui` start it.
"""

import os
import sys
from pathlib import Path
from socket import socket as Socket  # noqa: N812 - it is a class

import streamlit as st
import streamlit.config
import uvicorn
from starlette.middleware import Middleware

from codecompanion.web.gate import Gate

CODE_VARIABLE = "CODECOMPANION_UI_CODE"
NAMES_VARIABLE = "CODECOMPANION_UI_HOST_NAMES"
HOSTS = frozenset({"localhost", "127.0.0.1"})
SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxMessageSize": 32,
    "runner.magicEnabled": False,
}


def main(listening: Socket) -> None:
    """Serve until the process is told to stop."""
    for name, value in SETTINGS.items():
        streamlit.config.set_option(name, value)
    inline = Path(str(st.__file__)).parent / "static/index.html"
    gate = Middleware(Gate, code=os.environ.pop(CODE_VARIABLE), hosts=_hosts(), inline=inline)
    pages = st.App(Path(__file__).with_name("main.py"), middleware=[gate])
    config = uvicorn.Config(pages, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


def _hosts() -> frozenset[str]:
    """Return the names by which a browser may call the server."""
    return HOSTS | {name.lower() for name in os.environ.pop(NAMES_VARIABLE, "").split(",") if name}


if __name__ == "__main__":
    main(Socket(fileno=int(sys.argv[1])))
