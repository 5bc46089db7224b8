"""Bad input gets a clear error with the right exit code, and nothing is lost."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command_line import COMMAND, Cli, installed
from projects import BUGGY, SHOP, TESTS, git, repository, write

FIX = "fix the failing tests"


def is_clear(text: str) -> bool:
    return "error[CC-" in text and "Traceback" not in text


@pytest.mark.parametrize(
    ("objective", "exit_code"),
    [
        pytest.param("", 2, id="C059 empty"),
        pytest.param("   \n\t ", 2, id="C060 blank"),
        pytest.param("fix the failing tests " + "x" * 70_000, 2, id="C061 too long"),
        pytest.param("\x01\x02", 2, id="C062 control characters"),
        pytest.param("write me a poem", 5, id="not what the builtin mind does"),
        pytest.param("add a feature that makes tests pass", 5, id="new work"),
    ],
)
def test_an_objective_that_cannot_be_served_is_refused(cli: Cli, shop: Path, objective: str, exit_code: int) -> None:
    done = cli("run", objective, "-C", str(shop), "--json")
    assert done.exit_code == done.json["exit_code"] == exit_code
    assert is_clear(done.stderr)
    assert done.json["run_id"] is None
    assert git(shop, "for-each-ref", "refs/codecompanion") == ""


def test_c061_a_megabyte_from_stdin_is_refused(cli: Cli, shop: Path) -> None:
    done = cli("run", "-", "-C", str(shop), "--json", stdin=b"fix " * 262_144)
    assert done.exit_code == 2
    assert "bytes" in done.stderr


def test_c115_stdin_that_is_no_text_is_refused(cli: Cli, shop: Path) -> None:
    done = cli("run", "-", "-C", str(shop), "--json", stdin=b"fix the tests \xff\xfe")
    assert done.exit_code == 2
    assert is_clear(done.stderr)


def test_a_model_without_a_key_and_one_that_is_not_there_are_said_to_be_missing(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--model", "anthropic:claude", "--json")
    assert done.exit_code == 5
    assert "there is no key for anthropic" in done.stderr
    assert "export ANTHROPIC_API_KEY" in done.stderr
    done = cli("run", FIX, "-C", str(shop), "--model", "sonet", "--json")
    assert done.exit_code == 2
    assert "did you mean 'sonnet'?" in done.stderr


@pytest.mark.parametrize("name", ["C125 missing", "C125 plain", "C125 file", "C218 empty", "C126 bare"])
def test_a_folder_that_is_no_repository_is_refused(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "--quiet")
    (tmp_path / "bare").mkdir()
    git(tmp_path / "bare", "init", "--quiet", "--bare")
    done = cli("run", FIX, "-C", str(tmp_path / name[5:]), "--json", env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert done.exit_code == done.json["exit_code"] == 2
    assert is_clear(done.stderr)


def test_c226_a_half_done_merge_is_refused_and_left_alone(cli: Cli, shop: Path) -> None:
    git(shop, "checkout", "--quiet", "-b", "other")
    write(shop, {"shop.py": BUGGY.replace("5", "6")})
    git(shop, "commit", "--quiet", "--all", "--message", "other")
    git(shop, "checkout", "--quiet", "main")
    write(shop, {"shop.py": BUGGY.replace("5", "7")})
    git(shop, "commit", "--quiet", "--all", "--message", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(shop, "merge", "other")
    before = git(shop, "status", "--porcelain")
    done = cli("run", FIX, "-C", str(shop), "--json")
    assert done.exit_code == 2
    assert "merge" in done.stderr
    assert git(shop, "status", "--porcelain") == before


def test_c219_a_detached_head_is_worked_on(cli: Cli, shop: Path) -> None:
    git(shop, "checkout", "--quiet", "--detach")
    assert cli("run", FIX, "-C", str(shop), "--json").json["status"] == "verified"


def test_a_subfolder_stands_for_its_repository(cli: Cli, shop: Path) -> None:
    assert cli("run", FIX, "-C", str(shop / "tests"), "--json").json["status"] == "verified"


def test_c227_uncommitted_changes_are_left_out_and_kept(cli: Cli, shop: Path) -> None:
    write(shop, {"notes.txt": "mine", "tests/test_shop.py": TESTS + "\n# mine\n"})
    git(shop, "add", "notes.txt")
    before = git(shop, "status", "--porcelain")
    done = cli("run", FIX, "-C", str(shop), "--json")
    assert done.json["status"] == "verified"
    assert "2 uncommitted paths are not part of it" in done.stderr
    assert git(shop, "status", "--porcelain") == before


def test_uncommitted_changes_are_the_base_when_asked_for(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "sound", {**SHOP, "shop.py": BUGGY.replace("> 10", ">= 10")})
    write(shop, {"shop.py": BUGGY})
    assert cli("run", FIX, "-C", str(shop), "--json").json["status"] == "nothing_to_do"
    done = cli("run", FIX, "-C", str(shop), "--json", "--include-uncommitted", "--apply")
    assert done.json["status"] == "verified", done.stderr
    assert git(shop, "diff", "--cached") == ""
    assert (shop / "shop.py").read_text() != BUGGY


def test_all_passing_tests_leave_nothing_to_do(cli: Cli, tmp_path: Path) -> None:
    sound = repository(tmp_path / "sound", {**SHOP, "shop.py": BUGGY.replace("> 10", ">= 10")})
    done = cli("run", FIX, "-C", str(sound), "--json")
    assert (done.exit_code, done.json["status"], done.json["diff"]) == (0, "nothing_to_do", "")


def test_a_project_without_tests_is_refused(cli: Cli, tmp_path: Path) -> None:
    done = cli("run", FIX, "-C", str(repository(tmp_path / "bare", {"shop.py": BUGGY})), "--json")
    assert done.exit_code == 2
    assert "--test-command" in done.json["error"]["fix"]


def test_c127_names_of_every_kind_are_worked_with(cli: Cli, tmp_path: Path) -> None:
    odd = repository(tmp_path / "-odd name", {**SHOP, "with space.txt": "", "-dash": "", "new\nline": "", "ünï": ""})
    Path(os.fsdecode(os.fsencode(odd) + b"/\xff.bin")).write_bytes(b"\x00\xff")
    git(odd, "add", "--all")
    git(odd, "commit", "--quiet", "--message", "odd")
    done = cli("run", FIX, "-C", str(odd), "--json", "--apply")
    assert done.json["status"] == "verified", done.stderr
    assert git(odd, "status", "--porcelain") == " M shop.py\n"


def test_c127_a_repository_whose_path_is_no_text_is_refused(cli: Cli, tmp_path: Path) -> None:
    shop = repository(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")))
    done = cli("run", FIX, "-C", os.fsencode(shop), "--json")
    assert done.exit_code == 2
    assert is_clear(done.stderr)


def test_a_syntax_error_in_the_project_does_not_crash_us(cli: Cli, tmp_path: Path) -> None:
    broken = repository(tmp_path / "broken", {**SHOP, "shop.py": BUGGY + "\ndef oops(:\n"})
    done = cli("run", FIX, "-C", str(broken), "--json", "--timeout", "20")
    assert done.exit_code in (0, 1)
    assert done.json["status"] in ("failed", "verified")


def test_a_missing_module_is_an_environment_error_that_names_it(cli: Cli, tmp_path: Path) -> None:
    files = {**SHOP, "tests/test_more.py": "import no_such_module_anywhere\n\ndef test_x(): ...\n"}
    done = cli("run", FIX, "-C", str(repository(tmp_path / "shop2", files)), "--json")
    assert done.exit_code == 6
    assert "no_such_module_anywhere" in done.json["error"]["what"]
    assert "pip install" in done.json["error"]["fix"]


def test_a_test_file_by_another_name_is_not_touched(cli: Cli, tmp_path: Path) -> None:
    # No edit of the source can make this pass; one of the test could.
    tests = (
        "import unittest\nfrom calc import add\n\ndef expected():\n    return 4\n\n"
        "class TestAdd(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(1, 2), expected())\n"
        "    def test_other(self):\n        self.assertEqual(add(1, 2), 3)\n"
    )
    repo = repository(tmp_path / "calc", {"calc.py": "def add(a, b):\n    return a + b\n", "checks.py": tests})
    command = "python -m unittest checks"
    done = cli("run", FIX, "-C", str(repo), "--json", "--timeout", "25", "--test-command", command)
    assert (done.exit_code, done.json["status"], done.json["diff"]) == (1, "failed", "")


def test_the_last_run_of_another_repository_is_not_meant(cli: Cli, shop: Path) -> None:
    assert cli("run", FIX, "-C", str(shop), "--json", "--timeout", "60").exit_code == 0
    for verb in ("apply", "undo", "resume"):
        done = cli(verb)  # the test does not stand in the shop
        assert done.exit_code == 2
        assert is_clear(done.stderr)
    assert git(shop, "status", "--porcelain") == ""


def test_a_run_can_be_cancelled_once(cli: Cli, shop: Path) -> None:
    run_id = cli("run", FIX, "-C", str(shop), "--json", "--timeout", "60").json["run_id"]
    child = cli("fork", run_id, "--at", "4", "--json").json
    assert Path(child["worktree"]).exists()
    assert cli("cancel", child["run_id"]).exit_code == 0
    assert not Path(child["worktree"]).exists()
    assert cli("show", child["run_id"], "--json").json["status"] == "cancelled"
    assert cli("cancel", child["run_id"]).exit_code == 2
    assert cli("resume", child["run_id"]).exit_code == 2


def test_the_worktree_that_a_run_left_which_was_killed_at_its_end_is_removed(cli: Cli, shop: Path, tmp_path: Path) -> None:
    run_id = cli("run", FIX, "-C", str(shop), "--json", "--timeout", "60").json["run_id"]
    left = tmp_path / "state" / "worktrees" / run_id
    git(shop, "worktree", "add", "--quiet", "--detach", "--lock", str(left))
    done = cli("cancel", run_id, "--json")
    assert (done.exit_code, done.json["had_ended"]) == (0, True)
    assert not left.exists()
    assert len(git(shop, "worktree", "list").splitlines()) == 1
    assert cli("show", run_id, "--json").json["status"] == "verified"
    assert cli("cancel", run_id).exit_code == 2


def test_a_state_folder_inside_the_repository_is_refused(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--json", env={"CODECOMPANION_STATE_DIR": str(shop / ".cc")})
    assert done.exit_code == 2
    assert "inside the repository" in done.stderr


def test_a_flaky_test_is_reported_and_not_fixed(cli: Cli, tmp_path: Path) -> None:
    # It fails after another test and passes alone: on the same tree it does both.
    flaky = "seen = []\n\ndef test_first():\n    seen.append(1)\n\ndef test_flaky():\n    assert not seen\n"
    files = {**SHOP, "shop.py": BUGGY.replace("> 10", ">= 10"), "tests/test_flaky.py": flaky}
    done = cli("run", FIX, "-C", str(repository(tmp_path / "flaky", files)), "--json")
    assert done.json["tests"]["flaky"] == ["tests/test_flaky.py::test_flaky"]
    assert (done.json["status"], done.exit_code, done.json["diff"]) == ("nothing_to_do", 1, "")
    assert "flaky" in done.json["summary"]


HOSTILE = {
    "hangs": "while True:\n        pass",
    "prints": "print('x' * (1 << 28))\n    assert False",
    "kills its process": "import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)",
    "deletes the worktree": "import os, shutil\n    shutil.rmtree(os.getcwd(), ignore_errors=True)\n    assert False",
    "forks for ever": "import os\n    for _ in range(100000):\n        os.fork()\n    assert False",
    "writes outside": "import pathlib\n    pathlib.Path('../../escaped').write_text('x')",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_test_does_no_harm(cli: Cli, tmp_path: Path, name: str) -> None:
    hostile = f"def test_hostile():\n    {HOSTILE[name]}\n"
    repo = repository(tmp_path / "hostile", {**SHOP, "tests/test_zz_hostile.py": hostile})
    done = cli("run", FIX, "-C", str(repo), "--json", "--timeout", "60" if name == "writes outside" else "12")
    # A write outside lands in a folder that the cage throws away: that test passes, and nothing has happened.
    assert done.exit_code in ((0,) if name == "writes outside" else (1, 4)), done.stderr
    assert (done.json["status"] == "verified") is (done.exit_code == 0)
    assert "Traceback (most recent call last)" not in done.stderr
    assert git(repo, "status", "--porcelain") == ""
    assert not list(tmp_path.rglob("escaped"))


def test_c130_two_runs_at_once_in_one_repository_do_not_disturb_each_other(environ: dict[str, str], shop: Path) -> None:
    command = [*installed(environ), "run", FIX, "-C", str(shop), "--json", "-q"]
    both = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.wait(110) for process in both] == [0, 0]
    for process in both:
        process.communicate()
    assert len(git(shop, "for-each-ref", "refs/heads").splitlines()) == 3


@pytest.mark.parametrize("delay_s", [0.3, 1.0, 1.8])
def test_c129_an_interrupted_run_says_how_to_go_on_and_does(
    environ: dict[str, str], cli: Cli, shop: Path, delay_s: float
) -> None:
    process = subprocess.Popen(
        [COMMAND, "run", FIX, "-C", str(shop), "--json"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(delay_s)  # somewhere in the middle: every moment must do
    process.send_signal(signal.SIGINT)
    _stdout, stderr = process.communicate(timeout=30)
    assert "Traceback" not in stderr
    if process.returncode == 0 or not cli("list", "--json").json["runs"]:
        return  # it was over already, or had not begun
    assert process.returncode == 130
    assert "codecompanion resume" in stderr
    run_id = cli("list", "--json").json["runs"][0]["run_id"]
    assert cli("resume", run_id, "--json").json["status"] == "verified"


def test_a_state_folder_that_cannot_be_made_is_an_environment_error(cli: Cli, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = cli("run", FIX, "-C", str(shop), "--json", env={"CODECOMPANION_STATE_DIR": str(tmp_path / "file/state")})
    assert done.exit_code == 6
    assert "CODECOMPANION_STATE_DIR" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root: sudo make test")
def test_c132_a_full_state_folder_is_an_environment_error_and_no_traceback(cli: Cli, shop: Path, tmp_path: Path) -> None:
    state = tmp_path / "small"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(state)], check=True)
    try:
        done = cli("run", FIX, "-C", str(shop), "--json", env={"CODECOMPANION_STATE_DIR": str(state)})
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)
    assert done.exit_code == 6, done.stderr
    assert is_clear(done.stderr)
    assert git(shop, "status", "--porcelain") == ""


def test_c123_a_home_that_cannot_be_written_is_an_environment_error(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--json", env={"CODECOMPANION_STATE_DIR": "/proc/nobody/codecompanion"})
    assert done.exit_code == 6
    assert "CODECOMPANION_STATE_DIR" in done.stderr


def test_an_unknown_run_is_refused(cli: Cli) -> None:
    for verb in ("show", "diff", "replay", "resume", "apply", "undo"):
        done = cli(verb, "nonsense")
        assert done.exit_code == 2, verb
        assert is_clear(done.stderr)


def test_c117_a_reader_that_goes_away_is_no_fault(environ: dict[str, str]) -> None:
    done = subprocess.run(
        f"{COMMAND} --help | head -n 0", shell=True, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_the_interpreter_that_runs_us_is_named_when_it_cannot_be_run(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--python", "/no/such/python", "--json")
    assert done.exit_code == 6
    assert "/no/such/python" in done.stderr
