import os
from pathlib import Path

import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.cage_paths import check_that_all_exist, check_that_others_may_read
from codecompanion.workspace.sandboxes.ownership import DEPTH, SANDBOX_UID, closed_folders, give_all

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away; sudo would help")


@as_root
def test_all_in_a_folder_is_given_but_not_what_links_point_to(tmp_path: Path) -> None:
    given, kept = tmp_path / "given", tmp_path / "kept"
    (given / "folder").mkdir(parents=True)
    kept.mkdir()
    for path in (given / "folder" / "file", kept / "file"):
        path.touch()
    (given / "to_folder").symlink_to(kept)
    (given / "to_file").symlink_to(kept / "file")
    give_all([given])
    assert {path.lstat().st_uid for path in (given, *given.rglob("*"))} == {SANDBOX_UID}
    assert {path.stat().st_uid for path in (kept, kept / "file")} == {0}


@as_root
def test_a_file_with_a_second_name_outside_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "secret").touch()
    (tmp_path / "given" / "secret").hardlink_to(tmp_path / "secret")
    give_all([tmp_path / "given"])
    assert (tmp_path / "secret").stat().st_uid == 0


@as_root
def test_endless_nesting_does_not_stop_it(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(DEPTH * 4):
        deep /= "d"
    deep.mkdir(parents=True)
    give_all([tmp_path])
    assert (tmp_path / "d" / "d").stat().st_uid == SANDBOX_UID


def test_of_nested_closed_folders_the_outermost_counts(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "open" / "inner"
    (inner / "needed").mkdir(parents=True)
    for folder in (outer, inner):
        folder.chmod(0o700)
    beneath = {folder for folder in closed_folders([inner / "needed"]) if folder.is_relative_to(tmp_path)}
    closed_above = closed_folders([outer])
    assert beneath == (set() if closed_above else {outer})


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(SandboxLost, match="not an absolute path"):
        check_that_all_exist(Cage(writable=(Path("relative"),)))


def test_a_folder_closed_to_others_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    with pytest.raises(SandboxLost) as raised:
        check_that_others_may_read([tmp_path / "closed"])
    assert "chmod" in raised.value.fix
