"""A repository goes to another machine without its history, and what was made there comes back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from codecompanion.domain.errors import BadInput, PolicyRefused
from codecompanion.ports import PackedCommit
from codecompanion.workspace.packing import GitPacking
from codecompanion.workspace.worktree import GitWorkspace
from projects import SHOP, git, repository

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "shop", {**SHOP, "old.py": "x = 1\n", "run me.sh": "#!/bin/sh\n"})
    (folder / "run me.sh").chmod(0o755)
    git(folder, "rm", "-q", "old.py")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "second")
    return folder


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD").strip()


async def test_the_copy_stands_as_the_repository_does_and_has_no_history(shop: Path, tmp_path: Path) -> None:
    packing, copy = GitPacking(), tmp_path / "copy"
    packed = await packing.pack_repository(shop, head(shop), include_uncommitted=False)
    await packing.unpack_repository(packed, head(shop), copy)
    assert head(copy) == head(shop)
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "rev-list", "--count", "HEAD").strip() == "1"
    assert (copy / "run me.sh").stat().st_mode & 0o111
    assert git(copy, "fsck", "--no-dangling") == ""


async def test_uncommitted_changes_are_uncommitted_in_the_copy(shop: Path, tmp_path: Path) -> None:
    (shop / "shop.py").write_text("mine = 1\n")
    (shop / "new.py").write_text("new = 1\n")
    (shop / "run me.sh").unlink()
    packing, copy = GitPacking(), tmp_path / "copy"
    packed = await packing.pack_repository(shop, head(shop), include_uncommitted=True)
    await packing.unpack_repository(packed, head(shop), copy)
    assert git(copy, "status", "--porcelain", "-uall") == git(shop, "status", "--porcelain", "-uall")
    assert (copy / "shop.py").read_text() == "mine = 1\n"
    here = GitWorkspace(tmp_path / "here")
    there = GitWorkspace(tmp_path / "there", stand_in=copy)
    first = await here.prepare("r1", shop, head(shop), include_uncommitted=True)
    assert await there.prepare("r1", Path("/nowhere"), head(shop), include_uncommitted=True) == first
    assert first.commit == packed.uncommitted


async def test_what_was_made_away_comes_home_under_its_refs(shop: Path, tmp_path: Path) -> None:
    packing, copy = GitPacking(), tmp_path / "copy"
    await packing.unpack_repository(
        await packing.pack_repository(shop, head(shop), include_uncommitted=False), head(shop), copy
    )
    packed: list[PackedCommit] = []
    known = [head(shop)]

    async def keep(ref: str, commit: str) -> None:
        packed.append(PackedCommit(ref, commit, await packing.pack_commit(copy, commit, known)))
        known.append(commit)

    workspace, nowhere = GitWorkspace(tmp_path / "worktrees", stand_in=copy, on_commit=keep), Path("/nowhere")
    base = await workspace.prepare("r1", nowhere, head(shop))
    await workspace.write("r1", {"shop.py": b"better = 1\n"})
    tree = await workspace.snapshot("r1", nowhere, version=3, parent=base.commit, message="better")
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    made = await workspace.deliver(
        nowhere, branch="codecompanion/r1", commit=tree.commit, base=base.commit, message="m", date=moment
    )
    assert [one.ref for one in packed] == [
        "refs/codecompanion/r1/base",
        "refs/codecompanion/r1/3",
        "refs/heads/codecompanion/r1",
    ]
    for _ in range(2):
        await packing.take(shop, packed)
    assert git(shop, "rev-parse", "codecompanion/r1").strip() == made
    assert git(shop, "show", "refs/codecompanion/r1/3:shop.py") == "better = 1\n"
    assert git(shop, "rev-list", "--count", "codecompanion/r1").strip() == "3"
    git(shop, "branch", "-f", "codecompanion/r1", "HEAD~1")
    with pytest.raises(PolicyRefused, match="cannot be created"):
        await packing.take(shop, packed)


async def test_what_is_too_large_is_refused_in_words(shop: Path) -> None:
    with pytest.raises(BadInput, match=r"more than the 0 MiB") as refused:
        await GitPacking(max_bytes=300).pack_repository(shop, head(shop), include_uncommitted=False)
    assert "without --detach" in refused.value.fix


async def test_a_repository_is_known_by_its_commit(shop: Path, tmp_path: Path) -> None:
    packing, other = GitPacking(), repository(tmp_path / "other", {"a.py": ""})
    assert await packing.has(shop, head(shop))
    assert not await packing.has(other, head(shop))
    assert not await packing.has(tmp_path / "missing", head(shop))
