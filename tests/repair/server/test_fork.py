from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from codecompanion.repair.server.fork import forked
from processes import has_ended

if TYPE_CHECKING:
    from codecompanion.repair.server.fork import Send, Work


def well(send: Send) -> None:
    send({"said": 1})


def leaves(send: Send) -> None:
    send({"said": 1})
    os._exit(0)


def is_killed(send: Send) -> None:
    send({"said": 1})
    os.kill(os.getpid(), signal.SIGTERM)


def spins(send: Send) -> None:
    send({"said": 1})
    signal.setitimer(signal.ITIMER_PROF, 0.05)
    while True:
        pass


def sleeps(send: Send) -> None:
    send({"said": 1})
    time.sleep(60)


def swallows_everything(send: Send) -> None:
    send({"said": 1})
    send({"never": len(bytearray(1 << 40))})


@pytest.mark.parametrize(
    ("work", "ending"),
    [
        (well, "done"),
        (leaves, "crash"),
        (is_killed, "crash"),
        (spins, "timeout"),
        (sleeps, "timeout"),
        (swallows_everything, "crash"),
    ],
)
def test_however_a_child_ends_its_words_are_kept(work: Work, ending: str) -> None:
    assert forked(work, 1.0) == ([{"said": 1}], ending)


def test_what_a_child_starts_dies_with_it() -> None:
    def work(send: Send) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        send({"pid": process.pid})

    messages, ending = forked(work, 5.0)
    assert ending == "done"
    assert has_ended(messages[0]["pid"])
