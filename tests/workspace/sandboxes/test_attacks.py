"""What a hostile command tries on the rungs that close files and network."""

import os
import resource
import socket
import sys
from pathlib import Path
from pwd import getpwuid
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import pytest

import codecompanion

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio


OUTSIDE = [
    "open(sys.argv[1] + '/secret').read()",
    "open(sys.argv[1] + '/planted', 'w')",
    "open(sys.argv[1] + '/secret', 'a')",
    "os.truncate(sys.argv[1] + '/secret', 0)",
    "os.listdir(sys.argv[1])",
    "os.mkdir(sys.argv[1] + '/made')",
    "os.link(sys.argv[1] + '/secret', 'second')",
    "os.rename(sys.argv[1] + '/secret', 'taken'); os.rename('taken', sys.argv[1] + '/secret')",
    "os.symlink(sys.argv[1], 'link'); open('link/secret').read()",
    "os.symlink(sys.argv[1], 'other_link'); open('other_link/planted', 'w')",
    "open('../outside/secret').read()",
    "open(f'/proc/self/root{sys.argv[1]}/secret').read()",
    "os.chdir(sys.argv[1]); os.listdir('.')",
    "os.unlink(sys.argv[1] + '/secret')",
]


async def test_other_folders_are_closed(strong_place: "Place") -> None:
    (strong_place.inside / "given").symlink_to(strong_place.outside)
    attacks = [*OUTSIDE, "open('given/secret').read()", "open('given/planted', 'w')"]
    assert await strong_place.succeeding(attacks, strong_place.outside) == []
    assert {path.name: path.read_text() for path in strong_place.outside.iterdir()} == {"secret": "secret"}


async def test_the_same_attacks_succeed_where_nothing_closes_files(weak_place: "Place") -> None:
    assert await weak_place.succeeding(OUTSIDE, weak_place.outside) == OUTSIDE


async def test_deleting_everything_inside_leaves_the_outside_as_it_is(strong_place: "Place") -> None:
    (strong_place.inside / "link").symlink_to(strong_place.outside)
    result = await strong_place.sh("rm -rf link/ ./* ./.[a-z]* ../outside/* ../library/*; ls -A")
    assert result.stdout == b""
    assert (strong_place.outside / "secret").read_text() == "secret"
    assert (strong_place.library / "book").read_text() == "wisdom"


async def test_a_readable_folder_cannot_be_changed(strong_place: "Place") -> None:
    attacks = ["open(sys.argv[1], 'w')", "os.unlink(sys.argv[1])", "os.rename(sys.argv[1], 'book')"]
    assert await strong_place.succeeding(attacks, strong_place.library / "book") == []
    assert (strong_place.library / "book").read_text() == "wisdom"


@pytest.mark.parametrize(
    "folder", [Path.home(), Path(getpwuid(0).pw_dir), Path(codecompanion.__file__).parent, Path("/var/log")]
)
async def test_homes_and_repositories_show_nothing(strong_place: "Place", folder: Path) -> None:
    interpreter = {part for prefix in (sys.prefix, sys.base_prefix) for part in (Path(prefix), *Path(prefix).parents)}
    result = await strong_place.python(
        "import os, sys\ntry: print(*os.listdir(sys.argv[1]), sep=chr(10))\nexcept OSError: pass", folder
    )
    shown = {folder / name for name in result.stdout.decode().splitlines()}
    assert shown <= interpreter | {strong_place.inside, *strong_place.inside.parents}


async def test_the_system_cannot_be_written(strong_place: "Place") -> None:
    folders = ("usr/bin", "etc", "", "dev", "proc", "var")
    assert await strong_place.succeeding([f"open('/{folder}/planted', 'w')" for folder in folders]) == []


async def test_the_kernel_cannot_be_set(strong_place: "Place") -> None:
    settings = ("sys/kernel/core_pattern", "sys/kernel/hostname", "sys/vm/drop_caches", "sysrq-trigger")
    assert await strong_place.succeeding([f"open('/proc/{setting}', 'w')" for setting in settings]) == []


async def test_the_people_of_the_machine_are_not_shown(strong_place: "Place") -> None:
    result = await strong_place.sh("cat /etc/passwd /etc/shadow /etc/hostname")
    assert len(result.stdout.splitlines()) <= 2


async def test_no_tcp_server_of_the_host_answers(strong_place: "Place") -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        attack = "socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)"
        assert await strong_place.succeeding([attack], server.getsockname()[1]) == []


@pytest.mark.attack("A96")
async def test_nothing_reaches_the_host_by_udp(strong_place: "Place") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        code = (
            "import socket, sys\ntry: socket.socket(2, 2).sendto(b'out', ('127.0.0.1', int(sys.argv[1])))\nexcept OSError: pass"
        )
        await strong_place.python(code, server.getsockname()[1])
        with pytest.raises(TimeoutError):
            server.recv(10)


@pytest.mark.parametrize("kind", ["abstract", "in a folder"])
async def test_no_unix_socket_of_the_host_answers(strong_place: "Place", kind: str) -> None:
    address = f"\0{uuid4()}" if kind == "abstract" else str(strong_place.outside / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        attack = "socket.socket(socket.AF_UNIX).connect(bytes.fromhex(sys.argv[1]))"
        assert await strong_place.succeeding([attack], address.encode().hex()) == []


@pytest.mark.attack("A96")
async def test_the_internet_is_far_away(strong_place: "Place") -> None:
    assert await strong_place.succeeding(["socket.create_connection(('192.0.2.1', 80), 2)"]) == []


async def test_sockets_of_odd_families_are_refused(strong_place: "Place") -> None:
    packet, alg, vsock = 17, 38, 40
    assert await strong_place.succeeding([f"socket.socket({family}, 2)" for family in (packet, alg, vsock)]) == []


async def test_a_process_of_the_host_is_out_of_reach(strong_place: "Place") -> None:
    async with await anyio.open_process(["/bin/sleep", "60"]) as victim:
        attacks = [
            "os.kill(int(sys.argv[1]), 9)",
            "open(f'/proc/{sys.argv[1]}/environ').read()",
            "open(f'/proc/{sys.argv[1]}/cmdline').read()",
            "open(f'/proc/{sys.argv[1]}/mem', 'r+b')",
            "import resource; resource.prlimit(int(sys.argv[1]), resource.RLIMIT_NOFILE, (1, 1))",
        ]
        assert await strong_place.succeeding(attacks, victim.pid) == []
        assert victim.returncode is None
        assert resource.prlimit(victim.pid, resource.RLIMIT_NOFILE) != (1, 1)
        victim.kill()


async def test_our_own_environment_is_not_read_through_the_parent(
    strong_place: "Place", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER_API_KEY", "secret-of-ours")
    result = await strong_place.sh("cat /proc/[0-9]*/environ /proc/self/environ /proc/$PPID/environ | tr '\\0' '\\n'")
    assert b"secret-of-ours" not in result.stdout


async def test_new_powers_are_not_to_be_had(strong_place: "Place") -> None:
    commands = (
        "unshare --user true",
        "unshare --mount true",
        "mount -t tmpfs none .",
        "/usr/sbin/chroot . /bin/true",
        "mknod disk b 8 0",
        "nsenter --mount=/proc/1/ns/mnt true",
    )
    result = await strong_place.sh("\n".join(f"{command}; echo $?" for command in commands))
    codes = [int(code) for code in result.stdout.split()]
    assert len(codes) == len(commands)
    assert not {0, 127} & set(codes)


async def test_a_setuid_program_gives_no_rights(strong_place: "Place") -> None:
    assert (await strong_place.sh("cp /usr/bin/id . && chmod 6755 id && ./id -u && grep NoNewPrivs /proc/self/status")).stdout
    result = await strong_place.python("import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))")
    assert result.stdout == b"1\n"


async def test_root_outside_is_not_root_inside(strong_place: "Place") -> None:
    result = await strong_place.python("import os; print(*os.getresuid(), *os.getresgid(), *os.getgroups())")
    assert 0 not in set(map(int, result.stdout.split()))


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
async def test_dangerous_system_calls_are_refused(strong_place: "Place") -> None:
    ptrace, keyctl, unshare, bpf, userfaultfd, io_uring_setup = 101, 250, 272, 321, 323, 425
    code = (
        "import ctypes, sys; libc = ctypes.CDLL(None, use_errno=True)\n"
        "for number in sys.argv[1:]: libc.syscall(int(number), 0, 0, 0, 0, 0); print(ctypes.get_errno())"
    )
    result = await strong_place.python(code, ptrace, keyctl, unshare, bpf, userfaultfd, io_uring_setup)
    assert result.stdout.split() == [b"1"] * 6


async def test_a_terminal_cannot_be_typed_into(strong_place: "Place") -> None:
    assert await strong_place.succeeding(["import fcntl; fcntl.ioctl(0, 0x5412, b'x')", "open('/dev/tty')"]) == []
