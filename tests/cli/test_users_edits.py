"""A user goes on working on the files while a run is at work."""

import subprocess
from pathlib import Path

import pytest

from command_line import installed
from projects import BUGGY, git

EDITED = BUGGY.replace('"""Shop."""', '"""Shop."""\n\nTAX = 19').replace(
    "return full - full", "net = full\n    return net - full"
)
CONFLICTING = BUGGY.replace("if count > 10:", "if count > 11:")
WHILE = "running the tests on the base"


def edited_run(shop: Path, environ: dict[str, str], files: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    """Run the main job and write files as soon as it measures the base."""
    argv = [*installed(environ), "run", "fix the failing tests", "-C", str(shop), "--timeout", "60", *args]
    with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while WHILE not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        for name, text in files.items():
            (shop / name).write_text(text, encoding="utf-8")
        stdout, stderr = process.communicate(timeout=100)
    return subprocess.CompletedProcess(argv, process.returncode, stdout, said + stderr)


def test_f51_an_edit_meanwhile_is_noticed_and_the_change_is_proven_with_it(shop: Path, environ: dict[str, str]) -> None:
    done = edited_run(shop, environ, {"shop.py": EDITED}, "--apply")
    assert done.returncode == 0, done.stderr
    assert "your files differ from the run's base in shop.py; with the change in them 4 tests pass" in done.stdout
    assert (shop / "shop.py").read_text() == EDITED.replace("count > 10", "count >= 10")
    run_id = git(shop, "branch", "--list", "codecompanion/*").strip().removeprefix("codecompanion/")[:20]
    undone = subprocess.run([*installed(environ), "undo", run_id], env=environ, capture_output=True, text=True, check=False)
    assert undone.returncode == 0, undone.stderr
    assert (shop / "shop.py").read_text() == EDITED
    offline = subprocess.run(
        [*installed(environ), "replay", run_id, "--offline"], env=environ, capture_output=True, text=True, check=False
    )
    assert offline.returncode == 0, offline.stderr


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"shop.py": CONFLICTING}, "the change does not merge with yours in shop.py: it was proven on the base only"),
        ({"tests/test_shop.py": "def test_new():\n    assert False\n"}, "with the change in them the tests do not all pass"),
    ],
    ids=["the same lines", "a new failing test"],
)
def test_f51_an_edit_that_the_change_does_not_hold_with_is_said_and_kept(
    shop: Path, environ: dict[str, str], files: dict[str, str], words: str
) -> None:
    done = edited_run(shop, environ, files)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
    assert {name: (shop / name).read_text() for name in files} == files


def test_f51_a_change_that_does_not_hold_in_the_users_files_is_not_applied(shop: Path, environ: dict[str, str]) -> None:
    failing = "def test_new():\n    assert False\n"
    done = edited_run(shop, environ, {"tests/test_more.py": failing}, "--apply")
    assert done.returncode == 7, done.stdout
    assert "nothing was written" in done.stderr
    assert (shop / "shop.py").read_text() == BUGGY
    assert git(shop, "branch", "--list", "codecompanion/*").strip()
