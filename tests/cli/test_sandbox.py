"""`codecompanion sandbox`."""

import os
from pathlib import Path

import pytest

from codecompanion.cli.invocation import Invocation
from codecompanion.cli.verbs import obey
from codecompanion.workspace.sandboxes import choose
from codecompanion.workspace.sandboxes.supervised import SupervisedSandbox
from command_line import Cli


def test_the_test_tells_of_every_rung_what_came_of_every_attack(cli: Cli) -> None:
    done = cli("sandbox", "test", "--json")
    assert done.exit_code == (0 if done.json["enforced"] else 6), done.stderr
    assert [rung["rung"] for rung in done.json["rungs"]] == ["bubblewrap", "landlock", "rlimits"]
    for rung in done.json["rungs"][:2]:
        if not rung["here"]:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(rung["why_not"])
        escaped = {one["number"]: one["accepted"] for one in rung["attacks"] if one["outcome"] == "escaped"}
        assert len(rung["attacks"]) >= 64
        assert None not in escaped.values(), escaped


def test_a_rung_that_does_not_hold_is_exit_code_6(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pretender = SupervisedSandbox("landlock", system=None, syscall_filter=b"")
    monkeypatch.setattr(choose, "RUNGS", {"landlock": lambda: pretender})
    assert obey(["sandbox", "test"], Invocation(debug=False)) == 6
    told = capsys.readouterr().out
    assert "ESCAPED  A01 read_host_secret" in told
    assert "enforced here: nothing" in told


def test_run_gives_the_commands_output_and_exit_code(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("wisdom")
    tmp_path.chmod(0o755)
    done = cli("sandbox", "run", "-C", str(tmp_path), "--", "sh", "-c", "cat book; echo new > book; exit 7")
    assert (done.exit_code, done.stdout) == (7, "wisdom")
    assert "read-only" in done.stderr
    assert (tmp_path / "book").read_text() == "wisdom"


def test_run_ends_a_command_at_its_limit(cli: Cli, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = cli("sandbox", "run", "-C", str(tmp_path), "--timeout", "0.5", "--", "sleep", "60")
    assert done.exit_code == 4
    assert "stopped at its limit of 0.5 s" in done.stderr
