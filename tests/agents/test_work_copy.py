"""The worktree under an agent's hands: what it may change is changed and recorded, and nothing else."""

from pathlib import Path

import pytest

from agent_bench import Bench, bench
from codecompanion.agents.work_copy import NOT_ALLOWED
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import Record, RecordAll
from codecompanion.domain.events import CommandExecuted, TreeSnapshotted
from codecompanion.ports import CommandResult
from projects import git
from team_runs import edit

pytestmark = pytest.mark.anyio

WIDER = edit("src/stockroom/labels.py", "WIDTH = 24", "WIDTH = 30")
RAN = CommandResult(exit_code=0, stdout=b"ok", stderr=b"", duration_s=0.1)


async def keep(at: Bench, key: str, facts: tuple[object, ...]) -> None:
    await at.tools.journal.derive(key, RecordAll(facts))  # pyright: ignore[reportArgumentType] # as `after_tool` gives them


async def test_an_edit_becomes_a_tree_whose_parent_is_the_one_before(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy()
        assert await copy.apply_edits(WIDER) == (True, "modified src/stockroom/labels.py (+1 -1)")
        (taken,) = await copy.after_tool("unit:1")
        assert isinstance(taken, TreeSnapshotted)
        assert await copy.changed_paths() == (), "what is not recorded does not count"
        copy.learn(await at.tools.journal.derive("unit:1", Record(taken)))
        assert await copy.changed_paths() == ("src/stockroom/labels.py",)
        assert (copy.changed, copy.head.commit, copy.count_trees()) == (True, taken.commit, 1)
        assert git(at.repo, "rev-parse", f"{taken.commit}^").strip() == copy.base.commit
        assert git(at.repo, "status", "--porcelain") == "", "the user's own files are left alone"


async def test_edits_that_are_not_agreed_change_nothing_at_all(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy(forbidden="README.md")
        both = f"{WIDER}\n\n{edit('README.md', '# stockroom', '# Stockroom')}"
        done, said = await copy.apply_edits(both)
        assert (done, said) == (False, f"{NOT_ALLOWED}:\n- README.md: it is not agreed")
        assert "WIDTH = 24" in (copy.root / "src/stockroom/labels.py").read_text()
        assert not [fact for fact in await copy.after_tool("unit:1") if isinstance(fact, TreeSnapshotted)]


async def test_what_a_person_allows_is_done_and_not_asked_again(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy(forbidden="README.md", answers=("yes",))
        assert (await copy.apply_edits(edit("README.md", "# stockroom", "# Stockroom")))[0]
        assert (await copy.apply_edits(edit("README.md", "# Stockroom", "# The stockroom")))[0]
        assert [type(fact).__name__ for fact in await copy.after_tool("unit:1")] == [
            "ApprovalRequested",
            "ApprovalGiven",
            "TreeSnapshotted",
        ]


@pytest.mark.parametrize("text", ["no edit at all", edit("../out.py", "", "x = 1"), edit(".git/config", "", "x"), WIDER[:-20]])
async def test_what_cannot_be_applied_is_told_and_changes_nothing(tmp_path: Path, venv_with_pytest: Path, text: str) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy()
        done, said = await copy.apply_edits(text)
        assert not done
        assert said.startswith("Not applied, nothing was changed.")
        assert await copy.after_tool("unit:1") == ()


@pytest.mark.parametrize(("hunks", "others"), [(1, False), (2, True)])
async def test_other_blocks_are_asked_for_again_only_where_there_are_any(
    tmp_path: Path, venv_with_pytest: Path, hunks: int, *, others: bool
) -> None:
    hunk = "@@\n-WIDTH = 25\n+WIDTH = 30\n"
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy()
        patch = f"*** Begin Patch\n*** Update File: src/stockroom/labels.py\n{hunk * hunks}*** End Patch\n"
        done, said = await copy.apply_edits(patch)
        assert not done
        assert ("The other blocks were not applied either" in said) is others


async def test_what_a_command_writes_is_part_of_the_change_and_caches_are_not(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy()
        (copy.root / "made.txt").write_text("by a command")
        (copy.root / "src/__pycache__").mkdir()
        assert await copy.record_command("run_command", ("make",), RAN, None) == "E1"
        assert not (copy.root / "src/__pycache__").exists()
        ran, tree = await copy.after_tool("unit:1")
        assert isinstance(ran, CommandExecuted)
        await keep(at, "unit:1", (ran, tree))
        copy.learn(await at.tools.journal.recall("unit:1"))
        assert await copy.changed_paths() == ("made.txt",)


async def test_what_tests_write_is_undone(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
        copy = await at.copy()
        await copy.apply_edits(WIDER)
        facts = await copy.after_tool("unit:1")
        await keep(at, "unit:1", facts)
        copy.learn(await at.tools.journal.recall("unit:1"))
        (copy.root / "src/stockroom/labels.py").write_text("raise SystemExit\n")
        (copy.root / "left.txt").write_text("by a test")
        await copy.record_command("run_tests", ("pytest",), RAN, SuiteReport())
        assert "WIDTH = 30" in (copy.root / "src/stockroom/labels.py").read_text(), "the agent's edit is there"
        assert not (copy.root / "left.txt").exists()
        (executed,) = await copy.after_tool("unit:2")
        assert isinstance(executed, CommandExecuted)
        assert executed.tree == copy.head.tree
