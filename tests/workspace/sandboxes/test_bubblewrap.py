"""What only namespaces of its own give."""

from typing import TYPE_CHECKING

import pytest

from codecompanion.workspace.sandboxes.bubblewrap import HOME, TEMPORARY

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio


async def test_no_process_of_the_host_is_seen(bubblewrap_place: "Place") -> None:
    result = await bubblewrap_place.sh("ls -d /proc/[0-9]*")
    assert {int(path.rpartition("/")[2]) for path in result.stdout.decode().split()} < set(range(1, 8))


async def test_a_server_of_the_project_can_talk_to_itself(bubblewrap_place: "Place") -> None:
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
print(server.accept()[0].recv(5))
"""
    assert (await bubblewrap_place.python(code)).stdout == b"b'hello'\n"


async def test_several_processes_can_share_memory_and_locks(bubblewrap_place: "Place") -> None:
    code = "import multiprocessing\nwith multiprocessing.Pool(2) as pool: print(pool.map(len, ['a', 'bb']))"
    result = await bubblewrap_place.python(code)
    assert (result.stdout, result.stderr) == (b"[1, 2]\n", b"")


async def test_the_machine_has_another_name_and_user(bubblewrap_place: "Place") -> None:
    assert (await bubblewrap_place.sh("hostname; whoami; echo ~")).stdout == f"sandbox\nsandbox\n{HOME}\n".encode()


async def test_the_temporary_folder_is_its_own_and_has_a_size(bubblewrap_place: "Place") -> None:
    result = await bubblewrap_place.sh(
        f"cd {TEMPORARY}; ls -A; for n in 1 2 3; do head -c 900000 /dev/zero > $n || exit 9; done", file_bytes=1_000_000
    )
    on_the_way = {
        path.parts[2] for path in (*bubblewrap_place.cage.writable, *bubblewrap_place.cage.readable) if len(path.parts) > 2
    }
    assert set(result.stdout.decode().split()) <= {"home", *on_the_way}
    assert result.exit_code == 9


async def test_a_path_inside_a_writable_folder_can_be_kept_read_only(bubblewrap_place: "Place") -> None:
    (bubblewrap_place.inside / "pointer").write_text("kept")
    cage = bubblewrap_place.cage.__class__(writable=(bubblewrap_place.inside,), readable=(bubblewrap_place.inside / "pointer",))
    command = bubblewrap_place.command(
        "/bin/sh", "-c", "echo new > pointer; rm -f pointer; mv pointer away; cat pointer; touch file"
    )
    assert (await bubblewrap_place.sandbox.run(cage, command)).stdout == b"kept"
    assert (bubblewrap_place.inside / "file").exists()


async def test_an_argument_cannot_hide_behind_a_nul(bubblewrap_place: "Place") -> None:
    command = bubblewrap_place.command("/bin/true", env={"NAME": "value\0--bind\0/\0/"})
    with pytest.raises(ValueError, match="NUL"):
        await bubblewrap_place.sandbox.run(bubblewrap_place.cage, command)
