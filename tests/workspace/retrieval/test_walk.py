"""A walk that remembers an earlier one finds what a walk without memory finds."""

import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.workspace.retrieval.walk import SETTLED_NS, walk

A_YEAR_NS = 365 * 24 * 3600 * 10**9
LONG_ENOUGH_S = 0.02
"""The kernel's clock for the times of files moves on every few milliseconds."""

places = st.sampled_from(("a", "a/b", "a/b/c.py", "a/c.py", "b", "b.log", "a/b.log", "build", "build/d.py", ".git"))
ignore_files = st.sampled_from((".gitignore", "a/.gitignore", "a/b/.gitignore", ".agentsignore"))
patterns = st.sampled_from(("", "*.log\n", "build/\n", "b\n!b/\n", "/a/b\n", "!*.log\n", "a/\n", "c.py\n"))
moves = st.one_of(
    st.tuples(st.just("file"), places, st.none()),
    st.tuples(st.just("folder"), places, st.none()),
    st.tuples(st.just("link"), places, st.none()),
    st.tuples(st.just("remove"), places, st.none()),
    st.tuples(st.just("rename"), places, places),
    st.tuples(st.just("ignore"), ignore_files, patterns),
)


def move(root: Path, kind: str, path: str, how: Any) -> None:
    if kind == "rename":
        rename(root / path, root / how)
        return
    make_room(root, path)
    match kind:
        case "file":
            (root / path).touch()
        case "folder":
            (root / path).mkdir()
        case "link":
            (root / path).symlink_to(root)
        case "ignore":
            (root / path).write_text(how)
        case _:
            pass


def rename(place: Path, other: Path) -> None:
    if place.exists() and not other.exists() and other.parent.is_dir() and not other.is_relative_to(place):
        place.rename(other)


def make_room(root: Path, path: str) -> None:
    """Remove what is at a path, and make the folders above it, in place of files and links if need be."""
    for above in reversed(Path(path).parents[:-1]):
        if not (root / above).is_dir() or (root / above).is_symlink():
            (root / above).unlink(missing_ok=True)
            (root / above).mkdir()
    if (root / path).is_dir() and not (root / path).is_symlink():
        shutil.rmtree(root / path)
    else:
        (root / path).unlink(missing_ok=True)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(moves, min_size=1, max_size=4), min_size=1, max_size=5))
def test_a_walk_with_memory_finds_what_one_without_finds(history: list[list[Any]]) -> None:
    with TemporaryDirectory() as folder:
        now = walk(Path(folder), time.time_ns())
        for changes in history:
            for change in changes:
                move(Path(folder), *change)
            now = walk(Path(folder), time.time_ns(), now)
            anew = walk(Path(folder), time.time_ns())
            assert now.paths == anew.paths
            assert now.folders == anew.folders


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were listed, by their names."""
    names: list[str] = []
    scan = os.scandir

    def noted(path: str) -> Any:
        names.append(Path(path).name)
        return scan(path)

    monkeypatch.setattr("os.scandir", noted)
    return names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("one", "two", "three"):
        (tmp_path / "root" / name).mkdir(parents=True)
        (tmp_path / "root" / name / "a.py").write_text("")
    time.sleep(LONG_ENOUGH_S)
    return tmp_path / "root"


def test_only_changed_folders_are_listed_again(root: Path, listed: list[str]) -> None:
    later_ns = time.time_ns() + A_YEAR_NS
    first = walk(root, later_ns)
    assert sorted(listed) == ["one", "root", "three", "two"]
    listed.clear()
    assert walk(root, later_ns, first).paths == first.paths
    assert listed == []
    (root / "one" / "b.py").write_text("")
    (root / "two" / "a.py").write_text("x = 1\n")
    (root / "three" / "a.py").unlink()
    (root / "three" / "a.py").mkdir()
    second = walk(root, later_ns, first)
    assert sorted(listed) == ["a.py", "one", "three"]
    assert second.paths == ("one/a.py", "one/b.py", "two/a.py")


def test_a_folder_that_has_just_changed_is_listed_again_though_its_times_are_the_same(root: Path, listed: list[str]) -> None:
    changed_ns = max((root / name).stat().st_ctime_ns for name in (".", "one", "two", "three"))
    first = walk(root, changed_ns + SETTLED_NS - 1)
    listed.clear()
    second = walk(root, changed_ns + SETTLED_NS + 1, first)
    assert "three" in listed
    listed.clear()
    walk(root, changed_ns + SETTLED_NS + 1, second)
    assert listed == []


def test_patterns_that_change_where_no_name_does_hold_from_then_on(root: Path) -> None:
    later_ns = time.time_ns() + A_YEAR_NS
    for name in (".gitignore", ".agentsignore", "one/.gitignore"):
        (root / name).write_text("")
    first = walk(root, later_ns)
    (root / ".gitignore").write_text("/two/\n")
    second = walk(root, later_ns, first)
    assert second.paths == tuple(path for path in first.paths if not path.startswith("two/"))
    (root / ".agentsignore").write_text("three/\n")
    (root / "one/.gitignore").write_text("a.py\n")
    third = walk(root, later_ns, second)
    assert third.paths == (".agentsignore", ".gitignore", "one/.gitignore")
