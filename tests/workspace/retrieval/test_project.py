import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.workspace.retrieval.answer import answer, located
from codecompanion.workspace.retrieval.packing import FORMAT
from codecompanion.workspace.retrieval.project import Project, index_path, open_project, open_worktree

RunGit = Callable[..., str]


@dataclass
class Opened:
    """Opens a project and remembers what it said."""

    state: Path
    said: list[str] = field(default_factory=list[str])
    read: list[int] = field(default_factory=list[int])

    def __call__(self, folder: Path) -> Project:
        async def job() -> Project:
            return await open_project(
                folder, self.state, on_progress=lambda _done, of: self.read.append(of), say=self.said.append
            )

        return anyio.run(job)

    def first(self, folder: Path, objective: str) -> str:
        project = self(folder)
        return located(project, answer(project, objective), 1)[0].path

    def changed(self) -> int:
        """How many files the last opening read."""
        last = self.read[-1] if self.read else 0
        self.read.clear()
        return last


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "state")


def test_only_what_changed_is_read_again(opened: Opened, repo: Path, git: RunGit) -> None:
    opened(repo)
    assert opened.changed() == 3
    opened(repo)
    assert opened.changed() == 0
    (repo / "calc.py").write_text("def subtract(a, b):\n    return a - b\n")
    assert opened.first(repo, "subtract") == "calc.py"
    assert opened.changed() == 1
    git("mv", "calc.py", "sums.py")
    assert opened.first(repo, "subtract") == "sums.py"


def test_a_project_is_its_repository_from_every_folder(opened: Opened, repo: Path) -> None:
    assert opened(repo / "docs").root == repo
    assert opened.first(repo / "docs", "add") == "calc.py"


def test_the_past_comes_from_git(opened: Opened, repo: Path, git: RunGit) -> None:
    opened(repo)
    (repo / "late.py").write_text("x = 1\n")
    git("add", "-A")
    git("commit", "-q", "-m", "Tame the flickering banner (#12)")
    history = opened(repo).place.history
    assert [(commit.subject, commit.paths) for commit in history.commits] == [
        ("Tame the flickering banner", ("late.py",)),
        ("first", ("calc.py",)),
    ]
    assert opened.first(repo, "banner flickers") == "late.py"


def test_a_repository_without_commits_and_a_folder_without_git_work(opened: Opened, tmp_path: Path) -> None:
    for name, init in (("new", True), ("bare", False)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "calc.py").write_text("def add(): ...\n")
        if init:
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        assert opened.first(folder, "add") == "calc.py"


@pytest.mark.parametrize("place", [0, 100, 5000])
def test_a_damaged_index_is_made_anew_and_that_is_said_once(opened: Opened, repo: Path, place: int) -> None:
    opened(repo)
    path = index_path(opened.state, repo)
    content = bytearray(path.read_bytes())
    content[place : place + 4000] = b"\xff" * len(content[place : place + 4000])
    path.write_bytes(content)
    assert opened.first(repo, "add") == "calc.py"
    assert opened.first(repo, "add") == "calc.py"
    assert len([line for line in opened.said if "made anew" in line]) == 1


def test_an_analysis_that_is_cut_short_is_damage_too(opened: Opened, repo: Path) -> None:
    opened(repo)
    with sqlite3.connect(index_path(opened.state, repo)) as connection:
        connection.execute("UPDATE analysis SET packed = substr(packed, 1, 9)")
    connection.close()
    assert opened.first(repo, "add") == "calc.py"
    assert len(opened.said) == 1


def test_an_index_of_another_format_is_made_anew_silently(opened: Opened, repo: Path) -> None:
    opened(repo)
    with sqlite3.connect(index_path(opened.state, repo)) as connection:
        connection.execute("DROP TABLE file")
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()
    assert opened.first(repo, "add") == "calc.py"
    assert opened.said == []


def test_two_processes_at_once_do_not_disturb_each_other(opened: Opened, repo: Path) -> None:
    for n in range(200):
        (repo / f"part{n}.py").write_text(f"def part{n}(): return {n}\n")
    command = [Path(sys.executable).with_name("codecompanion"), "locate", "part77", "-C", repo, "-k", "1"]
    environ = {"CODECOMPANION_STATE_DIR": str(opened.state), "HOME": str(opened.state), "PATH": "/usr/bin:/bin"}
    both = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert out.startswith("part77.py\n")


@pytest.mark.parametrize("folder", ["gone", "calc.py"])
def test_a_folder_that_is_none_is_refused(opened: Opened, repo: Path, folder: str) -> None:
    with pytest.raises(BadInput, match=r"does not exist|is a file"):
        opened(repo / folder)


def test_a_state_folder_that_cannot_be_made_is_told(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentBroken, match="cannot be made") as told:
        Opened(tmp_path / "file" / "state")(repo)
    assert "CODECOMPANION_STATE_DIR" in told.value.fix


def test_a_past_that_git_cannot_read_is_done_without(opened: Opened, repo: Path, git: RunGit) -> None:
    tree = git("rev-parse", "HEAD^{tree}")
    (repo / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert opened.first(repo, "add") == "calc.py"
    assert len([line for line in opened.said if "it is ranked without" in line]) == 1


def test_an_analysis_goes_with_the_last_path_that_has_its_content(opened: Opened, repo: Path) -> None:
    def kept() -> set[tuple[str, str]]:
        with sqlite3.connect(index_path(opened.state, repo)) as connection:
            rows = connection.execute("SELECT content, ending FROM analysis").fetchall()
            held = connection.execute("SELECT DISTINCT content, ending FROM file WHERE content IS NOT NULL").fetchall()
        connection.close()
        assert sorted(rows) == sorted(held)
        return set(rows)

    (repo / "copy.py").write_bytes((repo / "calc.py").read_bytes())
    opened(repo)
    before = kept()
    (repo / "calc.py").write_text("def other(): ...\n")
    opened(repo)
    after = kept()
    assert before < after
    (repo / "copy.py").touch()
    opened(repo)
    assert kept() == after
    (repo / "copy.py").unlink()
    opened(repo)
    assert len(kept()) == len(after) - 1


def nobody(_done: int, _of: int) -> None: ...


def test_a_worktree_that_is_followed_is_the_one_that_is_opened_anew(tmp_path: Path, repo: Path, git: RunGit) -> None:
    async def follow() -> None:
        quiet: dict[str, Any] = {"on_progress": nobody, "say": said.append}
        for number in range(40):
            (repo / f"part{number}.py").write_text(f"import calc\n\n\ndef part{number}():\n    return {number}\n" * 20)
        now = await open_worktree(repo, repo, tmp_path / "followed", **quiet)
        for number, change in enumerate((edit, move, commit, remove, edit_back)):
            change()
            now = await open_worktree(repo, repo, tmp_path / "followed", before=now, **quiet)
            anew = await open_worktree(repo, repo, tmp_path / f"anew{number}", **quiet)
            assert now.contents == anew.contents
            for objective in ("Add two numbers", "part7 drops what calc returns"):
                mine, theirs = answer(now, objective), answer(anew, objective)
                assert mine.order == theirs.order
                assert mine.scores.tolist() == theirs.scores.tolist()
                assert located(now, mine, 5, explain=True) == located(anew, theirs, 5, explain=True)

    def edit() -> None:
        (repo / "calc.py").write_text("import part9\n\n\ndef subtract(a, b):\n    return a - b\n")

    def move() -> None:
        (repo / "part7.py").rename(repo / "part7_moved.py")

    def commit() -> None:
        git("add", "-A")
        git("commit", "-q", "-m", "part7: drop what calc returns")

    def remove() -> None:
        (repo / "calc.py").unlink()

    def edit_back() -> None:
        (repo / "calc.py").write_text("def add(a, b):\n    return a + b\n")

    said: list[str] = []
    anyio.run(follow)
    assert said == []


@pytest.mark.anyio
async def test_two_worktrees_that_are_followed_in_turn_are_each_read_where_they_have_changed(
    tmp_path: Path, repo: Path
) -> None:
    async def look(root: Path, before: Project | None) -> Project:
        read.clear()
        return await open_worktree(
            root, repo, tmp_path / "state", before=before, on_progress=lambda _done, of: read.append(of), say=said.append
        )

    other, read, said = tmp_path / "other", list[int](), list[str]()
    shutil.copytree(repo, other)
    mine, theirs = await look(repo, None), await look(other, None)
    for number in range(3):
        (repo / "calc.py").write_text(f"def mine{number}(): ...\n")
        mine = await look(repo, mine)
        assert set(read) == {1}
        (other / "calc.py").write_text(f"def theirs{number}(): ...\n")
        theirs = await look(other, theirs)
        assert set(read) == {1}
    for project, word in ((mine, "mine2"), (theirs, "theirs2")):
        assert answer(project, word).order[0] == project.place.corpus.numbers["calc.py"]
    (other / "docs/guide.md").unlink()
    assert (await look(other, theirs)).place.corpus.paths == [".gitignore", "calc.py"]
    assert (await look(repo, mine)).contents == (await look(repo, None)).contents
    assert said == []


@pytest.mark.anyio
async def test_a_past_that_has_not_changed_is_not_read_again(tmp_path: Path, repo: Path, git: RunGit) -> None:
    async def look(before: Project | None) -> Project:
        return await open_worktree(repo, repo, tmp_path / "state", before=before, on_progress=nobody, say=print)

    first = await look(None)
    (repo / "calc.py").write_text("def subtract(a, b):\n    return a - b\n")
    second = await look(first)
    assert second.place.history is first.place.history
    git("commit", "-q", "-a", "-m", "Subtract")
    third = await look(second)
    assert [commit.subject for commit in third.place.history.commits] == ["Subtract", "first"]
    assert third.place.tests is first.place.tests
