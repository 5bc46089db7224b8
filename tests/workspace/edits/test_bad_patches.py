"""Bad patches: refused with nothing changed, or applied exactly as they are.

The ids are those of docs/INPUTS.md.
"""

import os
import stat
import unicodedata
from pathlib import Path

import pytest

from edit_workspace import Workspace

NAMES = "--- a/a.py\n+++ b/a.py\n"
CHANGED = "-a = 1\n+a = 2\n"
DIFF = f"{NAMES}@@ -1 +1 @@\n{CHANGED}"
HUGE = "9" * 5000


@pytest.fixture
def bench(workspace: Workspace) -> Workspace:
    """A folder with two files, a pipe, and a file that a folder outside has too."""
    workspace.write({"a.py": "a = 1\n", "b.py": "b = 1\n", "folder/c.py": "c = 1\n"})
    os.mkfifo(workspace.root / "pipe")
    outside = workspace.root.parent / "outside.py"
    outside.write_text("a = 1\n")
    os.link(outside, workspace.root / "linked.py")
    return workspace


def added(path: str, text: str = "x = 1\n") -> str:
    return f"*** Begin Patch\n*** Add File: {path}\n+{text}*** End Patch\n"


def moved(source: str, target: str, how: str = "rename") -> str:
    return f"diff --git a/{source} b/{target}\nsimilarity index 100%\n{how} from {source}\n{how} to {target}\n"


REFUSED: dict[str, tuple[str, str]] = {
    "C172-rename-out": (moved("a.py", "../a.py"), "outside the workspace"),
    "C173-rename-out": (moved("a.py", "/tmp/never-made.py"), "outside the workspace"),
    "C174-nul": (added("a\0b.py"), "outside the workspace"),
    "C180-pipe": (added("pipe"), "is no regular file"),
    "C180-folder": (added("folder"), "is no regular file"),
    "C180-edit-of-a-pipe": ("pipe\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n", "names no file"),
    "C185-other-lines": (DIFF.replace("a = 1", "a = 7"), "old lines are not in the file"),
    "C188-rename-onto-a-file": (moved("a.py", "b.py"), "exists already"),
    "C188-rename-of-nothing": (moved("z.py", "y.py"), "no file 'z.py'"),
    "C190-names-alone": (NAMES, "has no hunk"),
    "C190-head-alone": ("diff --git a/a.py b/a.py\n", "has no hunk"),
    "C190-hunk-without-lines": (f"{NAMES}@@ -1,0 +1,0 @@\n", "has no lines"),
    "C190-blanks": (" \n\t\n", "no edit"),
    "C190-one-file-two-ways": (DIFF + DIFF.replace("a = 2", "a = 3"), "looks for the same lines"),
    "C190-added-twice": (added("n.py").replace("*** End", "*** Add File: n.py\n+y\n*** End"), "creates the file too"),
    "C190-deleted-and-changed": (
        f"*** Begin Patch\n*** Delete File: a.py\n*** Update File: a.py\n@@\n{CHANGED}*** End Patch\n",
        "deletes or moves",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_patch_that_cannot_be_is_refused_with_nothing_changed(bench: Workspace, name: str) -> None:
    patch, words = REFUSED[name]
    assert words in bench.refuse(patch)
    assert stat.S_ISFIFO((bench.root / "pipe").lstat().st_mode)
    assert (bench.root / "folder").is_dir()


COMPOSED = "caf\u00e9.py"
KEPT: dict[str, tuple[str, dict[str, bytes | None]]] = {
    "C175-con": (added("CON"), {"CON": b"x = 1\n"}),
    "C175-aux": (added("aux.py"), {"aux.py": b"x = 1\n"}),
    "C176-other-case": (added("A.py"), {"A.py": b"x = 1\n", "a.py": b"a = 1\n"}),
    "C177-composed-and-not": (
        added(COMPOSED).replace("*** End", f"*** Add File: {unicodedata.normalize('NFD', COMPOSED)}\n+y = 1\n*** End"),
        {COMPOSED: b"x = 1\n", unicodedata.normalize("NFD", COMPOSED): b"y = 1\n"},
    ),
    "C188-rename-alone": (moved("a.py", "z.py"), {"a.py": None, "z.py": b"a = 1\n"}),
    "C188-copy-alone": (moved("a.py", "z.py", "copy"), {"a.py": b"a = 1\n", "z.py": b"a = 1\n"}),
    "C189-line-beyond-64-bits": (f"{NAMES}@@ -{2**70},1 +{2**70},1 @@\n{CHANGED}", {"a.py": b"a = 2\n"}),
    "C189-line-of-5000-digits": (f"{NAMES}@@ -{HUGE} +{HUGE} @@\n{CHANGED}", {"a.py": b"a = 2\n"}),
    "C189-more-lines-than-there-are": (f"{NAMES}@@ -1,{2**70} +1 @@\n{CHANGED}", {"a.py": b"a = 2\n"}),
    "C189-negative-line": (f"{NAMES}@@ --1,1 +1 @@\n{CHANGED}", {"a.py": b"a = 2\n"}),
    "C190-one-file-twice-alike": (DIFF + DIFF, {"a.py": b"a = 2\n"}),
}


@pytest.mark.parametrize("name", KEPT)
def test_an_odd_patch_whose_meaning_is_plain_is_applied_exactly(bench: Workspace, name: str) -> None:
    patch, changes = KEPT[name]
    wanted = {path: text for path, text in {**bench.files(), **changes}.items() if text is not None}
    bench.apply(patch)
    assert bench.files() == wanted


def test_c179_an_edit_of_a_file_leaves_its_other_names_alone(bench: Workspace) -> None:
    bench.apply(DIFF.replace("a.py", "linked.py"))
    assert bench.text("linked.py") == "a = 2\n"
    assert (bench.root.parent / "outside.py").read_text() == "a = 1\n"


def test_c188_a_mode_alone_is_set_and_no_other_bit(bench: Workspace) -> None:
    bench.apply("diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n")
    assert stat.S_IMODE((bench.root / "a.py").stat().st_mode) & ~0o111 == stat.S_IMODE((bench.root / "b.py").stat().st_mode)
    assert os.access(bench.root / "a.py", os.X_OK)
    assert Path(bench.root / "a.py").read_text() == "a = 1\n"
