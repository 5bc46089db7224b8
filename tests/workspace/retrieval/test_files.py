import gc
import os
from pathlib import Path

import anyio
import pytest

from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.files import MOST_BYTES, find_files, read_text, size_of

TREE = (
    *(
        "a.py",
        "b.log",
        "keep.log",
        "build/x.py",
        "src/c.py",
        "src/d.tmp",
        "src/deep/e.tmp",
        "src/deep/keep.tmp",
        "secret/key.py",
    ),
    *("src/only/f.py", "other/only/g.py", "h.pyc"),
)
MANY = 400
IGNORED = {
    ".gitignore": "*.log\n!keep.log\n/build/\nonly/\n!src/only/\n*.py[co]\n",
    "src/.gitignore": "*.tmp\n",
    "src/deep/.gitignore": "!keep.tmp\n",
}


def lay_out(root: Path) -> None:
    for path in TREE:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x\n")
    for path, text in IGNORED.items():
        (root / path).write_text(text)


def paths(root: Path, git: Git | None) -> list[str]:
    return [*anyio.run(find_files, root, git)]


def test_a_folder_without_git_is_read_as_git_would_read_it(tmp_path: Path, repo: Path) -> None:
    bare = tmp_path / "bare"
    lay_out(bare)
    lay_out(repo)
    (repo / "calc.py").unlink()
    (repo / "docs/guide.md").unlink()
    assert paths(bare, None) == paths(repo, Git(cwd=repo))
    assert "src/only/f.py" in paths(bare, None)


def test_agents_do_not_read_what_they_shall_not(tmp_path: Path, repo: Path) -> None:
    bare = tmp_path / "bare"
    for root, git in ((bare, None), (repo, Git(cwd=repo))):
        lay_out(root)
        (root / ".agentsignore").write_text("secret/\n*.tmp\n")
        assert not [path for path in paths(root, git) if path.startswith("secret/") or path.endswith(".tmp")]


def test_a_file_is_found_once_and_only_if_it_is_one(repo: Path) -> None:
    (repo / "link.py").symlink_to("calc.py")
    (repo / "calc.py").unlink()
    os.mkfifo(repo / "pipe.py")
    (repo / "new ü\n.py").write_text("x")
    assert paths(repo, Git(cwd=repo)) == [".gitignore", "docs/guide.md", "new ü\n.py"]


def test_a_stamp_tells_the_size_and_is_another_when_the_content_is(repo: Path) -> None:
    before = anyio.run(find_files, repo, None)
    assert size_of(before["calc.py"]) == (repo / "calc.py").stat().st_size
    (repo / "calc.py").write_text("x")
    after = anyio.run(find_files, repo, None)
    assert size_of(after["calc.py"]) == 1
    assert {path for path, stamp in after.items() if before[path] != stamp} == {"calc.py"}


@pytest.mark.anyio
async def test_a_look_leaves_nothing_for_the_garbage_collection_to_go_through(tmp_path: Path) -> None:
    for number in range(MANY):
        (tmp_path / f"{number}.py").touch()
    await find_files(tmp_path, None)
    gc.collect()
    before = len(gc.get_objects())
    found = await find_files(tmp_path, None)
    assert len(gc.get_objects()) - before < MANY // 2
    assert len(found) == MANY


@pytest.mark.parametrize("content", [b"\x7fELF\0\1", b"x" * (MOST_BYTES + 1)], ids=["binary", "large"])
def test_what_nobody_would_read_has_no_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.py").write_bytes(content)
    assert read_text(tmp_path, "a.py") is None


def test_odd_bytes_do_not_keep_a_file_from_being_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"caf\xe9 = 1\n")
    assert read_text(tmp_path, "a.py") == "caf\ufffd = 1\n"
    assert read_text(tmp_path, "gone.py") is None
