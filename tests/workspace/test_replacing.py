from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.replacing import replace_folder

pytestmark = pytest.mark.anyio


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("there", ["nothing", "folder", "file", "dangling link"])
async def test_the_new_folder_takes_the_place_of_whatever_is_there(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "replays/one"
    folder.parent.mkdir()
    old = {
        "nothing": lambda: None,
        "folder": folder.mkdir,
        "file": folder.touch,
        "dangling link": lambda: folder.symlink_to("x"),
    }
    old[there]()

    async def write(partial: Path) -> None:
        await anyio.Path(partial).mkdir()
        await anyio.Path(partial / "new").touch()

    await replace_folder(folder, write)
    assert names_in(folder) == ["new"]


async def test_a_write_that_fails_leaves_the_old_folder_and_the_next_one_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/old").touch()

    async def fails(partial: Path) -> None:
        await anyio.Path(partial).mkdir()
        raise OSError(28, "No space left on device")

    for _ in range(2):
        with pytest.raises(EnvironmentBroken, match="disk is full"):
            await replace_folder(tmp_path / "one", fails)
        assert names_in(tmp_path / "one") == ["old"]


async def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    async def write(partial: Path) -> None:
        await anyio.Path(partial).mkdir()
        for name in "abc":
            await anyio.sleep(0.02)
            await anyio.Path(partial / name).touch()

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(replace_folder, tmp_path / "replays/one", write)
    assert names_in(tmp_path / "replays/one") == ["a", "b", "c"]
    assert [name for name in names_in(tmp_path / "replays") if not name.endswith(".lock")] == ["one"]
