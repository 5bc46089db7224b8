"""The launcher is started for every command, so it has to be light, and it must find its package without being told."""

import subprocess
import sys

from codecompanion.workspace.sandboxes.launcher.order import Order
from codecompanion.workspace.sandboxes.supervised import PACKAGES


def test_it_imports_nothing_that_takes_long() -> None:
    launcher = "codecompanion.workspace.sandboxes.launcher.supervise"
    code = f"import sys; sys.path.append(sys.argv[1]); import {launcher}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-I", "-S", "-c", code, PACKAGES], capture_output=True, check=True, text=True)
    assert not {"typing", "dataclasses", "json", "subprocess", "pathlib", "anyio", "pydantic"} & set(told.stdout.split())


def test_an_order_arrives_as_it_was_given() -> None:
    order = Order(
        argv=["/bin/echo", "\udcff"],
        cwd="/",
        env={"A": "b"},
        limits={1: 2},
        uid=None,
        writable=["/a"],
        readable=None,
        syscall_filter=b"\0\xff",
        private="/b",
        parent=1,
        status=2,
    )
    assert vars(Order.from_bytes(order.to_bytes())) == vars(order)
