"""What became of a delivered change is read in the user's own history."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from codecompanion.domain.outcomes import Later
from codecompanion.workspace.delivery import deliver_branch
from codecompanion.workspace.fate import fate_of
from codecompanion.workspace.repository import locate
from projects import IDENTITY

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "20260101-000000-ab12"
BRANCH = f"codecompanion/{RUN}-fix"
BEFORE, AFTER = "".join(f"old {i}\n" for i in range(10)), "".join(f"new {i}\n" for i in range(8)) + "old 8\nold 9\n"

pytestmark = pytest.mark.anyio


class History:
    """A repository whose commits are made on days, counted from the start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.day = 0.0
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("the beginning", {"a.py": BEFORE, "other.py": "x\n"})

    def git(self, *args: str) -> str:
        date = f"@{int((START + timedelta(days=self.day)).timestamp())} +0000"
        env = {**os.environ, **IDENTITY, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(["git", *args], cwd=self.root, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str, files: Mapping[str, str], day: float | None = None) -> str:
        self.day = self.day if day is None else day
        for name, text in files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    async def deliver(self) -> str:
        """Deliver the change as a run does and return its commit."""
        made = self.commit("work", {"a.py": AFTER})
        self.git("reset", "-q", "--hard", "HEAD~1")
        found = await locate(self.root)
        message = f"Fix it\n\nObjective: fix\nCodeCompanion-Run: {RUN}"
        date = START + timedelta(days=self.day)
        return await deliver_branch(found, BRANCH, commit=made, base="HEAD", message=message, date=date)

    async def fate(self, commit: str, *, day: float) -> Later | None:
        return await fate_of(self.root, commit, RUN, START + timedelta(days=day))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "shop")


async def test_what_is_on_our_branch_alone_is_not_merged(history: History) -> None:
    commit = await history.deliver()
    assert await history.fate(commit, day=3) == Later(merged=None)
    assert await history.fate(commit, day=31) == Later(merged=False)


async def test_a_merge_is_seen_and_dated(history: History) -> None:
    commit = await history.deliver()
    history.day = 2
    history.git("merge", "-q", "--no-ff", "-m", "merge it", BRANCH)
    assert await history.fate(commit, day=8) == Later(merged=True, reverted=False)
    assert await history.fate(commit, day=9.1) == Later(merged=True, reverted=False, survived_7=1.0)
    assert await history.fate(commit, day=33) == Later(merged=True, reverted=False, survived_7=1.0, survived_30=1.0)


async def test_a_fast_forward_is_a_merge(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    assert await history.fate(commit, day=8) == Later(merged=True, reverted=False, survived_7=1.0)


async def test_a_rebased_commit_is_known_by_its_trailer(history: History) -> None:
    commit = await history.deliver()
    history.commit("meanwhile", {"other.py": "y\n"}, day=1)
    history.git("cherry-pick", BRANCH)
    assert await history.fate(commit, day=2) == Later(merged=True, reverted=False)


async def test_a_change_that_was_committed_by_hand_among_others_is_known_by_its_patch(history: History) -> None:
    commit = await history.deliver()
    history.commit("my own words", {"a.py": AFTER, "other.py": "y\n"}, day=1)
    history.git("branch", "-D", BRANCH)
    assert await history.fate(commit, day=2) == Later(merged=True, reverted=False)


async def test_another_change_of_the_same_lines_is_not_taken_for_it(history: History) -> None:
    commit = await history.deliver()
    history.commit("something else", {"a.py": AFTER.replace("new 3", "mine")}, day=1)
    assert await history.fate(commit, day=2) == Later(merged=None)


async def test_a_revert_is_seen(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    history.day = 3
    history.git("revert", "--no-edit", "HEAD")
    assert await history.fate(commit, day=40) == Later(merged=True, reverted=True)


async def test_the_revert_of_a_merge_is_seen(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--no-ff", "-m", "merge it", BRANCH)
    history.day = 3
    history.git("revert", "--no-edit", "-m", "1", "HEAD")
    assert await history.fate(commit, day=40) == Later(merged=True, reverted=True)


async def test_a_change_that_was_taken_back_by_hand_is_reverted(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    history.commit("back again", {"a.py": BEFORE}, day=3)
    assert await history.fate(commit, day=40) == Later(merged=True, reverted=True)


async def test_what_was_reverted_and_brought_back_is_not_reverted(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    history.day = 3
    history.git("revert", "--no-edit", "HEAD")
    history.day = 4
    history.git("revert", "--no-edit", "HEAD")
    found = await history.fate(commit, day=5)
    assert found is not None
    assert found.reverted is False


async def test_lines_that_were_replaced_did_not_survive(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    half = AFTER.replace("new 0", "mine 0").replace("new 1", "mine 1")
    history.commit("improve", {"a.py": half}, day=5)
    history.commit("throw away", {"a.py": BEFORE.replace("old", "mine")}, day=20)
    assert await history.fate(commit, day=40) == Later(merged=True, reverted=False, survived_7=0.75, survived_30=0.0)


async def test_lines_survive_the_move_of_their_file_and_new_indentation(history: History) -> None:
    commit = await history.deliver()
    history.git("merge", "-q", "--ff-only", BRANCH)
    history.day = 2
    history.git("mv", "a.py", "b.py")
    history.commit("move", {})
    history.commit("indent", {"b.py": AFTER.replace("new 1", "  new 1")}, day=3)
    found = await history.fate(commit, day=10)
    assert found is not None
    assert found.survived_7 == 1.0


async def test_a_repository_that_has_gone_tells_nothing(history: History, tmp_path: Path) -> None:
    assert await fate_of(tmp_path / "nowhere", "a" * 40, RUN, START) is None
    assert await history.fate("a" * 40, day=1) is None
    assert await fate_of(tmp_path, "a" * 40, RUN, START) is None
