"""Which folder a command works on, and which it writes to."""

import shutil
from pathlib import Path

import pytest

from command_line import Cli, Solved
from projects import BUGGY, SHOP, git, repository, write


@pytest.fixture
def set_shop(tmp_path: Path) -> Path:
    """A repository whose own files say how its tests run and for how long."""
    shop = repository(tmp_path / "set", {**SHOP, "pyproject.toml": "[tool.codecompanion]\ntimeout_s = 77\n"})
    write(shop, {".codecompanion/config.toml": "test_command = 'pytest -k basket'\n"})
    return shop


@pytest.mark.parametrize("below", [".", "tests/deep/er"])
def test_a_projects_settings_hold_in_every_folder_of_it(cli: Cli, set_shop: Path, below: str) -> None:
    (set_shop / "tests/deep/er").mkdir(parents=True)
    shown = cli("config", "show", "-C", str(set_shop / below), "--json").json
    assert (shown["settings"]["timeout_s"], shown["settings"]["test_command"]) == (77, "pytest -k basket")
    planned = cli("run", "fix the failing tests", "-C", str(set_shop / below), "--dry-run", "--json")
    assert planned.exit_code == 0, planned.stderr
    assert "basket" in str(planned.json["profile"])


def test_a_project_that_loosens_safety_is_refused_from_a_subfolder_too(cli: Cli, set_shop: Path) -> None:
    write(set_shop, {".codecompanion/config.toml": "sandbox = 'landlock'\n"})
    done = cli("run", "fix the failing tests", "-C", str(set_shop / "tests"), "--json")
    assert done.exit_code == 2
    assert "'sandbox', which a project must not decide" in done.json["error"]["what"]


@pytest.mark.parametrize("option", ["--test-command", "--python", "--model"])
def test_an_option_that_is_no_text_is_refused(cli: Cli, shop: Path, option: str) -> None:
    done = cli("run", "fix the failing tests", "-C", str(shop), option, b"pytest \xff", "--json")
    assert done.exit_code == done.json["exit_code"] == 2
    assert done.json["error"]["what"].startswith("flag: ")


def files_in(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def base_event(solved: Solved) -> str:
    """The number of the first event that recorded a tree: the untouched base."""
    lines = solved.cli("replay", solved.run_id).stdout.splitlines()
    return next(line.split()[0] for line in lines if "TreeSnapshotted" in line)


def test_the_files_of_an_event_are_shown_as_they_were_whatever_stands_there(solved: Solved, base_event: str) -> None:
    first = solved.cli("replay", solved.run_id, "--at", base_event, "--json").json
    folder = Path(first["files"])
    as_they_were = files_in(folder)
    assert as_they_were["shop.py"] == BUGGY
    (folder / "shop.py").write_text("changed")
    (folder / "more").mkdir()
    (folder / "more/new.py").touch()
    (folder.parent / f".{folder.name}.partial").mkdir()  # a killed export left it
    assert solved.cli("replay", solved.run_id, "--at", base_event, "--json").json == first
    assert files_in(folder) == as_they_were
    assert git(solved.shop, "rev-parse", f"{first['tree']}^{{commit}}").strip() == first["tree"]
    assert f"files {folder}" in solved.cli("replay", solved.run_id, "--at", base_event).stdout
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]


def test_a_replay_says_where_the_files_are_and_what_tree_they_are(solved: Solved, base_event: str, tmp_path: Path) -> None:
    done = solved.cli("replay", solved.run_id, "--at", base_event, "--to", str(tmp_path / "new/folder"), "--json").json
    assert (done["files"], (tmp_path / "new/folder/shop.py").read_text()) == (str(tmp_path / "new/folder"), BUGGY)
    whole = solved.cli("replay", solved.run_id, "--json").json
    assert whole["files"] is None
    assert git(solved.shop, "diff", "--stat", done["tree"], whole["tree"]) != ""
    before = solved.cli("replay", solved.run_id, "--at", "1", "--to", str(tmp_path / "nothing"), "--json").json
    assert (before["tree"], before["files"]) == (None, None)


@pytest.mark.parametrize(
    "options",
    [
        ("--to", "new"),
        ("--to", "new", "--offline"),
        ("--at", "3", "--offline"),
        ("--at", "3", "--to", "new", "--offline"),
        ("--at", "99999"),
        ("--at", "5", "--to", b"\xff"),
    ],
    ids=["no event", "offline", "event and offline", "all", "no such event", "no text"],
)
def test_options_that_mean_nothing_together_are_refused(solved: Solved, options: tuple[str | bytes, ...]) -> None:
    done = solved.cli("replay", solved.run_id, *options, "--json")
    assert done.exit_code == done.json["exit_code"] == 2
    assert not (solved.shop.parent / "new").exists()


@pytest.mark.parametrize("place", ["full", "file", "file/below", "/proc/self/task"])
def test_a_folder_that_cannot_take_the_files_is_refused_and_left_alone(
    solved: Solved, base_event: str, tmp_path: Path, place: str
) -> None:
    write(tmp_path, {"full/mine.txt": "mine", "file": "mine"})
    done = solved.cli("replay", solved.run_id, "--at", base_event, "--to", str(tmp_path / place))
    assert done.exit_code == 2, done.stderr
    assert "error[CC-2000]" in done.stderr
    assert files_in(tmp_path) == {"full/mine.txt": "mine", "file": "mine"}


def test_a_state_folder_that_cannot_take_the_files_is_an_environment_error(solved: Solved, base_event: str) -> None:
    shutil.rmtree(solved.state / "replays", ignore_errors=True)
    (solved.state / "replays").touch()
    done = solved.cli("replay", solved.run_id, "--at", base_event, "--json")
    (solved.state / "replays").unlink()
    assert done.exit_code == done.json["exit_code"] == 6
    assert done.json["error"]["fix"]
