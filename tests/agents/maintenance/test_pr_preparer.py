from pathlib import Path

import pytest

from codecompanion.agents.maintenance.pr_preparer import prepare_pull_request
from codecompanion.domain.errors import BadInput
from maintenance_bench import OpenDesk, said
from projects import git, repository, write

pytestmark = pytest.mark.anyio


def commit(root: Path, files: dict[str, str], message: str) -> None:
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    root = repository(tmp_path / "store", {"shop.py": "def a():\n    return 1\n", "old.py": "X = 1\n"})
    git(root, "checkout", "--quiet", "-b", "feature/count-the-cart")
    return root


async def test_a_request_is_written_from_the_commits_and_the_diff(desk: OpenDesk, branch: Path) -> None:
    message = "Count the cart\n\nIt was not counted.\nFixes #7\n\nCo-authored-by: A <a@example.invalid>"
    commit(branch, {"shop.py": "def a():\n    return 2\n", "requirements.txt": "x\n"}, message)
    (branch / "old.py").unlink()
    commit(branch, {"tests/test_shop.py": "def test_a():\n    pass\n"}, "Test it")
    report = await prepare_pull_request(await desk(root=branch))
    assert (report.exit_code, report.figures["title"], report.figures["base"]) == (0, "Count the cart", "main")
    assert report.figures["body"] == (
        "## What changes\n\n- Count the cart\n  It was not counted.\n  Fixes #7\n- Test it\n\nCloses #7\n\n"
        "## Files\n\n4 files, +4 -2\n\n- `old.py` (removed) +0 -1\n- `requirements.txt` (new) +1 -0\n- `shop.py` +1 -1\n"
        "- `tests/test_shop.py` (new) +2 -0\n\n## To check\n\n- [ ] the new and changed tests fail without the change\n"
        "- [ ] dependencies change: is the lock file written anew, are the licences fine (requirements.txt)\n"
        "- [ ] source files are removed: does anybody outside import them (old.py)"
    )
    assert git(branch, "status", "--porcelain") == ""


async def test_what_should_not_be_there_is_told(desk: OpenDesk, branch: Path) -> None:
    key = "sk-ant-" + "api03-" + "a" * 95
    commit(branch, {"shop.py": f"breakpoint()\n<<<<<<< HEAD\nKEY = '{key}'\n# TODO: later\n"}, "Oops")
    (branch / "old.py").write_text("X = 2\n")
    report = await prepare_pull_request(await desk(root=branch))
    assert report.exit_code == 1
    assert said(report, "error") == [
        "shop.py:2: a conflict marker is added",
        "shop.py:3: something that looks like a secret key is added",
    ]
    assert said(report, "warning")[0] == "shop.py:1: what looks like a trace of debugging is added: breakpoint()"
    assert "old.py: 1 changed file is not committed and so not in the branch: old.py" in said(report, "warning")
    assert key not in report.model_dump_json()


async def test_nothing_that_the_repository_configures_is_run(desk: OpenDesk, branch: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    commit(branch, {".gitattributes": "*.py diff=x filter=x\n", "shop.py": "X = 3\n"}, "Set a trap")
    for key in ("diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge", "diff.external", "core.fsmonitor"):
        git(branch, "config", key, f"sh -c 'touch {trap}'")
    write(branch, {"shop.py": "X = 4\n"})
    trap.unlink(missing_ok=True)
    report = await prepare_pull_request(await desk(root=branch))
    assert report.figures["title"] == "Set a trap"
    assert not trap.exists()


async def test_one_commit_gives_its_subject_and_a_branch_without_commits_is_told(desk: OpenDesk, branch: Path) -> None:
    assert (await prepare_pull_request(await desk(root=branch))).title == "the branch has no commit beyond main"
    commit(branch, {"ü.py": "X = 1\n"}, "Add ü")
    report = await prepare_pull_request(await desk(root=branch))
    assert report.figures["title"] == "Add ü"
    assert "- `ü.py` (new) +1 -0" in str(report.figures["body"])


async def test_no_repository_no_base_and_no_common_past_are_bad_input(desk: OpenDesk, branch: Path) -> None:
    with pytest.raises(BadInput, match="needs a git repository"):
        await prepare_pull_request(await desk())
    with pytest.raises(BadInput, match="is no commit"):
        await prepare_pull_request(await desk(root=branch, base="nowhere"))
    git(branch, "checkout", "--quiet", "--orphan", "other")
    commit(branch, {"x.py": "X = 1\n"}, "Other")
    with pytest.raises(BadInput, match="nothing in common"):
        await prepare_pull_request(await desk(root=branch))
