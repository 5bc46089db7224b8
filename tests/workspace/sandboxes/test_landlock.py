"""Where Landlock differs from bubblewrap."""

import socket
from typing import TYPE_CHECKING

import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio


async def test_what_cannot_be_kept_read_only_is_refused(landlock_place: "Place") -> None:
    (landlock_place.inside / "pointer").touch()
    cage = Cage(writable=(landlock_place.inside,), readable=(landlock_place.inside / "pointer",))
    with pytest.raises(SandboxLost, match="cannot be kept read-only"):
        await landlock_place.sandbox.run(cage, landlock_place.command("/bin/true"))


async def test_home_and_temporary_folder_are_gone_afterwards(landlock_place: "Place") -> None:
    result = await landlock_place.sh('cd "$TMPDIR"; for n in $(seq 300); do mkdir d; cd d; done; echo "$HOME"; echo "$TMPDIR"')
    assert len(result.stdout.split()) == 2
    assert not [path for path in result.stdout.decode().split() if landlock_place.inside.__class__(path).exists()]


async def test_shared_memory_of_the_host_is_out_of_reach(landlock_place: "Place") -> None:
    assert await landlock_place.succeeding(["os.listdir('/dev/shm')"]) == []
    code = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.shmget(0, 4096, 0o1600), ctypes.get_errno())"
    assert (await landlock_place.python(code)).stdout == b"-1 1\n"


async def test_there_are_no_sockets_but_pairs(landlock_place: "Place") -> None:
    attacks = [f"socket.socket({family})" for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)]
    assert await landlock_place.succeeding([*attacks, "socket.socketpair()"]) == ["socket.socketpair()"]
