"""What `Sandbox.run` promises. What the weak rung shares with Landlock is tested there only."""

import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.quota import Quota
from heartbeats import has_begun, is_dead
from waiting import until

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio

MIB = 1024**2

# Writes to a file for as long as it lives, detached in every way that a daemon knows, deaf to SIGTERM.
DAEMON = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for stream in (0, 1, 2):
            os.close(stream)
        with open("heartbeat", "ab", buffering=0) as file:
            while True:
                file.write(b".")
                time.sleep(0.01)
    os._exit(0)
while not os.path.exists("heartbeat"):
    time.sleep(0.01)
time.sleep(float(sys.argv[1]))
"""


def processes_with(mark: str) -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _text(path)]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


async def test_output_and_exit_code_come_back(place: "Place") -> None:
    result = await place.sh("echo out; echo err >&2; exit 7")
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"out\n", b"err\n")
    assert not result.timed_out
    assert not result.truncated


async def test_f08_a_signal_is_a_negative_exit_code(strong_place: "Place") -> None:
    assert (await strong_place.sh("kill -SEGV $$")).exit_code == -signal.SIGSEGV


async def test_an_unknown_program_is_told_as_a_shell_does(strong_place: "Place") -> None:
    result = await strong_place.sandbox.run(strong_place.cage, strong_place.command("no-such-program"))
    assert result.exit_code == 127
    assert b"no-such-program" in result.stderr


async def test_it_starts_in_the_asked_folder(strong_place: "Place") -> None:
    assert (await strong_place.sh("pwd")).stdout.decode().strip() == str(strong_place.inside)


async def test_standard_input_is_empty(strong_place: "Place") -> None:
    assert (await strong_place.sh("wc -c")).stdout.strip() == b"0"


@pytest.mark.attack("A78")
async def test_the_environment_is_the_asked_one_and_none_of_ours(place: "Place", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_API_KEY", "secret")
    command = place.command("/usr/bin/env", env={"COLOUR": "blue = sky\nand sea", "PATH": "/usr/bin"})
    told = dict(
        line.split("=", 1)
        for line in (await place.sandbox.run(place.cage, command)).stdout.decode().splitlines()
        if "=" in line
    )
    told.pop("PWD", None)  # bubblewrap sets it as a shell does
    assert told.pop("HOME") != os.environ["HOME"]
    assert told.pop("TMPDIR")
    assert told == {"COLOUR": "blue = sky", "PATH": "/usr/bin", "LANG": "C.UTF-8"}


async def test_home_and_temporary_folder_are_there_to_write(strong_place: "Place") -> None:
    assert (
        await strong_place.sh('echo 1 > "$HOME/file" && echo 2 > "$TMPDIR/file" && cat "$HOME/file" "$TMPDIR/file"')
    ).stdout == b"1\n2\n"


async def test_a_writable_folder_is_written_and_read_back_outside(place: "Place") -> None:
    (place.inside / "given").write_text("given")
    (place.inside / "folder").mkdir()
    result = await place.sh("cat given && echo changed > given && echo new > folder/made && mkdir -p a/b && rm -r a")
    assert (result.stdout, result.stderr) == (b"given", b"")
    assert (place.inside / "given").read_text() == "changed\n"
    assert (place.inside / "folder" / "made").read_text() == "new\n"
    (place.inside / "folder" / "made").unlink()


async def test_what_we_write_between_two_commands_can_be_changed_by_the_second(strong_place: "Place") -> None:
    await strong_place.sh("mkdir made && echo 1 > made/first")
    (strong_place.inside / "made" / "second").write_text("2\n")
    assert (await strong_place.sh("echo 3 >> made/second; cat made/second")).stdout == b"2\n3\n"


async def test_a_readable_folder_is_read(strong_place: "Place") -> None:
    assert (await strong_place.sh(f"cat {strong_place.library}/book")).stdout == b"wisdom"


async def test_a_folder_reached_by_a_link_has_both_names(strong_place: "Place", tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(strong_place.library)
    command = strong_place.command("/bin/cat", str(tmp_path / "link" / "book"), str(strong_place.library / "book"))
    cage = Cage(writable=(strong_place.inside,), readable=(tmp_path / "link",))
    assert (await strong_place.sandbox.run(cage, command)).stdout == b"wisdomwisdom"


async def test_a_private_folder_made_inside_may_hold_another_path_of_the_cage(strong_place: "Place") -> None:
    await strong_place.sh("mkdir -m 700 private && echo kept > private/file && mkdir private/inner")
    private = strong_place.inside / "private"
    cage = Cage(writable=(strong_place.inside, private / "inner"))
    result = await strong_place.sandbox.run(
        cage, strong_place.command("/bin/sh", "-c", "cat private/file; echo new > private/other")
    )
    assert (result.stdout, result.stderr) == (b"kept\n", b"")
    assert (private / "other").read_text() == "new\n"


async def test_only_the_standard_streams_are_open(strong_place: "Place") -> None:
    result = await strong_place.python(
        "import os\nfor d in range(3, 1000):\n    try: os.fstat(d); print(d)\n    except OSError: pass"
    )
    assert (result.stdout, result.stderr) == (b"", b"")


async def test_at_the_time_limit_it_ends_and_says_so(strong_place: "Place") -> None:
    begin = time.monotonic()
    result = await strong_place.sh("trap '' TERM; echo begun; sleep 60; sleep 60", timeout_s=0.5)
    assert result.timed_out
    assert result.stdout == b"begun\n"
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(("lives_s", "timeout_s"), [(0, 30), (60, 0.6)], ids=["after its end", "at its time limit"])
async def test_f08_a_daemon_does_not_survive_its_command(place: "Place", lives_s: int, timeout_s: float) -> None:
    result = await place.python(DAEMON, lives_s, timeout_s=timeout_s)
    assert (result.exit_code, result.stderr) == (None if lives_s else 0, b"")
    assert await is_dead(place.inside)


async def test_cancelling_kills_everything(place: "Place") -> None:
    with anyio.move_on_after(0.6) as scope:
        await place.python(DAEMON, 60)
    assert scope.cancelled_caught
    assert await is_dead(place.inside)


async def test_f08_when_our_own_process_is_killed_the_command_dies_too_and_leaves_nothing(
    place: "Place", tmp_path: Path
) -> None:
    ours = (
        "import anyio, sys; from pathlib import Path; from codecompanion.ports import Cage, CommandLine\n"
        "from codecompanion.workspace.sandboxes.choose import RUNGS\n"
        "rung, inside, *prefixes, code = sys.argv[1:]\n"
        "cage = Cage((Path(inside),), tuple(map(Path, prefixes)))\n"
        "command = CommandLine((sys.executable, '-I', '-S', '-c', code, '60'), Path(inside), 60)\n"
        "anyio.run(RUNGS[rung]().run, cage, command)\n"
    )
    argv = [sys.executable, "-c", ours, place.sandbox.rung, str(place.inside), sys.prefix, sys.base_prefix, DAEMON]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with anyio.move_on_after(20) as waiting:
        async with await anyio.open_process(argv, env={**os.environ, "TMPDIR": str(temporary)}) as process:
            await has_begun(place.inside)
            process.kill()
    assert not waiting.cancelled_caught
    with anyio.fail_after(30):
        while not await is_dead(place.inside) or list(temporary.iterdir()):
            pass


@pytest.mark.attack("A64", "A65")
async def test_of_a_gigabyte_without_newlines_the_ends_are_kept_in_little_memory(bubblewrap_place: "Place") -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await bubblewrap_place.sh("printf begin; head -c 1000000000 /dev/zero; printf end", output_bytes=1000)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert result.truncated
    assert result.stdout.startswith(b"begin\0")
    assert result.stdout.endswith(b"\0end")
    assert len(result.stdout) < 1100
    assert grown_kib < 32 * 1024


@pytest.mark.attack("A64")
async def test_both_streams_can_be_flooded_at_once(strong_place: "Place") -> None:
    result = await strong_place.sh("head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait", output_bytes=100)
    assert result.exit_code == 0
    assert result.truncated
    assert len(result.stdout) < 200
    assert len(result.stderr) < 200


async def test_f49_memory_is_limited(place: "Place") -> None:
    result = await place.python("held = bytearray(900_000_000)", memory_bytes=512 * 1024**2)
    assert result.exit_code == 1
    assert b"MemoryError" in result.stderr


async def test_the_size_of_files_is_limited(place: "Place") -> None:
    result = await place.sh("head -c 5000000 /dev/zero > large", file_bytes=1_000_000)
    assert result.exit_code != 0
    assert (place.inside / "large").stat().st_size <= 1_000_000


async def test_f50_the_number_of_processes_is_limited(place: "Place") -> None:
    code = """
import os, time
born = 0
try:
    while born < 500:
        if os.fork() == 0:
            time.sleep(60)
        born += 1
except BlockingIOError:
    print(born)
"""
    result = await place.python(code, processes=40)
    # Without a user namespace, what else the same user starts or ends meanwhile counts too.
    ceiling = 40 if place.sandbox.rung == "bubblewrap" else 250
    assert 0 < int(result.stdout) <= ceiling


async def test_a_fork_bomb_neither_escapes_nor_survives(place: "Place") -> None:
    mark = uuid4().hex
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    result = await place.python(bomb, mark, timeout_s=0.5, processes=40)
    assert result.timed_out
    await until(lambda: not processes_with(mark))


async def test_a_missing_folder_is_named(strong_place: "Place") -> None:
    cage = Cage(writable=(strong_place.inside / "missing",))
    with pytest.raises(SandboxLost, match="missing' does not exist"):
        await strong_place.sandbox.run(cage, strong_place.command("/bin/true"))


async def test_a_command_that_cannot_start_in_its_folder_is_lost(strong_place: "Place") -> None:
    (strong_place.inside / "file").touch()
    command = strong_place.command("/bin/true")
    with pytest.raises(SandboxLost) as raised:
        await strong_place.sandbox.run(strong_place.cage, command.__class__(command.argv, strong_place.inside / "file", 10))
    assert raised.value.cause


async def test_commands_run_side_by_side(strong_place: "Place") -> None:
    async def one(number: int) -> None:
        assert (await strong_place.sh(f"sleep 0.2; echo {number}")).stdout == f"{number}\n".encode()

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(one, number)


TAKE = """
import os, sys, time
for _ in range(int(sys.argv[1])):
    if os.fork() == 0:
        os.setsid()
        taken = bytearray(os.urandom(4096) * (16 * 256))
        time.sleep(60)
        os._exit(0)
time.sleep(float(sys.argv[2]))
"""
"""Processes that have 16 MiB each, in sessions of their own."""


@pytest.mark.attack("A54")
async def test_many_processes_that_are_each_small_do_not_fill_the_memory_together(place: "Place") -> None:
    result = await place.python(TAKE, 8, 50, total_memory_bytes=64 * MIB)
    assert result.exit_code == -signal.SIGKILL
    assert b"its processes took more than 64 MiB of memory together" in result.stderr
    assert result.exceeded == "memory"
    assert result.duration_s < 30
    assert (await place.python(TAKE, 1, 0.3, total_memory_bytes=256 * MIB)).exit_code == 0


@pytest.mark.attack("A78")
async def test_what_one_step_lays_out_does_not_reach_the_environment_of_the_next(place: "Place") -> None:
    planted = "for file in .profile .bashrc .zshenv .gitconfig; do echo 'export LD_PRELOAD=/evil.so' > $HOME/$file; done"
    exported = "export PATH=/evil PYTHONPATH=/evil GIT_DIR=/evil LD_PRELOAD=/evil.so"
    await place.sh(f"{planted}; echo LD_PRELOAD=/evil.so > $TMPDIR/env; {exported}")
    shown = (await place.sh("env; ls -A $HOME $TMPDIR")).stdout.decode()
    assert "evil" not in shown
    assert not any(name in shown for name in ("LD_", "PYTHON", "GIT_", ".bashrc", ".gitconfig"))


@pytest.mark.attack("A72")
async def test_sparse_files_fill_no_disk_and_are_counted(tmp_path: Path) -> None:
    quota = Quota.now([tmp_path], written_bytes=10 * MIB, written_files=20)
    for number in range(10):
        with (tmp_path / f"sparse-{number}").open("wb") as file:
            file.truncate(2**40)
    with anyio.move_on_after(0.3):
        await quota.wait_until_exceeded()
    assert quota.exceeded == "", "ten terabytes that are nowhere"
    for number in range(200):
        (tmp_path / f"small-{number}").touch()
    with anyio.fail_after(30):
        await quota.wait_until_exceeded()
    assert quota.exceeded == "it wrote more than 20 files"
