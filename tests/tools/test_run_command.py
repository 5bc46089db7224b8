import shutil
import time

import pytest
from pydantic_ai import ModelRetry

from agent_world import SECRET, World
from codecompanion.domain.errors import LimitReached
from codecompanion.domain.permission import PermissionMode
from codecompanion.tools.run_command import run_command

pytestmark = pytest.mark.anyio


async def test_a_command_runs_at_the_root_and_is_evidence(world: World) -> None:
    text = await world.call(run_command, "ls | sort && cat missing")
    assert text.startswith("Exit code 1 after ")
    assert text.split("\n")[0].endswith("s [E1]")
    assert text.split("\n")[1:4] == ["conftest.py", "shop.py", "tests"]
    assert "[stderr]\n" in text
    ((purpose, argv, result, report),) = world.recorded
    assert (purpose, argv, result.exit_code, report) == ("run_command", ("sh", "-c", "ls | sort && cat missing"), 1, None)


async def test_the_projects_python_and_sources_are_found(world: World) -> None:
    world.desk.mode = PermissionMode.ACCEPT_EDITS
    text = await world.call(run_command, "cd tests && python -c 'import shop; print(shop.discount(11))'")
    assert text.split("\n")[1:] == ["5"]
    assert "1 failed, 3 passed" in await world.call(run_command, "python -m pytest -q -p no:cacheprovider")


async def test_the_worktree_is_writable_and_there_is_no_network(world: World) -> None:
    world.desk.mode = PermissionMode.ACCEPT_EDITS
    await world.call(run_command, "echo 1 > new.txt")
    assert (world.root / "new.txt").read_text() == "1\n"
    world.answers = ["yes"]
    code = 'import socket; socket.create_connection(("1.1.1.1", 53), 2)'
    text = await world.call(run_command, f"python -c '{code}'")
    assert "Error" in text
    assert text.startswith("Exit code 1")


async def test_what_needs_permission_is_asked_with_command_and_reason(world: World) -> None:
    world.answers = ["yes", "no, use the tests"]
    assert (await world.call(run_command, "touch a.txt")).startswith("Exit code 0")
    assert world.asked == ["touch a.txt: 'touch' is not known to be harmless in this mode"]
    text = await world.call(run_command, "touch b.txt")
    assert text == "Not run: the person did not allow it and said: no, use the tests"
    assert not (world.root / "b.txt").exists()


async def test_with_nobody_there_the_reason_is_given(world: World) -> None:
    world.desk.mode = PermissionMode.AUTO
    text = await world.call(run_command, "sh -c 'git push --force'")
    assert text == (
        "Not run: 'git push --force' can lose work or reach other places, and nobody is there to allow it. Do it another way."
    )
    assert world.recorded == []


async def test_in_plan_mode_only_what_reads_is_run(world: World) -> None:
    world.desk.mode = PermissionMode.PLAN
    assert (await world.call(run_command, "cat shop.py")).startswith("Exit code 0")
    assert await world.call(run_command, "touch a") == "Not run: in plan mode only commands that read are run."
    assert world.asked == []


async def test_output_is_cut_cleaned_and_without_secrets(world: World) -> None:
    world.desk.mode = PermissionMode.AUTO
    text = await world.call(run_command, f"printf '\\033[31m{SECRET}\\033[0m\\n'; seq 1 100000")
    assert "[redacted]" in text
    assert "\x1b" not in text
    assert "characters left out" in text
    assert text.endswith("100000")
    assert len(text) < 8300


async def test_a_command_is_stopped_at_its_limit_and_at_the_tasks(world: World) -> None:
    started = time.monotonic()
    assert (await world.call(run_command, "sleep 30", 1)).startswith("Stopped at its limit of 1 s [E1]\n[no output]")
    world.desk.time_left_s = lambda: 1.0
    assert (await world.call(run_command, "sleep 30")).startswith("Stopped at its limit of 1 s")
    assert time.monotonic() - started < 15
    world.desk.time_left_s = lambda: 0.0
    with pytest.raises(LimitReached):
        await world.call(run_command, "ls")


async def test_that_git_sees_no_repository_is_explained(world: World) -> None:
    shutil.rmtree(world.root / ".git")
    (world.root / ".git").write_text("gitdir: /somewhere/.git/worktrees/run\n")  # as in a worktree
    text = await world.call(run_command, "git status")
    assert text.startswith("Exit code 128")
    assert text.endswith("[git's own data is not in the sandbox: git commands cannot be run here]")


async def test_arguments_without_sense_are_sent_back(world: World) -> None:
    with pytest.raises(ModelRetry):
        await world.call(run_command, " ")
