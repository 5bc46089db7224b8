"""`learn` and `router stats`: what was learned can be looked at, handed on, and forgotten."""

import json
import os
import subprocess
from pathlib import Path

from codecompanion.routing.outcome_lines import written
from command_line import Cli, Solved
from outcomes import OUTCOME, decisions_file, outcome
from projects import IDENTITY


def outcomes_file(folder: Path) -> Path:
    path = folder / "outcomes.jsonl"
    good = [outcome(n, model="openai:b", cost_usd=0.1 + n % 3 / 100) for n in range(40)]
    bad = [outcome(100 + n, model="openai:a", verified=n % 4 > 1, cost_usd=0.4 + n % 3 / 100) for n in range(40)]
    path.write_text(written([*good, *bad]), encoding="utf-8")
    return path


def test_a_run_is_learned_from_when_it_ends(solved: Solved) -> None:
    (row,) = solved.cli("router", "stats", "--json").json["profiles"]
    assert (row["model"], row["role"], row["task_type"], row["outcomes"]) == ("builtin", "builtin", "repair", 1)
    assert row["verified"]["value"] == row["reward"]["value"] == 1.0


def test_what_became_of_a_change_is_found_by_a_sync(cli: Cli, shop: Path) -> None:
    result = cli("run", "fix the failing tests", "-C", str(shop), "--json", "--apply", "--timeout", "60").json
    assert cli("undo", result["run_id"]).exit_code == 0
    assert cli("learn", "sync", "--json").json["corrected"] == 1
    assert only_row(cli, "taken_back", "reward") == (1, 0.0)
    git_today(shop, "merge", "--quiet", "--no-ff", "-m", "take it", result["branch"])
    done = cli("learn", "sync", "--json").json
    assert (done["recorded"], done["corrected"], done["followed"], done["merged"], done["reverted"]) == (0, 1, 1, 1, 0)
    assert only_row(cli, "taken_back", "reward") == (0, 1.0)
    assert cli("learn", "sync", "--json").json["corrected"] == 0
    git_today(shop, "revert", "--no-edit", "-m", "1", "HEAD")
    assert cli("learn", "sync", "--json").json["reverted"] == 1
    assert only_row(cli, "merged", "reverted", "reward", "verified") == (1, 1, 0.0, 1.0)
    assert cli("learn", "sync", "--json").json["followed"] == 0
    assert cli("learn", "rebuild", "--json").json == {"schema_version": 1, "type": "learn_rebuild", "outcomes": 1, "same": True}


def only_row(cli: Cli, *names: str) -> tuple[float, ...]:
    (row,) = cli("router", "stats", "--json").json["profiles"]
    return tuple(row[name]["value"] if isinstance(row[name], dict) else row[name] for name in names)


def git_today(repo: Path, *args: str) -> None:
    names = {name: value for name, value in IDENTITY.items() if not name.endswith("_DATE")}
    subprocess.run(["git", *args], cwd=repo, env={**os.environ, **names}, check=True, capture_output=True)


def test_what_is_imported_can_be_said_shown_exported_and_forgotten(cli: Cli, tmp_path: Path) -> None:
    path = outcomes_file(tmp_path)
    assert cli("learn", "import", str(path)).stdout == "took in 80 outcomes; 0 were known\n"
    assert cli("learn", "import", str(path), "--json").json["new"] == 0
    said = cli("learn", "insights").stdout
    assert said == "comparison  code_generator: openai:b is 50 points better than openai:a and 4 times cheaper, n=80\n"
    (insight,) = cli("learn", "insights", "--json").json["insights"]
    assert insight["interval"]["low"] > 25
    shown = cli("router", "stats").stdout
    assert "openai:b  code_generator  change  40  1.00 [0.94, 1.00]" in shown
    assert cli("learn", "export").stdout == path.read_text(encoding="utf-8")
    assert cli("learn", "reset", "openai:a", "--json").json["outcomes"] == 40
    assert "openai:a" not in cli("router", "stats").stdout
    assert cli("learn", "import", str(path), "--json").json == {
        "schema_version": 1,
        "type": "learn_import",
        "new": 0,
        "known": 80,
    }


def test_a_bad_line_is_an_error_that_takes_nothing_in(cli: Cli, tmp_path: Path) -> None:
    path = outcomes_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + '{"schema_version": 1, "type": "outcome"}\n', encoding="utf-8")
    done = cli("learn", "import", str(path))
    assert done.exit_code == 2
    assert f"line 81 of {path} is no outcome; nothing was taken in" in done.stderr
    assert cli("router", "stats", "--json").json["outcomes"] == 0


def test_nothing_learned_is_said_plainly(cli: Cli) -> None:
    assert "nothing is learned yet" in cli("router", "stats").stderr
    assert "0 outcomes" in cli("learn", "insights").stderr
    assert cli("learn", "export").stdout == ""
    refused = cli("learn", "reset", "openai:x")
    assert (refused.exit_code, "nothing was learned of 'openai:x'" in refused.stderr) == (2, True)


def test_outcomes_come_in_through_a_pipe(cli: Cli) -> None:
    assert cli("learn", "import", "-", "--json", stdin=written([OUTCOME]).encode()).json["new"] == 1
    row = json.loads(cli("learn", "export").stdout)
    assert row["decision_id"] == OUTCOME.decision_id


def test_a_policy_that_little_is_known_of_is_not_judged(cli: Cli, tmp_path: Path) -> None:
    assert "0 decisions with a measured outcome" in cli("router", "simulate").stderr
    cli("learn", "import", str(decisions_file(tmp_path)))
    (row,) = cli("router", "simulate", "--profile", "frugal", "--policy", "cheapest", "--json").json["policies"]
    assert (row["decisions"], row["why_not"]) == (40, "the decisions tell as much as 4 of its own would; 50 are needed")
    assert "no conclusion" in cli("router", "simulate", "--policy", "cheapest").stdout
