"""Where Landlock differs from bubblewrap."""

import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codecompanion.domain.allowed_hosts import written_host
from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio


def existing(paths: list[str]) -> list[str]:
    return [path for path in paths if Path(path).exists()]


async def test_what_cannot_be_kept_read_only_is_refused(landlock_place: "Place") -> None:
    (landlock_place.inside / "pointer").touch()
    cage = Cage(writable=(landlock_place.inside,), readable=(landlock_place.inside / "pointer",))
    with pytest.raises(SandboxLost, match="cannot be kept read-only"):
        await landlock_place.sandbox.run(cage, landlock_place.command("/bin/true"))


async def test_home_and_temporary_folder_are_gone_afterwards_however_deep_they_are(landlock_place: "Place") -> None:
    code = """
import os
print(os.environ["HOME"], os.environ["TMPDIR"])
os.chdir(os.environ["TMPDIR"])
for _ in range(1100):
    os.mkdir("d")
    os.chdir("d")
"""
    result = await landlock_place.python(code)
    assert (result.exit_code, len(result.stdout.split())) == (0, 2)
    assert existing(result.stdout.decode().split()) == []


async def test_shared_memory_of_the_host_is_out_of_reach(landlock_place: "Place") -> None:
    assert await landlock_place.succeeding(["os.listdir('/dev/shm')"]) == []
    code = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.shmget(0, 4096, 0o1600), ctypes.get_errno())"
    assert (await landlock_place.python(code)).stdout == b"-1 1\n"


@pytest.mark.attack("A95")
async def test_a_program_that_needs_the_network_is_refused(landlock_place: "Place") -> None:
    with pytest.raises(SandboxLost, match="the sandbox 'landlock' cannot give a program the network"):
        await landlock_place.sandbox.run(
            replace(landlock_place.cage, network=(written_host("api.example.com"),)), landlock_place.command("/bin/true")
        )


async def test_there_are_no_sockets_but_pairs(landlock_place: "Place") -> None:
    attacks = [f"socket.socket({family})" for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)]
    assert await landlock_place.succeeding([*attacks, "socket.socketpair()"]) == ["socket.socketpair()"]
