"""The main job from outside, as a stranger would do it."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from command_line import Cli
from projects import BUGGY, git

FIX = "fix the failing tests"


@pytest.fixture
def solved(cli: Cli, shop: Path) -> dict[str, Any]:
    done = cli("run", FIX, "-C", str(shop), "--json", "--timeout", "60")
    assert done.exit_code == 0, done.stderr
    return done.json


def test_a_bug_is_found_fixed_proven_and_delivered_as_a_branch(solved: dict[str, Any], shop: Path) -> None:
    assert solved["status"] == "verified"
    assert solved["exit_code"] == 0
    assert solved["tests"] == {
        "before": {"passed": 3, "failed": 1, "errors": 0, "skipped": 0, "flaky": 0},
        "after": {"passed": 4, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0},
        "flaky": [],
    }
    assert (solved["cost_usd"], solved["model_calls"], solved["error"]) == (0.0, 0, None)
    assert solved["files_changed"] == ["shop.py"]
    assert git(shop, "diff", "main", str(solved["branch"])) == solved["diff"]
    assert git(shop, "rev-parse", f"{solved['branch']}^").strip() == solved["base_commit"]
    assert "CodeCompanion-Run: " in git(shop, "log", "-1", "--format=%B", str(solved["branch"]))


def test_the_users_files_and_index_are_not_touched(solved: dict[str, Any], shop: Path) -> None:
    assert solved["applied"] is False
    assert git(shop, "status", "--porcelain") == ""
    assert (shop / "shop.py").read_text() == BUGGY
    assert git(shop, "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"


def test_every_claim_of_the_report_cites_events_of_the_log(solved: dict[str, Any], cli: Cli, tmp_path: Path) -> None:
    bundle = tmp_path / "run.tar.gz"
    assert cli("audit", "export", "last", "-o", str(bundle)).exit_code == 0
    with tarfile.open(bundle) as tar:
        lines = tar.extractfile("events.jsonl")
        assert lines is not None
        recorded = {json.loads(line)["event_id"] for line in lines}
    report = solved["report"]
    cited = [event for claim in report["claims"] for event in claim["evidence"]]
    assert cited
    assert set(cited) <= recorded


def test_the_change_is_applied_and_undone(solved: dict[str, Any], cli: Cli, shop: Path) -> None:
    assert cli("apply").stdout == "shop.py\n"
    assert git(shop, "status", "--porcelain") == " M shop.py\n"
    assert git(shop, "diff") == solved["diff"]
    assert cli("apply").exit_code == 0
    assert cli("undo").exit_code == 0
    assert git(shop, "status", "--porcelain") == ""
    refused = cli("undo")
    assert refused.exit_code == 2
    assert "nothing to undo" in refused.stderr


@pytest.mark.usefixtures("solved")
def test_a_change_is_not_applied_over_the_users_own(cli: Cli, shop: Path) -> None:
    (shop / "shop.py").write_text(BUGGY + "\nMINE = 1\n", encoding="utf-8")
    refused = cli("apply")
    assert refused.exit_code == 7
    assert "shop.py" in refused.stderr
    assert (shop / "shop.py").read_text() == BUGGY + "\nMINE = 1\n"


def test_a_replay_from_the_log_alone_comes_to_the_same_end(solved: dict[str, Any], cli: Cli, shop: Path) -> None:
    (shop / ".git").rename(shop / "gone")
    done = cli("replay", "last", "--offline", "--json")
    assert done.exit_code == 0, done.stderr
    assert done.json["diff"] == solved["diff"]


@pytest.mark.usefixtures("solved")
def test_the_log_shows_every_event_and_any_state_with_its_files(cli: Cli, tmp_path: Path) -> None:
    whole = cli("replay", "last").stdout.splitlines()
    assert "RunStarted" in whole[0]
    patched = next(int(line.split()[0]) for line in whole if "TreeSnapshotted" in line and "repair:1" in line)
    for version, buggy in ((patched - 1, True), (patched, False)):
        folder = tmp_path / f"at-{version}"
        done = cli("replay", "last", "--at", str(version), "--to", str(folder))
        assert done.exit_code == 0, done.stderr
        assert ((folder / "shop.py").read_text() == BUGGY) is buggy


def test_a_fork_has_the_files_of_its_moment_and_goes_its_own_way(solved: dict[str, Any], cli: Cli, shop: Path) -> None:
    lines = cli("replay", "last").stdout.splitlines()
    planned = next(int(line.split()[0]) for line in lines if "PlanAccepted" in line)
    forked = cli("fork", "last", "--at", str(planned), "--json").json
    assert (Path(str(forked["worktree"])) / "shop.py").read_text() == BUGGY
    done = cli("resume", str(forked["run_id"]), "--json")
    assert done.exit_code == 0, done.stderr
    assert done.json["diff"] == solved["diff"]
    assert done.json["branch"] != solved["branch"]
    assert cli("replay", str(forked["run_id"]), "--offline").exit_code == 0
    assert len(git(shop, "for-each-ref", "refs/heads").splitlines()) == 3


@pytest.mark.usefixtures("solved")
def test_a_run_that_has_ended_is_neither_resumed_nor_forked_at_its_end(cli: Cli) -> None:
    assert cli("resume").exit_code == 2
    last = int(cli("replay").stdout.splitlines()[-2].split()[0])
    assert cli("fork", "last", "--at", str(last)).exit_code == 2
    assert cli("fork", "last", "--at", "999").exit_code == 2


def test_the_result_can_be_looked_at_later(solved: dict[str, Any], cli: Cli) -> None:
    assert cli("show", "--json").json == solved
    assert cli("diff").stdout == solved["diff"]
    assert str(solved["run_id"]) in cli("list").stdout
    assert [row["run_id"] for row in cli("list", "--json").json["runs"]] == [solved["run_id"]]
    assert "verified" in cli("show", str(solved["run_id"])[:17]).stdout


def test_one_flipped_byte_is_found_at_its_event(solved: dict[str, Any], cli: Cli, tmp_path: Path) -> None:
    assert cli("audit", "verify").exit_code == 0
    log = tmp_path / "state/log.sqlite3"
    content = log.read_bytes()
    # The base measurement's counts: the 6th event or so, in the database or in its write-ahead log.
    place = content.index(b'"failing":["tests/test_shop.py')
    log.write_bytes(content[: place + 12] + b"X" + content[place + 13 :])
    found = cli("audit", "verify")
    lines = cli("replay", "last", "--json")
    assert found.exit_code == 1, lines.stdout
    assert str(solved["run_id"]) in found.stderr


def test_apply_brings_the_verified_change_into_the_files(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--output-format", "json", "--apply")
    assert done.exit_code == 0, done.stderr
    assert done.json["applied"] is True
    assert git(shop, "diff") == done.json["diff"]
    assert git(shop, "diff", "--cached") == ""


def test_every_event_is_a_line_of_the_stream_before_the_result(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--output-format", "stream-json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["type"] == "result"
    assert [line["version"] for line in lines[:-1]] == list(range(1, len(lines)))


def test_the_text_says_what_was_found_and_what_to_do_next(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop))
    assert done.exit_code == 0
    for words in ("verified", "3 passed, 1 failed  ->  4 passed, 0 failed", "git merge codecompanion/", "-    if count > 10:"):
        assert words in done.stdout
    assert "looking for a repair" in done.stderr
