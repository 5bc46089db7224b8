"""Cgroups of version 2, on the kernel's own tree.

What limits do needs a tree that has memory and processes to hand on. Where the kernel gives those to version 1, or the tree is
not ours, these tests are skipped and say so.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from codecompanion.ports import Cage, CommandLine
from codecompanion.workspace.sandboxes.cgroups import Cgroups, NoCgroup, cgroups_or_none, find_cgroups, own_folders
from codecompanion.workspace.sandboxes.rlimits import rlimits_sandbox
from codecompanion.workspace.sandboxes.together import held_together, who_holds_it

pytestmark = pytest.mark.anyio

MIB = 1024**2
OURS = """
import subprocess, sys
from pathlib import Path
from codecompanion.workspace.sandboxes.cgroups import Cgroups
made = Cgroups(Path(sys.argv[1])).make({})
subprocess.Popen([*made.way_in, "/bin/sh", "-c", "echo $$; exec sleep 600"], stdin=subprocess.PIPE)
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def tree() -> Iterator[Cgroups]:
    """A cgroup below which we may make others, whatever it hands on."""
    for folder in own_folders():
        if os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK):
            yield Cgroups(folder)
            return
    pytest.skip("no cgroup of version 2 that this user may divide")


@pytest.fixture
def divisible() -> Cgroups:
    try:
        return find_cgroups()
    except NoCgroup as none:
        pytest.skip(f"no cgroup whose limits can be tried: {none}")


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_is_in_its_cgroup_from_the_first_and_nothing_of_it_outlives_it(tree: Cgroups) -> None:
    cgroup = tree.make({})
    script = "cat /proc/self/cgroup; setsid sleep 600 >/dev/null & echo $!"
    done = subprocess.run([*cgroup.way_in, "/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True, timeout=20, check=True)
    *where, daemon = done.stdout.split()
    assert any(line.startswith("0::") and line.endswith(cgroup.path.name) for line in where)
    assert lives(int(daemon))
    cgroup.remove()
    assert not lives(int(daemon))
    assert not cgroup.path.exists()


def test_what_a_killed_process_of_ours_left_is_swept_and_what_is_in_use_is_not(tree: Cgroups) -> None:
    argv = [sys.executable, "-c", OURS, str(tree.parent)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout
        told = [ours.stdout.readline().strip(), ours.stdout.readline().strip()]
        pid, path = int(min(told, key=len)), Path(max(told, key=len))
        tree.sweep()
        assert path.exists(), "somebody uses it"
        assert lives(pid)
        ours.kill()
        ours.wait()
        assert path.exists(), "nobody was there to remove it"
        tree.sweep()
        assert not path.exists()
        assert not lives(pid)


def test_a_limit_that_the_kernel_does_not_know_leaves_nothing_behind(tree: Cgroups) -> None:
    before = set(tree.parent.glob("codecompanion-*"))
    with pytest.raises(OSError, match=r"no\.such\.limit"):
        tree.make({"no.such.limit": "1"})
    assert set(tree.parent.glob("codecompanion-*")) == before


async def test_where_there_is_none_the_watch_holds_and_is_named(tmp_path: Path) -> None:
    cgroups = cgroups_or_none()
    async with held_together(cgroups, Cage(writable=(tmp_path,))) as together:
        assert together.exceeded == ""
        assert bool(together.way_in) == (cgroups is not None)
    assert ("held by the kernel" in who_holds_it()) == (cgroups is not None)
    assert ("watched from outside" in who_holds_it()) == (cgroups is None)


async def in_a_cage(cage: Cage, code: str) -> tuple[int | None, str, str]:
    command = CommandLine((sys.executable, "-I", "-S", "-c", code), cage.writable[0], 60)
    result = await rlimits_sandbox().run(cage, command)
    return result.exit_code, result.stdout.decode(), result.stderr.decode()


@pytest.mark.attack("A54")
async def test_the_kernel_ends_processes_that_take_too_much_together_before_a_look_would(
    divisible: Cgroups, tmp_path: Path
) -> None:
    bomb = "import os, time\nfor _ in range(8):\n    if os.fork() == 0: x = b'x' * 16 * 2**20; time.sleep(60)\ntime.sleep(60)"
    with anyio.fail_after(30):
        code, _, stderr = await in_a_cage(Cage((tmp_path,), total_memory_bytes=64 * MIB), bomb)
    assert (code, "more than 64 MiB of memory together" in stderr) == (-signal.SIGKILL, True)
    assert list(divisible.parent.glob("codecompanion-*")) == []


@pytest.mark.attack("A55")
async def test_the_kernel_counts_the_processes_of_one_command_alone(divisible: Cgroups, tmp_path: Path) -> None:
    del divisible
    forks = (
        "import os, time\nborn = 0\ntry:\n    while born < 500:\n        if os.fork() == 0: time.sleep(60)\n        born += 1\n"
    )
    _, born, _ = await in_a_cage(Cage((tmp_path,), processes=40), forks + "except BlockingIOError: print(born)")
    assert 30 < int(born) < 50
