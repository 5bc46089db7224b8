import socket

import pytest


def test_a_test_that_reaches_for_another_machine_fails() -> None:
    with socket.socket() as outward, pytest.raises(RuntimeError, match="reaches for the network"):
        outward.connect(("192.0.2.1", 80))
