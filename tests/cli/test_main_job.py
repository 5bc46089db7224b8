"""The main job from outside, as a stranger would do it."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from command_line import Cli, Solved
from projects import BUGGY, git, repository

FIX = "fix the failing tests"


def test_a_bug_is_found_fixed_proven_and_delivered_as_a_branch(solved: Solved) -> None:
    result = solved.result
    assert (result["status"], result["exit_code"], result["error"]) == ("verified", 0, None)
    assert result["tests"] == {
        "before": {"passed": 3, "failed": 1, "errors": 0, "skipped": 0, "flaky": 0},
        "after": {"passed": 4, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0},
        "flaky": [],
    }
    assert (result["cost_usd"], result["model_calls"], result["files_changed"]) == (0.0, 0, ["shop.py"])
    assert git(solved.shop, "diff", "--full-index", "main", result["branch"]) == result["diff"]
    assert git(solved.shop, "rev-parse", f"{result['branch']}^").strip() == result["base_commit"]
    assert f"CodeCompanion-Run: {solved.run_id}" in git(solved.shop, "log", "-1", "--format=%B", result["branch"])


def test_the_users_files_and_index_are_not_touched(solved: Solved) -> None:
    assert solved.result["applied"] is False
    assert git(solved.shop, "status", "--porcelain") == ""
    assert (solved.shop / "shop.py").read_text() == BUGGY
    assert git(solved.shop, "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"


def test_the_worktree_is_gone_and_its_trees_are_kept(solved: Solved) -> None:
    assert len(git(solved.shop, "worktree", "list").splitlines()) == 1
    assert not (solved.state / "worktrees" / solved.run_id).exists()
    assert git(solved.shop, "for-each-ref", f"refs/codecompanion/{solved.run_id}").count("commit") == 2


def test_every_claim_of_the_report_cites_events_of_the_log(solved: Solved, tmp_path: Path) -> None:
    bundle = tmp_path / "run.tar.gz"
    assert solved.cli("audit", "export", solved.run_id, "-o", str(bundle)).exit_code == 0
    with tarfile.open(bundle) as tar:
        lines = tar.extractfile("events.jsonl")
        assert lines is not None
        recorded = {json.loads(line)["event_id"] for line in lines}
    cited = [event for claim in solved.result["report"]["claims"] for event in claim["evidence"]]
    assert cited
    assert set(cited) <= recorded

    assert str(solved.cli("audit", "verify", str(bundle)).stdout).startswith(f"{solved.run_id}  ok: ")
    head = solved.cli("audit", "verify", solved.run_id, "--json").json["runs"][0]["head_hash"]
    assert solved.cli("audit", "verify", str(bundle), "--head", head).exit_code == 0
    for named in (str(bundle), solved.run_id):
        cut_off = solved.cli("audit", "verify", named, "--head", "0" * 64, "--json")
        assert (cut_off.exit_code, cut_off.json["runs"][0]["ok"]) == (1, False)
    assert solved.cli("audit", "verify", "--head", head).exit_code == 2
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert "cannot be read" in solved.cli("audit", "verify", str(bundle)).stderr


def test_an_export_overwrites_nothing(solved: Solved, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    assert solved.cli("audit", "export", solved.run_id, "-o", str(tmp_path / "mine")).exit_code == 2
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_change_is_applied_and_undone(solved: Solved) -> None:
    assert solved.cli("apply", solved.run_id).stdout == "shop.py\n"
    assert git(solved.shop, "status", "--porcelain") == " M shop.py\n"
    assert git(solved.shop, "diff", "--full-index") == solved.result["diff"]
    assert solved.cli("apply", solved.run_id).exit_code == 0
    assert solved.cli("undo", solved.run_id).exit_code == 0
    assert git(solved.shop, "status", "--porcelain") == ""
    refused = solved.cli("undo", solved.run_id)
    assert refused.exit_code == 2
    assert "nothing to undo" in refused.stderr


def test_a_change_is_not_applied_over_the_users_own(solved: Solved) -> None:
    (solved.shop / "shop.py").write_text(BUGGY + "\nMINE = 1\n", encoding="utf-8")
    refused = solved.cli("apply", solved.run_id)
    assert refused.exit_code == 7
    assert "shop.py" in refused.stderr
    assert (solved.shop / "shop.py").read_text() == BUGGY + "\nMINE = 1\n"
    (solved.shop / "shop.py").write_text(BUGGY, encoding="utf-8")


def test_a_replay_from_the_log_alone_comes_to_the_same_end(solved: Solved) -> None:
    solved.shop.rename(solved.shop.with_name("gone"))
    done = solved.cli("replay", solved.run_id, "--offline", "--json")
    solved.shop.with_name("gone").rename(solved.shop)
    assert done.exit_code == 0, done.stderr
    assert done.json["diff"] == solved.result["diff"]


def version_of(solved: Solved, *words: str) -> int:
    lines = solved.cli("replay", solved.run_id).stdout.splitlines()
    return next(int(line.split()[0]) for line in lines if all(word in line for word in words))


def test_the_log_shows_every_event_and_any_state_with_its_files(solved: Solved, tmp_path: Path) -> None:
    assert "RunStarted" in solved.cli("replay", solved.run_id).stdout.splitlines()[0]
    patched = version_of(solved, "TreeSnapshotted", "repair:1")
    for version, buggy in ((patched - 1, True), (patched, False)):
        folder = tmp_path / f"at-{version}"
        done = solved.cli("replay", solved.run_id, "--at", str(version), "--to", str(folder))
        assert done.exit_code == 0, done.stderr
        assert ((folder / "shop.py").read_text() == BUGGY) is buggy


def test_a_fork_has_the_files_of_its_moment_and_goes_its_own_way(solved: Solved) -> None:
    planned = version_of(solved, "PlanAccepted")
    forked = solved.cli("fork", solved.run_id, "--at", str(planned), "--json").json
    assert (Path(forked["worktree"]) / "shop.py").read_text() == BUGGY
    done = solved.cli("resume", forked["run_id"], "--json")
    assert done.exit_code == 0, done.stderr
    assert done.json["diff"] == solved.result["diff"]
    assert done.json["branch"] != solved.result["branch"]
    assert solved.cli("replay", forked["run_id"], "--offline").exit_code == 0
    assert solved.cli("audit", "verify").exit_code == 0


def test_a_run_keeps_its_budget_until_a_resumption_gives_it_another(solved: Solved) -> None:
    def limit(run_id: str) -> str | None:
        return solved.cli("cost", run_id, "--json").json["limits"][0]["limit_usd"]

    assert limit(solved.run_id) == "2.5"
    forked = solved.cli("fork", solved.run_id, "--at", str(version_of(solved, "PlanAccepted")), "--json").json["run_id"]
    assert limit(forked) == "2.5"
    assert solved.cli("resume", forked, "--max-budget-usd", "7").exit_code == 0
    assert limit(forked) == "7"


def test_a_run_that_has_ended_is_neither_resumed_nor_forked_at_its_end(solved: Solved) -> None:
    assert solved.cli("resume", solved.run_id).exit_code == 2
    assert solved.cli("fork", solved.run_id, "--at", str(version_of(solved, "RunCompleted"))).exit_code == 2
    assert solved.cli("fork", solved.run_id, "--at", "999").exit_code == 2


def test_the_result_can_be_looked_at_later(solved: Solved) -> None:
    assert solved.cli("show", solved.run_id, "--json").json["diff"] == solved.result["diff"]
    assert solved.cli("diff", solved.run_id).stdout == solved.result["diff"]
    assert solved.run_id in solved.cli("list").stdout
    assert solved.run_id in [row["run_id"] for row in solved.cli("list", "--json").json["runs"]]
    assert "verified" in solved.cli("show", solved.run_id[:-1]).stdout


def test_f25_one_flipped_byte_is_found_at_its_event(solved: Solved, tmp_path: Path) -> None:
    state = shutil.copytree(solved.state, tmp_path / "copy", ignore=shutil.ignore_patterns("worktrees"))
    env = {"CODECOMPANION_STATE_DIR": str(state)}
    measured = version_of(solved, "BaseMeasured")
    assert solved.cli("audit", "verify", solved.run_id, env=env).exit_code == 0
    log = state / "log.sqlite3"
    content = log.read_bytes()
    place = content.index(b'"failing":["tests/test_shop.py')
    log.write_bytes(content[: place + 12] + b"X" + content[place + 13 :])
    found = solved.cli("audit", "verify", solved.run_id, env=env)
    assert found.exit_code == 1
    assert f"event {measured} of '{solved.run_id}' does not verify" in found.stderr


def test_apply_brings_the_verified_change_into_the_files(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop), "--output-format", "stream-json", "--apply")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0, done.stderr
    assert [line["version"] for line in lines[:-1]] == list(range(1, len(lines)))
    assert lines[-1]["type"] == "result"
    assert lines[-1]["applied"] is True
    assert git(shop, "diff", "--full-index") == lines[-1]["diff"]
    assert git(shop, "diff", "--cached") == ""


def test_the_text_says_what_was_found_and_what_to_do_next(cli: Cli, shop: Path) -> None:
    done = cli("run", FIX, "-C", str(shop))
    assert done.exit_code == 0
    for words in ("verified", "3 passed, 1 failed  ->  4 passed, 0 failed", "git merge codecompanion/", "-    if count > 10:"):
        assert words in done.stdout
    assert "looking for a repair" in done.stderr


@pytest.mark.parametrize("flag", ["--json", "--output-format=text"])
def test_a_dry_run_tells_what_was_detected_and_does_nothing(cli: Cli, shop: Path, flag: str) -> None:
    done = cli("run", FIX, "-C", str(shop), "--dry-run", flag)
    assert done.exit_code == 0
    assert "pytest" in done.stdout
    assert cli("list", "--json").json["runs"] == []
    assert git(shop, "for-each-ref", "refs/codecompanion") == ""


UNLOADABLE = "HUNDRED = 100\n\n\ndef share(percent):\n    return percent / HUNDERD\n\n\nTAX = share(19)\n"
TAX_TESTS = """from tax import TAX, share

def test_tax():
    assert TAX == 0.19

def test_share():
    assert share(50) == 0.5
"""
TAX_UNITTESTS = """import unittest
from tax import TAX, share

class TaxTest(unittest.TestCase):
    def test_tax(self):
        self.assertEqual(TAX, 0.19)

    def test_share(self):
        self.assertEqual(share(50), 0.5)
"""


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"conftest.py": "", "tests/test_tax.py": TAX_TESTS}, "python -m pytest"),
        ({"conftest.py": "import tax\n", "tests/test_tax.py": TAX_TESTS}, "python -m pytest"),
        ({"tests/__init__.py": "", "tests/test_tax.py": TAX_UNITTESTS}, "python -m unittest"),
    ],
    ids=["file", "conftest", "unittest"],
)
def test_a_fault_that_keeps_the_tests_from_being_loaded_is_repaired(
    cli: Cli, tmp_path: Path, files: dict[str, str], command: str
) -> None:
    project = repository(tmp_path / "tax", {"tax.py": UNLOADABLE, **files})
    done = cli("run", FIX, "-C", str(project), "--json", "--test-command", command)
    assert done.exit_code == 0, done.stderr
    assert done.json["tests"]["before"]["errors"] == 1
    assert done.json["tests"]["after"] == {"passed": 2, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0}
    assert "+    return percent / HUNDRED" in done.json["diff"]
