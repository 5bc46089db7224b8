from pathlib import Path

import pytest

from command_line import Cli

RESPONSE = b"a.py\n```\n<<<<<<< SEARCH\nanswer = 1\n=======\nanswer = 42\n>>>>>>> REPLACE\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is no repository."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.py").write_text("answer = 1\n")
    return folder


def test_a_response_is_applied_and_its_diff_is_shown(cli: Cli, folder: Path) -> None:
    done = cli("patch", "apply", "-C", str(folder), stdin=RESPONSE)
    assert (done.exit_code, done.stderr) == (0, "applied: 1 file\n")
    assert done.stdout == "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-answer = 1\n+answer = 42\n"
    assert (folder / "a.py").read_text() == "answer = 42\n"


def test_a_second_time_there_is_nothing_to_do(cli: Cli, folder: Path) -> None:
    for said in ("applied", "nothing to do"):
        done = cli("patch", "apply", "-C", str(folder), stdin=RESPONSE)
        assert done.exit_code == 0
        assert done.stderr.startswith(said)


def test_a_dry_run_writes_nothing(cli: Cli, folder: Path) -> None:
    done = cli("patch", "apply", "-C", str(folder), "--dry-run", "--json", stdin=RESPONSE)
    assert done.json["applied"] is False
    assert done.json["files_changed"] == [{"path": "a.py", "action": "modified", "lines_added": 1, "lines_removed": 1}]
    assert (folder / "a.py").read_text() == "answer = 1\n"


@pytest.mark.parametrize(
    ("response", "options", "exit_code"),
    [
        (RESPONSE.replace(b"answer = 1", b"b = 1"), [], 1),
        (b"I would change a.py.\n", [], 1),
        (RESPONSE, ["--format", "latex"], 2),
        (b"\xff\xfe", [], 2),
        (RESPONSE.replace(b"a.py", b"../a.py"), [], 7),
    ],
    ids=["C185 fits nowhere", "C193 no edit", "unknown form", "C115 no text", "C172 outside"],
)
def test_a_response_that_is_not_applied_is_told_by_its_exit_code(
    cli: Cli, folder: Path, response: bytes, options: list[str], exit_code: int
) -> None:
    done = cli("patch", "apply", "-C", str(folder), "--json", *options, stdin=response)
    assert done.exit_code == exit_code
    assert done.json["error"]["what"] in done.stderr
    assert (folder / "a.py").read_text() == "answer = 1\n"


def test_a_folder_that_is_none_is_bad_input(cli: Cli, folder: Path) -> None:
    assert cli("patch", "apply", "-C", str(folder / "none"), stdin=RESPONSE).exit_code == 2
