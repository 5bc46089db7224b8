"""The server's entry: take over the standard streams, collect, and answer until the search hangs up."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .fresh import FreshServer
from .load import run_suite
from .suite import EmptySuite
from .warm import WarmServer
from .wire import take_standard_streams

if TYPE_CHECKING:
    from .wire import Message


def main(config: Message) -> None:
    """Serve one project until the search hangs up.

    `config`: mode, root, runner, args, import_roots; unloadable, whether nothing may be collected (a conftest is at fault).
    """
    wire = take_standard_streams()
    os.chdir(config["root"])
    sys.path[:0] = config["import_roots"]
    if config["mode"] == "fresh":
        FreshServer(config, wire).serve()
        return
    failure = run_suite(config, config["args"], lambda suite: WarmServer(config, wire, suite).serve())
    if failure and config["unloadable"]:
        WarmServer(config, wire, EmptySuite(failure)).serve()
    elif failure:
        wire.answer({"error": failure})
