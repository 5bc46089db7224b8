"""Who comes first writes for all who wait."""

from collections.abc import Sequence

import anyio
import pytest

from codecompanion.storage.group_commit import GroupCommit

pytestmark = pytest.mark.anyio


class Disk:
    """Writes when it is let to, and remembers the groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.may_write = anyio.Semaphore(0)

    async def write(self, items: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(items))
        await self.may_write.acquire()
        if 13 in items:
            raise OSError("the disk is on fire")
        return [ValueError(f"{item} is odd") if item % 2 else 10 * item for item in items]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def commits(disk: Disk) -> GroupCommit[int, int]:
    return GroupCommit(disk.write)


async def note(commits: GroupCommit[int, int], item: int, answers: dict[int, object]) -> None:
    try:
        answers[item] = await commits.run(item)
    except (ValueError, OSError) as error:
        answers[item] = str(error)


async def test_what_comes_during_a_write_shares_the_next_one_and_each_has_its_own_answer(
    disk: Disk, commits: GroupCommit[int, int]
) -> None:
    answers: dict[int, object] = {}
    async with anyio.create_task_group() as tasks:
        for item in (2, 4, 5):
            tasks.start_soon(note, commits, item, answers)
        await anyio.wait_all_tasks_blocked()
        disk.may_write.release()
        await anyio.wait_all_tasks_blocked()
        assert disk.groups == [[2], [4, 5]]
        disk.may_write.release()
    assert answers == {2: 20, 4: 40, 5: "5 is odd"}
    disk.may_write.release()
    assert await commits.run(6) == 60


async def test_a_write_that_fails_fails_for_its_group_alone(disk: Disk, commits: GroupCommit[int, int]) -> None:
    answers: dict[int, object] = {}
    async with anyio.create_task_group() as tasks:
        for item in (2, 13, 4):
            tasks.start_soon(note, commits, item, answers)
        for _ in range(2):
            disk.may_write.release()
    assert answers == {2: 20, 13: "the disk is on fire", 4: "the disk is on fire"}


@pytest.mark.parametrize("victim", [2, 4, 6, 8])
async def test_whoever_is_cancelled_holds_nobody_up(disk: Disk, commits: GroupCommit[int, int], victim: int) -> None:
    answers: dict[int, object] = {}
    scopes: dict[int, anyio.CancelScope] = {}

    async def one(item: int) -> None:
        with anyio.CancelScope() as scopes[item]:
            await note(commits, item, answers)

    async with anyio.create_task_group() as tasks:
        for item in (2, 4, 6, 8):
            tasks.start_soon(one, item)
        await anyio.wait_all_tasks_blocked()
        scopes[victim].cancel()
        await anyio.wait_all_tasks_blocked()
        for _ in range(4):
            disk.may_write.release()
    assert answers == {item: 10 * item for item in (2, 4, 6, 8) if item != victim}


async def test_those_who_were_answered_together_write_together_again(disk: Disk, commits: GroupCommit[int, int]) -> None:
    async def keep_writing(item: int) -> None:
        for _ in range(10):
            assert await commits.run(item) == 10 * item

    for _ in range(40):
        disk.may_write.release()
    async with anyio.create_task_group() as tasks:
        for item in (2, 4, 6, 8):
            tasks.start_soon(keep_writing, item)
    assert len(disk.groups) <= 12  # of 40 items, 4 at a time but at the begin and at the end


async def test_whoever_is_cancelled_in_the_moment_of_its_turn_passes_it_on(disk: Disk, commits: GroupCommit[int, int]) -> None:
    answers: dict[int, object] = {}
    scope = anyio.CancelScope()

    async def doomed() -> None:
        with scope:
            await note(commits, 4, answers)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(note, commits, 2, answers)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(doomed)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(note, commits, 6, answers)
        await anyio.wait_all_tasks_blocked()
        disk.may_write.release()  # the writer is woken first, and calls the one that is cancelled
        scope.cancel()
        disk.may_write.release()
    assert disk.groups == [[2], [6]]
    assert answers == {2: 20, 6: 60}


async def test_the_others_of_a_group_whose_writer_is_cancelled_ask_again(disk: Disk, commits: GroupCommit[int, int]) -> None:
    answers: dict[int, object] = {}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(note, commits, 2, answers)
        await anyio.wait_all_tasks_blocked()
        async with anyio.create_task_group() as doomed:
            doomed.start_soon(note, commits, 4, answers)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(note, commits, 6, answers)
            await anyio.wait_all_tasks_blocked()
            disk.may_write.release()
            await anyio.wait_all_tasks_blocked()
            assert disk.groups[-1] == [4, 6]
            doomed.cancel_scope.cancel()
        for _ in range(2):
            disk.may_write.release()
    assert disk.groups[-1] == [6]
    assert answers == {2: 20, 6: 60}
