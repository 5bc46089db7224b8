"""The patch of a response is one that git applies, with the same files in the end; what git writes is read."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.workspace.edits import change_of, write
from edit_workspace import PYTHON, Workspace

RESPONSES = {
    "an edit": "src/reader.py\n<<<<<<< SEARCH\nimport os\n=======\nimport sys\n>>>>>>> REPLACE\n",
    "a new file": "*** Begin Patch\n*** Add File: pkg/new file.py\n+x = 1\n*** End Patch\n",
    "an empty file": "diff --git a/pkg/__init__.py b/pkg/__init__.py\nnew file mode 100644\nindex 0000000..e69de29\n",
    "an executable file": "diff --git a/r b/r\nnew file mode 100755\n--- /dev/null\n+++ b/r\n@@ -0,0 +1 @@\n+true\n",
    "a deleted file": json.dumps({"name": "delete", "arguments": {"path": "src/reader.py"}}),
    "a moved file": "*** Update File: src/reader.py\n*** Move to: café.py\n@@\n-import os\n+import sys\n",
    "a moved file as it was": "diff --git a/src/reader.py b/r.py\nrename from src/reader.py\nrename to r.py\n",
    "a mode": "diff --git a/src/reader.py b/src/reader.py\nold mode 100644\nnew mode 100755\n",
    "a file without a last newline": json.dumps({"name": "write_file", "arguments": {"path": "a.txt", "content": "one\ntwo"}}),
}


def modes(root: Path) -> dict[str, bool]:
    return {path.relative_to(root).as_posix(): path.stat().st_mode & 0o111 != 0 for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("response", RESPONSES)
def test_git_makes_the_same_files_of_the_patch(reader: Workspace, tmp_path: Path, response: str) -> None:
    other = Workspace(tmp_path / "other")
    other.write({"src/reader.py": PYTHON})
    change = change_of(reader.root, RESPONSES[response])
    write(reader.root, change)
    subprocess.run(["git", "apply", "-"], cwd=other.root, input=change.diff_unified.encode(), check=True)
    assert other.files() == reader.files()
    assert modes(other.root) == modes(reader.root)


def test_what_happened_to_each_file_is_told(reader: Workspace) -> None:
    told = [
        (change.action, change.path, change.lines_added, change.lines_removed)
        for response in ("a moved file", "a new file", "a deleted file", "an edit")
        for change in change_of(reader.root, RESPONSES[response]).files_changed
    ]
    assert told == [
        ("renamed", "café.py", 1, 1),
        ("added", "pkg/new file.py", 1, 0),
        ("deleted", "src/reader.py", 0, 24),
        ("modified", "src/reader.py", 1, 1),
    ]


def test_a_file_keeps_its_mode(reader: Workspace, executable: Callable[[str], bool]) -> None:
    (reader.root / "src/reader.py").chmod(0o755)
    reader.apply(RESPONSES["an edit"])
    assert executable("src/reader.py")
    reader.apply(RESPONSES["a moved file as it was"])
    assert executable("r.py")


def test_a_copy_leaves_its_source(reader: Workspace) -> None:
    reader.apply("diff --git a/src/reader.py b/b.py\nsimilarity index 100%\ncopy from src/reader.py\ncopy to b.py\n")
    assert reader.text("b.py") == reader.text("src/reader.py") == PYTHON


def test_a_path_that_git_quotes_is_read(workspace: Workspace) -> None:
    workspace.write({"caf\u00e9 x.py": "a = 1\n"})
    old, new = '"a/caf\\303\\251 x.py"', '"b/caf\\303\\251 x.py"'
    workspace.apply(f"diff --git {old} {new}\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a = 1\n+a = 2\n")
    assert workspace.text("caf\u00e9 x.py") == "a = 2\n"
