"""What is never written: outside the folder, git's own files, through a symlink, binary files, half a response."""

import json
from pathlib import Path

import pytest

from edit_workspace import Workspace


def created(path: str) -> dict[str, str]:
    """Return a response in each form that creates a file."""
    return {
        "search_replace": f"{path}\n```\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```\n",
        "udiff": f"```diff\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x = 1\n```\n",
        "git_patch": f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
        "@@ -0,0 +1 @@\n+x = 1\n",
        "apply_patch": f"*** Begin Patch\n*** Add File: {path}\n+x = 1\n*** End Patch\n",
        "str_replace": json.dumps({"name": "create", "arguments": {"path": path, "file_text": "x = 1\n"}}),
        "whole": f"{path}\n```\nx = 1\n```\n",
    }


FORMS = tuple(created("x"))
OUTSIDE = (
    *(
        "../new.py",
        "pkg/../../new.py",
        "/tmp/never-made.py",
        "~/new.py",
        "$HOME/new.py",
        "%USERPROFILE%/new.py",
        "C:\\new.py",
        "..\\new.py",
    ),
    *(
        ".git/config",
        ".GIT/hooks/x",
        "sub/.git/x",
        "git~1/config",
        ".git./config",
        ".g\u200cit/config",
        ".git::$INDEX_ALLOCATION/x",
    ),
)


@pytest.mark.parametrize("fmt", FORMS)
def test_a_file_is_created_in_a_new_folder(workspace: Workspace, fmt: str) -> None:
    workspace.apply(created("pkg/sub/new.py")[fmt], fmt)
    assert workspace.files() == {"pkg/sub/new.py": b"x = 1\n"}


@pytest.mark.parametrize("fmt", FORMS)
@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: f"{'C173' if path[0] in '/~C$%' else 'C172'} {path}")
@pytest.mark.attack("A74")
def test_a_path_outside_or_in_git_is_refused(workspace: Workspace, tmp_path: Path, fmt: str, path: str) -> None:
    workspace.write({"a.py": "a = 1\n"})
    message = workspace.refuse(created(path)[fmt], fmt)
    assert "outside the workspace" in message or "git's own" in message
    assert not [*tmp_path.glob("new.py"), *workspace.root.glob("**/.git*")]


@pytest.mark.parametrize("fmt", FORMS)
def test_c178_a_symlink_is_not_followed(workspace: Workspace, tmp_path: Path, fmt: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("a = 1\n")
    (workspace.root / "folder").symlink_to(outside)
    (workspace.root / "link.py").symlink_to(outside / "a.py")
    for path in ("folder/new.py", "folder/a.py", "link.py"):
        assert "symlink" in workspace.refuse(created(path)[fmt], fmt)
    assert [file.name for file in outside.iterdir()] == ["a.py"]
    assert (outside / "a.py").read_text() == "a = 1\n"


def test_an_absolute_path_inside_the_folder_is_the_file(workspace: Workspace) -> None:
    workspace.write({"a.py": "a = 1\n"})
    workspace.apply(f"{workspace.root}/a.py\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n")
    assert workspace.text("a.py") == "a = 2\n"


def test_c187_a_binary_file_is_not_edited(workspace: Workspace) -> None:
    workspace.write({"logo.png": b"\x89PNG\r\n\x1a\n\0\0a = 1\n"})
    assert "binary" in workspace.refuse("logo.png\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n")
    assert "binary" in workspace.refuse("diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n")
    assert "binary" in workspace.refuse("diff --git a/l.png b/l.png\nGIT binary patch\nliteral 3\nKcmZ\n")


@pytest.mark.parametrize(
    "mode",
    [
        "120000",
        "160000",
        "104755",
        "102755",
        "101644",
        "020666",
        "060660",
        "010644",
        "040755",
        "999",
        "-10644",
        "1" * 70,
        "1_00644",
    ],
    ids="C178 C180 {:.9}".format,
)
@pytest.mark.attack("A74")
def test_all_but_plain_and_executable_files_in_a_patch_is_refused(workspace: Workspace, mode: str) -> None:
    patch = f"diff --git a/x b/x\nnew file mode {mode}\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+../secret\n"
    assert "only " in workspace.refuse(patch)


def test_one_block_that_fails_stops_all_of_them(workspace: Workspace) -> None:
    workspace.write({"a.py": "a = 1\n", "b.py": "b = 1\n"})
    good = "a.py\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n"
    message = workspace.refuse(f"{good}\nb.py\n<<<<<<< SEARCH\nc = 1\n=======\nc = 2\n>>>>>>> REPLACE\n")
    assert "block 2, b.py" in message


def test_bytes_that_are_no_utf8_are_kept(workspace: Workspace) -> None:
    workspace.write({"a.py": b"# caf\xe9\na = 1\n"})
    workspace.apply("a.py\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n")
    assert workspace.files()["a.py"] == b"# caf\xe9\na = 2\n"


def test_a_file_does_not_become_empty_by_accident(workspace: Workspace) -> None:
    workspace.write({"a.py": "a = 1\n"})
    assert "empty" in workspace.refuse("a.py\n```\n```\n")
    assert "empty" in workspace.refuse("a.py\n<<<<<<< SEARCH\na = 1\n=======\n>>>>>>> REPLACE\n")


def test_a_file_is_not_created_inside_a_file(workspace: Workspace) -> None:
    workspace.write({"a.py": "a = 1\n"})
    assert "is a file" in workspace.refuse(created("a.py/b.py")["apply_patch"])
